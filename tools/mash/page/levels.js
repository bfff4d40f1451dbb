// SPDX-License-Identifier: MIT
//
// levels.js - what the fields that mmash is asked for are now, in each file: the value, and its change per second.

import { isDead } from "./catalog.js";

/** As a JSON value becomes a number of a chart. */
const toNumber = (value) => (typeof value === "number" ? value : value === true ? 1 : value === false ? 0 : NaN);

export class Levels {
  #labels = new Map(); // label -> file -> { raw, value, rate, time }

  /** Only these from now on. mmash sends all values of fields that it was not asked for before. */
  want(labels) {
    const wanted = new Set(labels);
    for (const label of this.#labels.keys()) if (!wanted.has(label)) this.#labels.delete(label);
    for (const label of wanted) if (!this.#labels.has(label)) this.#labels.set(label, new Map());
  }

  /** A `values` event. What is not in it is as it was. `again`: right after another one, as when other fields are asked
   * for: it says nothing new of a rate. Returns how many values were in it, by label. */
  take(data, catalog, again = false) {
    const changes = new Map();
    for (const [label, levels] of this.#labels) {
      const news = Object.hasOwn(data.values, label) ? data.values[label] : [];
      changes.set(label, news.length);
      for (const [id, raw] of news) {
        const file = catalog.files.get(id);
        if (!file) continue;
        const level = levels.get(file);
        if (level) level.raw = raw;
        else levels.set(file, { raw, value: NaN, rate: NaN, time: NaN });
      }
      this.#move(levels, data.time, again, catalog.byLabel.get(label)?.kind === "counter");
    }
    return changes;
  }

  #move(levels, time, again, counter) {
    for (const [file, level] of levels) {
      if (file.gone) {
        levels.delete(file);
        continue;
      }
      if (again && !Number.isNaN(level.time)) continue;
      const value = toNumber(level.raw);
      const rate = (value - level.value) / (time - level.time);
      // A counter that goes down has begun anew.
      level.rate = counter && rate < 0 ? NaN : rate;
      level.value = value;
      level.time = time;
    }
  }

  /** file -> level */
  of(label) {
    return this.#labels.get(label) ?? new Map();
  }

  /** Over the processes that live; what those that ended have counted stays counted. */
  tally(label, rate, counter) {
    const tally = new Tally();
    for (const [file, level] of this.of(label)) {
      if (!isDead(file) || (counter && !rate)) tally.add(rate ? level.rate : level.value);
    }
    return tally;
  }
}

/** Numbers added one by one. */
class Tally {
  count = 0;
  min = NaN;
  max = NaN;
  #sum = 0;

  add(value) {
    if (Number.isNaN(value)) return;
    this.count++;
    this.#sum += value;
    if (!(this.min <= value)) this.min = value;
    if (!(this.max >= value)) this.max = value;
  }

  get sum() {
    return this.count > 0 ? this.#sum : NaN;
  }

  get avg() {
    return this.count > 0 ? this.#sum / this.count : NaN;
  }
}
