// SPDX-License-Identifier: MIT
//
// history.js - the last samples of the metrics that are drawn, in rings of a fixed size.
//
// All metrics share the moments of the `values` events. A metric has a line for each of at most MOST_LINES files, and
// sum, avg, min and max over all of its files, as values and as rates: what is shown changes without losing the past.

export const MOST_LINES = 64;
const AGGREGATES = ["sum", "avg", "min", "max"];

export class History {
  #capacity;
  #next = 0; // moments so far; one stands at its number modulo the capacity
  #first = 0; // the oldest that is still there
  #times;
  #metrics = new Map(); // label -> { lines: file -> ring, values: aggregate -> ring, rates: the same }

  constructor(capacity) {
    this.#capacity = capacity;
    this.#times = this.#ring();
  }

  #ring() {
    return new Float64Array(this.#capacity).fill(NaN);
  }

  /** Another number of points: the newest stay. */
  resize(capacity) {
    if (capacity === this.#capacity) return;
    const kept = Math.min(this.length, capacity);
    const old = this.#capacity;
    this.#capacity = capacity;
    const move = (ring) => {
      const moved = this.#ring();
      for (let i = this.#next - kept; i < this.#next; i++) moved[i % capacity] = ring[i % old];
      return moved;
    };
    this.#times = move(this.#times);
    for (const metric of this.#metrics.values()) {
      for (const rings of Object.values(metric)) for (const [key, ring] of rings) rings.set(key, move(ring));
    }
    this.#first = this.#next - kept;
  }

  /** Only these metrics from now on. */
  want(labels) {
    const wanted = new Set(labels);
    for (const label of this.#metrics.keys()) if (!wanted.has(label)) this.#metrics.delete(label);
    const rings = () => new Map(AGGREGATES.map((name) => [name, this.#ring()]));
    for (const label of wanted) {
      if (!this.#metrics.has(label)) this.#metrics.set(label, { lines: new Map(), values: rings(), rates: rings() });
    }
  }

  /** A sample of each metric, after the levels took an event. */
  take(time, levels, catalog) {
    const at = this.#next % this.#capacity;
    this.#times[at] = time;
    this.#next++;
    this.#first = Math.max(this.#first, this.#next - this.#capacity);
    for (const [label, metric] of this.#metrics) {
      for (const line of metric.lines.values()) line[at] = NaN;
      for (const [file, level] of levels.of(label)) {
        const line = this.#line(metric, file);
        if (line) line[at] = level.value;
      }
      const counter = catalog.byLabel.get(label)?.kind === "counter";
      for (const [rings, rate] of [
        [metric.values, false],
        [metric.rates, true],
      ]) {
        const tally = levels.tally(label, rate, counter);
        for (const name of AGGREGATES) rings.get(name)[at] = tally[name];
      }
    }
  }

  #line(metric, file) {
    const { lines } = metric;
    if (!lines.has(file)) {
      // Lines of files that are gone make room when nothing is left to see of them.
      if (lines.size >= MOST_LINES) for (const [other, ring] of lines) if (isOver(other, ring)) lines.delete(other);
      if (lines.size >= MOST_LINES) return null;
      lines.set(file, this.#ring());
    }
    return lines.get(file);
  }

  /** [file, ring] of the metric's lines. */
  linesOf(label) {
    const lines = this.#metrics.get(label)?.lines ?? [];
    return [...lines].filter(([file, ring]) => !isOver(file, ring));
  }

  aggregateOf(label, name, rate) {
    return this.#metrics.get(label)?.[rate ? "rates" : "values"].get(name);
  }

  get length() {
    return this.#next - this.#first;
  }

  /** A ring from the oldest to the newest; NaN where there is nothing. */
  unroll(ring) {
    const out = new Float64Array(this.length);
    for (let i = 0; i < out.length; i++) out[i] = ring[(this.#first + i) % this.#capacity];
    return out;
  }

  times() {
    return this.unroll(this.#times);
  }
}

const isOver = (file, ring) => file.gone && ring.every(Number.isNaN);
