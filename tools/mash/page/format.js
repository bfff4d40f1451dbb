// SPDX-License-Identifier: MIT
//
// format.js - numbers for people: short, with the unit, and always of about the same width.

import { visible } from "./dom.js";

const DECIMAL = [
  [1e24, "Y"],
  [1e21, "Z"],
  [1e18, "E"],
  [1e15, "P"],
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];
const BINARY = [
  [2 ** 60, "Ei"],
  [2 ** 50, "Pi"],
  [2 ** 40, "Ti"],
  [2 ** 30, "Gi"],
  [2 ** 20, "Mi"],
  [2 ** 10, "Ki"],
];
const SECONDS = [
  [1, "s"],
  [1e-3, "ms"],
  [1e-6, "µs"],
  [1e-9, "ns"],
];
const LONGEST_UNIT = 16;
const SYMBOLS = { bytes: "B", byte: "B", seconds: "s", second: "s", percent: "%" };

/** The unit as it is written behind a number: "B", "s", "requests"; with "/s" for a rate. */
export function unitText(unit, rate) {
  const symbol = Object.hasOwn(SYMBOLS, unit) ? SYMBOLS[unit] : visible(unit, LONGEST_UNIT);
  return rate ? symbol + "/s" : symbol;
}

export const isBytes = (unit) => unit === "bytes" || unit === "byte";
const isSeconds = (unit) => unit === "seconds" || unit === "second";

/** At most four digits that mean something. */
function digits(value) {
  const size = Math.abs(value);
  if (size >= 1000 || Number.isInteger(value)) return String(Math.round(value));
  const text = size >= 100 ? value.toFixed(1) : size >= 10 ? value.toFixed(2) : value.toPrecision(3);
  return text.includes(".") && !text.includes("e") ? text.replace(/\.?0+$/, "") : text;
}

function scaled(value, table) {
  for (const [factor, prefix] of table) {
    if (Math.abs(value) >= factor * 0.9995) return [digits(value / factor), prefix];
  }
  return null;
}

/** [number, what stands behind it] */
function parts(value, unit, rate) {
  if (isSeconds(unit) && !rate && value !== 0) {
    if (Math.abs(value) >= 7200) return [digits(value / 3600), "h"];
    return scaled(value, SECONDS) ?? [value.toPrecision(3), "s"];
  }
  const [number, prefix] = scaled(value, isBytes(unit) ? BINARY : DECIMAL) ?? [digits(value), ""];
  const symbol = unitText(unit, rate);
  return [number, isBytes(unit) || prefix === "" || symbol.startsWith("/") ? prefix + symbol : `${prefix} ${symbol}`];
}

/** "12.3 MiB", "1.2k requests/s", "–" for nothing. */
export function number(value, unit = "", rate = false) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (value === Infinity || value === -Infinity) return value > 0 ? "∞" : "−∞";
  const [text, behind] = parts(value, unit, rate);
  if (behind === "") return text;
  return /^[kMGTPEZY]( |$|\/)/.test(behind) ? text + behind : `${text} ${behind}`;
}

/** The same where the unit stands beside it, as on an axis: only time and bytes need it. */
export function short(value, unit) {
  if (value === 0) return "0";
  return number(value, isSeconds(unit) || isBytes(unit) ? unit : "");
}

const two = (n) => String(n).padStart(2, "0");

/** A moment in UNIX seconds, in the browser's time zone: with its date, or with milliseconds. */
export function moment(seconds) {
  const at = new Date(seconds * 1000);
  if (Number.isNaN(at.getTime())) return String(seconds);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock(seconds)}`;
}

export function clock(seconds, milliseconds = false) {
  const at = new Date(seconds * 1000);
  const text = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return milliseconds ? `${text}.${String(at.getMilliseconds()).padStart(3, "0")}` : text;
}

/** "300 ms", "30 s", "5 min", "1 h" */
export function duration(milliseconds) {
  if (milliseconds < 1000) return `${milliseconds} ms`;
  if (milliseconds < 120e3) return `${digits(milliseconds / 1000)} s`;
  if (milliseconds < 7200e3) return `${digits(milliseconds / 60e3)} min`;
  return `${digits(milliseconds / 3600e3)} h`;
}

export const plural = (n, one, many = one + "s") => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
