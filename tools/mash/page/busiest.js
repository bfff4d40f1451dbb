// SPDX-License-Identifier: MIT
//
// busiest.js - what is shown before anything is picked: the metrics that move, counters first.

const CANDIDATES = 60;
const EVENTS = 3; // so many are looked at
const SHOWN = 6;

export class Busiest {
  labels = []; // what is shown
  #candidates = [];
  #moved = new Map();
  #events = 0;

  /** Other fields: looks anew, and shows the first ones meanwhile. */
  restart(catalog) {
    const fields = catalog.fields.filter((field) => field.drawn && !field.own);
    const first = (field) => field.kind !== "counter";
    fields.sort((a, b) => first(a) - first(b));
    const candidates = fields.slice(0, CANDIDATES).map((field) => field.label);
    if (candidates.join("\n") === this.#candidates.join("\n")) return;
    this.#candidates = candidates;
    this.#moved = new Map(candidates.map((label) => [label, 0]));
    this.#events = 0;
    this.labels = this.labels.filter((label) => this.#moved.has(label));
    if (this.labels.length === 0) this.labels = candidates.slice(0, SHOWN);
  }

  /** Labels to ask for, until it is known. */
  wanted() {
    return this.#events > EVENTS ? this.labels : this.#candidates;
  }

  /** changes: label -> number of values that changed. Returns whether it is known now, and was not before. */
  take(changes) {
    if (this.#candidates.length === 0 || this.#events > EVENTS) return false;
    // The first event has all values.
    if (this.#events++ > 0) for (const [label, n] of changes) if (this.#moved.has(label)) this.#add(label, n);
    if (this.#events <= EVENTS) return false;
    const order = new Map(this.#candidates.map((label, i) => [label, i]));
    const busy = [...this.#candidates].sort(
      (a, b) => this.#moved.get(b) - this.#moved.get(a) || order.get(a) - order.get(b),
    );
    const best = new Set(busy.slice(0, SHOWN));
    this.labels = this.#candidates.filter((label) => best.has(label));
    return true;
  }

  #add(label, n) {
    this.#moved.set(label, this.#moved.get(label) + Math.min(1, n));
  }
}
