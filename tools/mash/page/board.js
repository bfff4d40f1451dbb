// SPDX-License-Identifier: MIT
//
// board.js - the charts: which there are, which are in view, and when they are drawn.

import { byId, make } from "./dom.js";
import { Chart } from "./chart.js";
import { plural } from "./format.js";
import { state } from "./state.js";

const SHARE = 4; // at most a quarter of the time goes into drawing

export class Board {
  #element = byId("board");
  #charts = new Map();
  #app;
  #asked = false;
  #notBefore = 0;
  #watcher;

  constructor(app) {
    this.#app = app;
    this.#watcher = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const chart = [...this.#charts.values()].find(({ element }) => element === entry.target);
        if (chart) chart.shown = entry.isIntersecting;
      }
      this.ask();
    });
    new ResizeObserver(() => this.redraw()).observe(this.#element);
    addEventListener("theme", () => this.redraw());
  }

  /** These metrics, in this order. */
  show(labels) {
    for (const [label, chart] of this.#charts) {
      if (labels.includes(label)) continue;
      this.#watcher.unobserve(chart.element);
      chart.destroy();
      this.#charts.delete(label);
    }
    labels.forEach((label, i) => {
      let chart = this.#charts.get(label);
      if (!chart) {
        chart = new Chart(label, this.#app);
        this.#charts.set(label, chart);
        this.#watcher.observe(chart.element);
      }
      chart.remove.hidden = !state.picks.includes(label);
      const there = this.#element.children[i];
      if (there !== chart.element) this.#element.insertBefore(chart.element, there ?? null);
    });
    this.#element.classList.toggle("single", labels.length === 1);
    this.redraw();
  }

  /** All of them are out of date. */
  redraw() {
    for (const chart of this.#charts.values()) chart.dirty = true;
    this.ask();
  }

  /** Draws with the next frame, when there is time. */
  ask() {
    if (this.#asked) return;
    this.#asked = true;
    const wait = this.#notBefore - performance.now();
    if (wait > 0) setTimeout(() => requestAnimationFrame(() => this.#draw()), wait);
    else requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#asked = false;
    const begin = performance.now();
    for (const chart of this.#charts.values()) if (chart.dirty && chart.shown) chart.draw();
    const end = performance.now();
    this.#notBefore = end + (SHARE - 1) * (end - begin);
  }

  setCursor(time) {
    for (const chart of this.#charts.values()) chart.setCursor(time);
  }
}

/** What is said when there is nothing to show. */
export function showEmpty(catalog) {
  const element = byId("empty");
  const files = catalog.others().length;
  const show = catalog.ready && (files === 0 || catalog.fields.length === 0);
  element.hidden = !show;
  if (!show) {
    element.replaceChildren();
    return;
  }
  const title = files === 0 ? "No program publishes metrics here yet" : `${plural(files, "file")}, but no metric in it`;
  if (element.firstChild?.textContent === title) return;
  const code = (text) => make("code", {}, text);
  element.replaceChildren(
    make("h3", {}, title),
    make("p", {}, "mmash keeps looking: a program's metrics appear here as soon as it starts."),
    make(
      "ul",
      {},
      make("li", {}, "Start a program that uses mmstats, with the same ", code("MMSTATS_PATH"), " as mmash."),
      make(
        "li",
        {},
        "Or show mmash where the files are: ",
        code("mmash /dev/shm"),
        ". ",
        code("slurpstats"),
        " lists the files that it finds.",
      ),
      make("li", {}, "To try it: ", code("./demo --keep"), " starts a web server with metrics."),
    ),
  );
}
