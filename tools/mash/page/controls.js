// SPDX-License-Identifier: MIT
//
// controls.js - the bar's choices, and the keyboard.

import { byId, make, setAttribute, setText } from "./dom.js";
import { duration } from "./format.js";
import { change, MODES, POINTS, SAMPLINGS, SMOOTHINGS, state } from "./state.js";

const options = (select, values) => select.append(...values.map((value) => make("option", { value })));

/** app: { setZoom(range), setCursor(time) } */
export function start(app) {
  const selects = { every: SAMPLINGS, points: POINTS, smooth: SMOOTHINGS };
  for (const [name, values] of Object.entries(selects)) {
    options(byId(name), values);
    byId(name).addEventListener("change", (event) => change({ [name]: Number(event.target.value) }));
  }
  for (const name of ["mode", "only"]) {
    byId(name).addEventListener("change", (event) => change({ [name]: event.target.value }));
  }
  byId("search").addEventListener("input", (event) => change({ q: event.target.value }, { step: false }));
  byId("pause").addEventListener("click", () => change({ paused: !state.paused }, { step: false }));
  byId("help-open").addEventListener("click", () => byId("help").showModal());
  byId("menu").addEventListener("click", () => openSide(!document.body.classList.contains("side-open")));
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address has other things behind its #
    byId("charts").focus();
  });
  addEventListener("keydown", (event) => key(event, app));
  show();
}

function openSide(open) {
  document.body.classList.toggle("side-open", open);
  byId("menu").setAttribute("aria-expanded", String(open));
}

/** Shows what the state is, also after the back button. */
export function show() {
  for (const value of SAMPLINGS) setText(option("every", value), duration(value));
  for (const value of POINTS) setText(option("points", value), `${duration(value * state.every)} (${value})`);
  for (const value of SMOOTHINGS) setText(option("smooth", value), value === 1 ? "off" : `${value} samples`);
  for (const name of ["every", "points", "smooth"]) byId(name).value = String(state[name]);
  for (const name of ["mode", "only"]) byId(name).querySelector(`[value="${state[name]}"]`).checked = true;
  if (byId("search").value !== state.q) byId("search").value = state.q;
  setText(byId("pause"), state.paused ? "Go on" : "Pause");
  setAttribute(byId("pause"), "aria-pressed", String(state.paused));
}

const option = (name, value) => byId(name).querySelector(`option[value="${value}"]`);

const next = (values, value, step) => values[Math.max(0, Math.min(values.length - 1, values.indexOf(value) + step))];

function key(event, app) {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
  const { target } = event;
  const typing = target.matches("input[type=search], select, textarea");
  if (event.key === "Escape") escape(target, app);
  if (typing) return;
  const actions = {
    "/": () => focusSearch(),
    "?": () => byId("help").showModal(),
    m: () => change({ mode: MODES[(MODES.indexOf(state.mode) + 1) % MODES.length] }),
    t: () => byId("theme").click(),
    "[": () => change({ every: next(SAMPLINGS, state.every, -1) }),
    "]": () => change({ every: next(SAMPLINGS, state.every, 1) }),
    ArrowDown: () => focusList(target),
    ArrowUp: () => focusList(target),
  };
  // A button or a box that has the focus is what the space bar presses.
  if (!target.matches("button, input, summary, a"))
    actions[" "] = () => change({ paused: !state.paused }, { step: false });
  if (!Object.hasOwn(actions, event.key)) return;
  if (actions[event.key]() === false) return;
  event.preventDefault();
}

function focusSearch() {
  openSide(true);
  byId("search").focus();
  byId("search").select();
}

/** Arrows go to the metrics from wherever they have no use of their own. */
function focusList(target) {
  if (target !== document.body && target.id !== "charts") return false;
  byId("list").focus();
  return true;
}

function escape(target, app) {
  if (app.zoom) app.setZoom(null);
  app.setCursor(null);
  if (target.id === "search") target.blur();
  openSide(false);
}
