// SPDX-License-Identifier: MIT
//
// chart.js - one metric: its head, the chart drawn by uPlot, and the legend.

import { COLOURS, condition, isDead } from "./catalog.js";
import { make, setAttribute, setClass, setText, visible } from "./dom.js";
import { clock, isBytes, number, short } from "./format.js";
import { lastOf, smooth, toPlain, toRates } from "./series.js";
import { flip, state, togglePick } from "./state.js";

const uPlot = globalThis.uPlot;
const HEIGHT = 170;
const LEAST = 20; // samples that the chart is wide, at the beginning
const BYTE_STEPS = Array.from({ length: 70 }, (_, i) => 2 ** (i - 2));
const MORE_LEGEND = 64;
const READABLE = 200; // milliseconds between numbers that people are to read

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export class Chart {
  dirty = true;
  shown = true; // whether it is in the window
  #app;
  #plot = null;
  #shape = ""; // what the uPlot that is there was made for
  #lines = []; // { name, file, colour, values }
  #legend = [];
  #parts;
  #data = null;
  #numbersAt = 0; // when they were shown
  #cursor = null; // index of the sample under the cursor

  /** app: { catalog, levels, history, showsRate(field), zoom, setZoom(range), setCursor(time), showTime(time) } */
  constructor(label, app) {
    this.label = label;
    this.#app = app;
    const title = make("h3", { class: "card-name", title: visible(label), dir: "ltr" }, visible(label));
    this.#parts = {
      kind: make("button", { type: "button", class: "tag", onclick: () => flip(label) }),
      now: make("output", { class: "card-now" }),
      plot: make("div", { class: "plot" }),
      none: make("p", { class: "card-none" }),
      legend: make("ul", { class: "legend", "aria-label": "Lines" }),
    };
    const { kind, now, plot, none, legend } = this.#parts;
    this.remove = make("button", {
      type: "button",
      class: "card-close",
      title: "Take away",
      onclick: () => togglePick(label),
    });
    this.remove.setAttribute("aria-label", `Take ${visible(label)} away`);
    this.remove.append("×");
    this.element = make(
      "section",
      { class: "card", tabindex: "0", "aria-label": visible(label) },
      make("header", { class: "card-head" }, title, kind, make("span", { class: "space" }), now, this.remove),
      plot,
      none,
      legend,
    );
    this.element.addEventListener("keydown", (event) => this.#key(event));
  }

  destroy() {
    this.#plot?.destroy();
    this.element.remove();
  }

  /** Draws what the history has now. */
  draw() {
    this.dirty = false;
    const field = this.#app.catalog.byLabel.get(this.label);
    this.#drawHead(field);
    const rate = field ? this.#app.showsRate(field) : false;
    const times = this.#app.history.times();
    this.#lines = state.mode === "lines" ? this.#eachLine(times, rate, field) : this.#oneLine(rate);
    const none = this.#lines.length === 0;
    this.#parts.none.hidden = !none;
    this.#parts.plot.hidden = none;
    if (none) {
      setText(this.#parts.none, this.#whyNone(field));
      this.#parts.legend.replaceChildren();
      this.#shape = "";
      this.#plot?.destroy();
      this.#plot = null;
      setText(this.#parts.now, "–");
      return;
    }
    this.#data = [Array.from(times), ...this.#lines.map((line) => line.values)];
    this.#drawPlot(field, rate);
    const now = performance.now();
    if (now - this.#numbersAt > READABLE || state.paused) this.showNumbers();
  }

  #whyNone(field) {
    if (field && !field.drawn) return "This one is no number to draw: its value is in the table below.";
    if (field) return state.paused ? "Paused: no values yet." : "Waiting for values…";
    return this.#app.catalog.ready ? "No file has this metric now." : "Connecting…";
  }

  #drawHead(field) {
    const { kind } = this.#parts;
    const rate = field ? this.#app.showsRate(field) : false;
    const canFlip = field !== undefined && field.drawn && (field.kind === "counter" || field.kind === "unknown");
    kind.hidden = field === undefined;
    kind.disabled = !canFlip;
    setText(kind, canFlip && rate ? "per second" : field?.kind === "counter" ? "total" : (field?.kind ?? ""));
    setAttribute(kind, "aria-pressed", canFlip ? String(rate) : null);
    setAttribute(
      kind,
      "title",
      canFlip ? (rate ? "Show values as they are" : "Show change per second") : visible(field?.help ?? ""),
    );
    setAttribute(this.element, "title", field?.help ? visible(field.help) : null);
  }

  #eachLine(times, rate, field) {
    const history = this.#app.history;
    return history.linesOf(this.label).map(([file, ring]) => {
      const values = history.unroll(ring);
      const shown = rate ? toRates(values, times, field.kind === "counter") : values;
      const colour = file.key % COLOURS;
      return { file, name: file.name, colour, dead: isDead(file), values: toPlain(smooth(shown, state.smooth)) };
    });
  }

  #oneLine(rate) {
    const ring = this.#app.history.aggregateOf(this.label, state.mode, rate);
    if (!ring || ring.every(Number.isNaN)) return [];
    const values = toPlain(smooth(this.#app.history.unroll(ring), state.smooth));
    return [{ file: null, name: state.mode, colour: 0, dead: false, values }];
  }

  #drawPlot(field, rate) {
    const unit = field?.unit ?? "";
    const width = this.#parts.plot.clientWidth;
    const lines = this.#lines.map((line) => `${line.file?.key}:${line.name}:${line.dead}`);
    const shape = [document.documentElement.dataset.theme, unit, rate, ...lines].join("\n");
    if (shape !== this.#shape) {
      this.#plot?.destroy();
      this.#plot = new uPlot(this.#options(unit, rate, width), this.#data, this.#parts.plot);
      this.#shape = shape;
      this.#makeLegend();
      this.#numbersAt = 0;
    } else {
      if (this.#plot.width !== width) this.#plot.setSize({ width, height: HEIGHT });
      this.#plot.setData(this.#data);
    }
  }

  #options(unit, rate, width) {
    const axis = {
      stroke: style("--muted"),
      font: `11px ${style("--font")}`,
      grid: { stroke: style("--grid"), width: 1 },
    };
    axis.ticks = { show: false };
    const series = this.#lines.map((line) => ({
      stroke: style(`--series-${line.colour}`),
      width: 1.5,
      dash: line.dead ? [5, 4] : undefined,
      points: { show: false },
    }));
    return {
      width,
      height: HEIGHT,
      padding: [8, 20, 0, 0],
      legend: { show: false },
      cursor: {
        sync: { key: "mmash", setSeries: false },
        drag: { x: true, y: false, setScale: false },
        y: false,
        points: { size: 6 },
        bind: { dblclick: () => () => this.#app.setZoom(null) },
      },
      scales: {
        x: { range: () => this.#range() },
        y: { range: (_, low, high) => yRange(low, high, rate) },
      },
      axes: [
        {
          ...axis,
          size: 26,
          space: 80,
          values: (_, at) => at.map((t) => clock(t, at.length > 1 && at[1] - at[0] < 1)),
        },
        {
          ...axis,
          size: 62,
          space: 34,
          values: (_, at) => at.map((value) => short(value, unit)),
          ...(isBytes(unit) ? { incrs: BYTE_STEPS } : {}),
        },
      ],
      series: [{}, ...series],
      hooks: { setSelect: [(plot) => this.#selected(plot)], setCursor: [(plot) => this.#moved(plot)] },
    };
  }

  /** From the oldest sample to the newest, or what was zoomed to. */
  #range() {
    if (this.#app.zoom) return [this.#app.zoom.min, this.#app.zoom.max];
    const times = this.#data[0];
    const last = times[times.length - 1];
    return [Math.min(times[0], last - (LEAST * state.every) / 1000), last];
  }

  #selected(plot) {
    const { left, width } = plot.select;
    if (width < 4) return;
    const range = { min: plot.posToVal(left, "x"), max: plot.posToVal(left + width, "x") };
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.#app.setZoom(range);
  }

  #moved(plot) {
    const index = plot.cursor.left >= 0 ? (plot.cursor.idx ?? null) : null;
    if (index === this.#cursor) return;
    this.#cursor = index;
    this.showNumbers();
    this.#app.showTime(index === null ? null : this.#data[0][index]);
  }

  #makeLegend() {
    this.#legend = this.#lines.slice(0, MORE_LEGEND).map((line, i) => {
      const swatch = make("span", { class: "swatch", "aria-hidden": "true" });
      swatch.style.borderTopColor = style(`--series-${line.colour}`);
      if (line.dead) swatch.style.borderTopStyle = "dashed";
      const value = make("span", { class: "legend-value" });
      const mark = make("span", { class: "legend-mark" });
      const [name, digits] = line.file ? [line.file.program, line.file.number] : [line.name, ""];
      const who = make("span", { class: "legend-name", dir: "ltr" }, make("span", {}, visible(name, 80)));
      if (digits) who.append(make("span", { class: "legend-pid" }, visible(digits, 40)));
      const row = make("li", { title: visible(line.file?.path ?? "", 300) }, swatch, who, mark, value);
      row.addEventListener("pointerenter", () => this.#focus(i + 1));
      row.addEventListener("pointerleave", () => this.#focus(null));
      return { row, mark, value };
    });
    this.#parts.legend.replaceChildren(...this.#legend.map(({ row }) => row));
    const all = this.#app.catalog.byLabel.get(this.label)?.files.length ?? 0;
    if (state.mode === "lines" && all > this.#lines.length && this.#lines.length >= MORE_LEGEND) {
      this.#parts.legend.append(make("li", { class: "legend-more" }, `of ${all} files: take sum, avg, min or max`));
    }
  }

  /** One line stands out from the others. */
  #focus(series) {
    this.#plot?.series.forEach((line, i) => {
      if (i > 0) line.alpha = series === null || series === i ? 1 : 0.15;
    });
    this.#plot?.redraw(false);
  }

  /** The numbers in head and legend: under the cursor, else the newest. */
  showNumbers() {
    if (!this.#plot) return;
    this.#numbersAt = performance.now();
    const field = this.#app.catalog.byLabel.get(this.label);
    const rate = field ? this.#app.showsRate(field) : false;
    const unit = field?.unit ?? "";
    const at = this.#cursor;
    const values = this.#lines.map(
      (line) => (at === null ? line.values[line.values.length - 1] : line.values[at]) ?? null,
    );
    const there = values.filter((value, i) => value !== null && !this.#lines[i].dead);
    const total = this.#lines.length === 1 ? (values[0] ?? lastOf(this.#lines[0].values)) : null;
    const text = total !== null ? number(total, unit, rate) : overview(there, unit, rate, field);
    setText(this.#parts.now, text);
    this.#legend.forEach(({ row, mark, value }, i) => {
      const { file } = this.#lines[i];
      setText(value, short(values[i], unit));
      const said = file ? condition(file) : this.#members(rate, field);
      setText(mark, said);
      setClass(row, "dead", this.#lines[i].dead);
    });
  }

  #members(rate, field) {
    const tally = this.#app.levels.tally(this.label, rate, field?.kind === "counter");
    return `of ${tally.count}`;
  }

  /** Arrows move the cursor over all charts. */
  #key(event) {
    if (event.target !== this.element || !this.#plot) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const times = this.#data[0];
    const from = this.#cursor ?? times.length - (step < 0 ? 0 : 1);
    this.#app.setCursor(times[Math.max(0, Math.min(times.length - 1, from + step))]);
  }

  /** The cursor to a moment; null: away. */
  setCursor(time) {
    const left = time === null ? -10 : this.#plot?.valToPos(time, "x");
    this.#plot?.setCursor({ left, top: 10 });
  }
}

/** Many lines in few words: counters add up, the others have a range. */
function overview(values, unit, rate, field) {
  if (values.length === 0) return "–";
  if (field?.kind === "counter")
    return `Σ ${number(
      values.reduce((a, b) => a + b, 0),
      unit,
      rate,
    )}`;
  const low = Math.min(...values);
  const high = Math.max(...values);
  return low === high ? number(low, unit, rate) : `${short(low, unit)} – ${number(high, unit, rate)}`;
}

/** From zero, where that does not flatten the line. */
function yRange(low, high, rate) {
  if (low === null || high === null) return [0, 1];
  if (low === high) return low === 0 ? [0, 1] : low > 0 ? [0, high * 1.2] : [low * 1.2, 0];
  const room = (high - low) * 0.1;
  const floor = low >= 0 && (rate || low < high * 0.75) ? 0 : low - room;
  return [floor, high + room];
}
