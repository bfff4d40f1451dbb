// SPDX-License-Identifier: MIT
//
// dom.js - elements from script. Texts become text nodes and nothing else: no label or value is ever taken for HTML.

/** An element: attributes by name, `on...` as listeners, children as elements or texts. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

export const byId = (id) => document.getElementById(id);

/** Changes a text only when it is another one: most of them are the same as the last time. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setClass(element, name, on) {
  if (element.classList.contains(name) !== on) element.classList.toggle(name, on);
}

/** An attribute, or none for null. */
export function setAttribute(element, name, value) {
  if (value === null) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

// What would change the direction or the look of the text around it, or shows nothing.
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** A text of another program, to be shown: one line, with \u202e for what would not be seen. */
export function visible(text, limit = 500) {
  const cut = text.length > limit ? text.slice(0, limit) + "…" : text;
  return cut.replace(INVISIBLE, (character) => {
    const code = character.charCodeAt(0);
    if (code === 10) return "\\n";
    return code < 256 ? "\\x" + code.toString(16).padStart(2, "0") : "\\u" + code.toString(16).padStart(4, "0");
  });
}
