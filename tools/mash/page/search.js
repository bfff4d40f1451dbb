// SPDX-License-Identifier: MIT
//
// search.js - which labels match what was typed: all of its words, anywhere, in either case; * stands for anything.

const escape = (text) => text.replace(/[.+?^${}()|[\]\\]/g, "\\$&");

function matcher(word) {
  if (!word.includes("*")) return (label) => label.includes(word);
  // Steps through the parts: a pattern of many stars must not cost more than its length.
  const parts = word.split("*");
  return (label) => {
    let at = 0;
    for (const part of parts) {
      at = label.indexOf(part, at);
      if (at < 0) return false;
      at += part.length;
    }
    return true;
  };
}

/** A function of a lower-case label. */
export function compile(text) {
  const tests = text.toLowerCase().split(/\s+/).filter(Boolean).map(matcher);
  return (label) => tests.every((test) => test(label));
}

/** [text, whether it matches] pieces of a label, for marking. */
export function pieces(label, text) {
  const words = text.split(/[\s*]+/).filter(Boolean);
  if (words.length === 0 || label.length > 500) return [[label, false]];
  const pattern = new RegExp(`(${words.map(escape).join("|")})`, "i");
  return label
    .split(new RegExp(pattern.source, "gi"))
    .map((piece, i) => [piece, i % 2 === 1])
    .filter(([p]) => p !== "");
}
