// SPDX-License-Identifier: MIT
//
// state.js - what the user has chosen, and its place in the address: whoever gets the link sees the same, and the back
// button takes a pick back. It stands behind the #, so that long labels never reach the server.

export const SAMPLINGS = [50, 100, 200, 500, 1000, 2000, 5000, 10000]; // milliseconds
export const POINTS = [60, 120, 300, 600, 1200, 3600];
export const SMOOTHINGS = [1, 3, 5, 10, 30, 100]; // samples
export const MODES = ["lines", "sum", "avg", "min", "max"];
export const MOST_PICKS = 64;

const DEFAULTS = { mode: "lines", every: 1000, points: 300, smooth: 1, only: "all", q: "", paused: false };
const ALLOWED = { mode: MODES, every: SAMPLINGS, points: POINTS, smooth: SMOOTHINGS, only: ["all", "picked"] };

export const state = { ...DEFAULTS, picks: [], flipped: new Set() };
const watchers = [];

/** Calls back with the names of what changed. */
export const watch = (callback) => watchers.push(callback);

function read(text) {
  const from = new URLSearchParams(text);
  const found = { ...DEFAULTS };
  for (const [name, values] of Object.entries(ALLOWED)) {
    const value = values.find((candidate) => String(candidate) === from.get(name));
    if (value !== undefined) found[name] = value;
  }
  found.q = from.get("q") ?? "";
  found.paused = from.get("paused") === "1";
  found.picks = [...new Set(from.getAll("m"))].slice(0, MOST_PICKS);
  found.flipped = new Set(from.getAll("flip").slice(0, MOST_PICKS));
  return found;
}

function write() {
  const to = new URLSearchParams();
  for (const label of state.picks) to.append("m", label);
  for (const label of state.flipped) if (state.picks.includes(label)) to.append("flip", label);
  for (const name of Object.keys(DEFAULTS)) {
    if (state[name] !== DEFAULTS[name]) to.set(name, state[name] === true ? "1" : state[name]);
  }
  return "#" + to;
}

const sameList = (a, b) => a.length === b.length && a.every((value, i) => value === b[i]);
const same = (a, b) =>
  a === b || (Array.isArray(a) && sameList(a, b)) || (a instanceof Set && sameList([...a], [...b]));

function take(changes) {
  const names = Object.keys(changes).filter((name) => !same(state[name], changes[name]));
  Object.assign(state, changes);
  return new Set(names);
}

/** Changes some of it. What is typed makes no steps for the back button. */
export function change(changes, { step = true } = {}) {
  const names = take(changes);
  if (names.size === 0) return;
  const address = write();
  if (address !== (location.hash || "#")) history[step ? "pushState" : "replaceState"](null, "", address);
  for (const callback of watchers) callback(names);
}

function follow() {
  const names = take(read(location.hash.slice(1)));
  if (names.size > 0) for (const callback of watchers) callback(names);
}

export function start() {
  Object.assign(state, read(location.hash.slice(1)));
  addEventListener("popstate", follow);
}

/** Picks a metric, or takes the pick back. */
export function togglePick(label) {
  const { picks } = state;
  if (picks.includes(label)) change({ picks: picks.filter((other) => other !== label) });
  else if (picks.length < MOST_PICKS) change({ picks: [...picks, label] });
}

/** Shows a metric as a rate instead of as it is, or the other way round. */
export function flip(label) {
  const flipped = new Set(state.flipped);
  if (!flipped.delete(label)) flipped.add(label);
  change({ flipped });
}
