// SPDX-License-Identifier: MIT
//
// main.js - puts the page together: what is chosen (state), what there is (catalog), what it is now (levels), what it
// was (history), and what shows it (list, board, tables).

import { Board, showEmpty } from "./board.js";
import { Busiest } from "./busiest.js";
import { Catalog, isDead } from "./catalog.js";
import * as controls from "./controls.js";
import { byId, setText, visible } from "./dom.js";
import { clock, duration, plural } from "./format.js";
import { History } from "./history.js";
import { Levels } from "./levels.js";
import { List } from "./list.js";
import * as states from "./state.js";
import { change, state } from "./state.js";
import { Stream } from "./stream.js";
import { showProcesses, showTexts } from "./tables.js";

const SETTLE = 200; // milliseconds without scrolling or typing until mmash is asked for other fields
const READABLE = 250; // milliseconds between numbers that people are to read
const TEXTS = 12; // metrics in the table when none is picked

states.start();

const app = {
  catalog: new Catalog(),
  levels: new Levels(),
  history: new History(state.points),
  zoom: null,

  /** Counters as change per second; those whose kind is not known only when the user says so. */
  showsRate: (field) => field.drawn && (field.kind === "counter") !== state.flipped.has(field.label),

  setZoom(range) {
    app.zoom = range;
    byId("unzoom").hidden = range === null;
    board.redraw();
  },
  setCursor: (time) => board.setCursor(time),
  showTime: (time) => setText(byId("at"), time === null ? "" : `at ${clock(time, true)}`),
  visibleChanged: () => askSoon(),
};

const busiest = new Busiest();
const board = new Board(app);
const list = new List(app);
let lastTime = 0; // of a sample, in UNIX seconds
let down = 0; // since when mmash is gone
let askTimer = 0;
let numbersTimer = 0;

const stream = new Stream({
  catalog(data, again) {
    app.catalog.take(data, again);
    app.catalog.ready = true;
    if (again) lastTime = 0; // another clock
    busiest.restart(app.catalog);
    list.refresh();
    showProcesses(app.catalog);
    showMain();
    ask();
  },
  values(data) {
    const again = data.time - lastTime < state.every / 3000;
    const changes = app.levels.take(data, app.catalog, again);
    if (!again) {
      app.history.take(data.time, app.levels, app.catalog);
      lastTime = data.time;
    }
    const known = busiest.take(changes);
    if (known && state.picks.length === 0) {
      showMain();
      ask();
    }
    board.redraw();
    showNumbersSoon();
  },
  up() {
    down = 0;
    showStatus();
  },
  down() {
    if (!down) down = Date.now();
    showStatus();
  },
});

/** The metrics that are drawn. */
function drawn() {
  const labels = state.picks.length > 0 ? state.picks : busiest.labels;
  return labels.filter((label) => app.catalog.byLabel.get(label)?.drawn ?? state.picks.includes(label));
}

/** The fields in the table: picked, or the first ones. */
function texts() {
  const { fields, byLabel } = app.catalog;
  if (state.picks.length > 0)
    return state.picks.map((label) => byLabel.get(label)).filter((field) => field && !field.drawn);
  return fields.filter((field) => !field.drawn && !field.own).slice(0, TEXTS);
}

/** Asks mmash for what is in view, and for nothing else. */
function ask() {
  clearTimeout(askTimer);
  askTimer = 0;
  const charts = drawn();
  const automatic = state.picks.length === 0 ? busiest.wanted() : [];
  const labels = [...new Set([...charts, ...texts().map((field) => field.label), ...automatic, ...list.visible()])];
  app.history.want(charts);
  app.levels.want(labels);
  if (state.paused) stream.stop();
  else
    stream.want(
      state.every,
      labels.filter((label) => app.catalog.byLabel.has(label) || !app.catalog.ready),
    );
  showStatus();
}

/** When the list has come to rest. */
function askSoon() {
  clearTimeout(askTimer);
  askTimer = setTimeout(ask, SETTLE);
}

function showMain() {
  board.show(drawn());
  showEmpty(app.catalog);
  showTexts(texts(), app);
  const automatic = state.picks.length === 0 && busiest.labels.length > 0;
  byId("keep").hidden = !automatic;
  byId("clear").hidden = state.picks.length === 0;
  const nothing = app.catalog.ready && byId("empty").hidden ? "Pick metrics from the list." : "";
  setText(
    byId("hint"),
    automatic ? "Nothing is picked: these are the busiest." : state.picks.length > 0 ? "" : nothing,
  );
  showStatus();
}

function showNumbersSoon() {
  if (numbersTimer) return;
  numbersTimer = setTimeout(() => {
    numbersTimer = 0;
    list.showValues();
    showTexts(texts(), app);
  }, READABLE);
}

function showStatus() {
  const files = [...app.catalog.files.values()];
  const dead = files.filter(isDead).length;
  const name = state.paused ? "paused" : down ? "gone" : app.catalog.ready ? "live" : "connecting";
  byId("status").dataset.state = name;
  const counts = [plural(files.length - dead, "live file")];
  if (dead > 0) counts.push(`${dead} ended`);
  const bad = files.filter((file) => file.error).length;
  if (bad > 0) counts.push(plural(bad, "file") + " with errors");
  if (app.catalog.error) counts.push(`cannot look for files: ${visible(app.catalog.error)}`);
  if (stream.left > 0) counts.push(plural(stream.left, "metric") + " not asked for: the names are too long together");
  setText(byId("status-text"), app.catalog.ready ? [name, ...counts].join(" · ") : name + "…");
  document.title = name === "live" ? "mmash" : `mmash (${name})`;
  byId("gone").hidden = !down || state.paused;
  if (down) showGone();
}

/** Says since when; the charts stay as they were. */
function showGone() {
  const since = Math.max(1, Math.round((Date.now() - down) / 1000)) * 1000;
  setText(
    byId("gone"),
    `mmash does not answer for ${duration(since)}; trying again. What you see is what it was then.`,
  );
}

setInterval(() => {
  if (down && !state.paused) showGone();
}, 1000);

states.watch((names) => {
  controls.show();
  if (names.has("points")) app.history.resize(state.points);
  if (names.has("q") || names.has("only") || names.has("picks")) list.refresh();
  showMain();
  ask();
});

byId("unzoom").addEventListener("click", () => app.setZoom(null));
byId("keep").addEventListener("click", () => change({ picks: [...busiest.labels] }));
byId("clear").addEventListener("click", () => change({ picks: [] }));

controls.start(app);
list.refresh();
showMain();
ask();
