// SPDX-License-Identifier: MIT
//
// list.js - the metrics that match the search. Of thousands, only the rows that are in view are elements.

import { byId, make, setAttribute, setClass, setText, visible } from "./dom.js";
import { number, plural } from "./format.js";
import { compile, pieces } from "./search.js";
import { change, state, togglePick } from "./state.js";
import { textOf } from "./tables.js";

const ROW = 26; // pixels, as in page.css
const BEYOND = 4; // rows above and below the view
const GLYPHS = { counter: "↗", gauge: "◔", duration: "◷", histogram: "▥", timestamp: "◴", info: "“”", unknown: "·" };

export class List {
  #element = byId("list");
  #space = make("div", { class: "list-space", role: "presentation" });
  #rows = new Map(); // index -> row
  #matching = [];
  #active = 0;
  #app;

  /** app: { catalog, levels, showsRate(field), visibleChanged() } */
  constructor(app) {
    this.#app = app;
    this.#element.append(this.#space);
    this.#element.addEventListener("scroll", () => this.#place());
    this.#element.addEventListener("click", (event) => {
      const row = event.target.closest("[data-index]");
      if (row) this.#choose(Number(row.dataset.index));
    });
    new ResizeObserver(() => this.#place()).observe(this.#element);
    for (const element of [this.#element, byId("search")]) {
      element.addEventListener("keydown", (event) => this.#key(event));
      element.addEventListener("focus", () => this.#mark());
      element.addEventListener("blur", () => this.#mark());
    }
  }

  /** Other fields, another search, or other picks. */
  refresh() {
    const matches = compile(state.q);
    const { fields, byLabel } = this.#app.catalog;
    const picked = new Set(state.picks);
    if (state.only === "picked") {
      // What is picked stays in reach also when nobody publishes it now.
      const missing = (label) => ({ label, lower: label.toLowerCase(), files: [], kind: "unknown", missing: true });
      this.#matching = state.picks.map((label) => byLabel.get(label) ?? missing(label));
      this.#matching = this.#matching.filter((field) => matches(field.lower));
    } else this.#matching = fields.filter((field) => matches(field.lower));
    this.#matching.sort((a, b) => Boolean(a.own) - Boolean(b.own));
    this.#active = Math.min(this.#active, Math.max(0, this.#matching.length - 1));
    this.#space.style.height = `${this.#matching.length * ROW}px`;
    const all = fields.length;
    const some = this.#matching.length;
    setText(
      byId("count"),
      some === all ? plural(all, "metric") : `${some.toLocaleString("en")} of ${plural(all, "metric")}`,
    );
    setText(byId("picked-count"), picked.size > 0 ? `picked ${picked.size}` : "picked");
    for (const row of this.#rows.values()) row.element.remove();
    this.#rows.clear();
    this.#place();
  }

  /** Labels of the rows in view: what is worth asking for. */
  visible() {
    return [...this.#rows.values()].map((row) => row.field.label);
  }

  #place() {
    const { scrollTop, clientHeight } = this.#element;
    const first = Math.max(0, Math.floor(scrollTop / ROW) - BEYOND);
    const last = Math.min(this.#matching.length, Math.ceil((scrollTop + clientHeight) / ROW) + BEYOND);
    if (clientHeight === 0) return;
    let changed = false;
    for (const [index, row] of this.#rows) {
      if (index >= first && index < last) continue;
      row.element.remove();
      this.#rows.delete(index);
      changed = true;
    }
    for (let index = first; index < last; index++) {
      if (this.#rows.has(index)) continue;
      const row = this.#makeRow(index);
      this.#rows.set(index, row);
      this.#space.append(row.element);
      changed = true;
    }
    this.#mark();
    if (changed) {
      this.showValues();
      this.#app.visibleChanged();
    }
  }

  #makeRow(index) {
    const field = this.#matching[index];
    const name = make("span", { class: "row-name", dir: "ltr" });
    for (const [piece, hit] of pieces(field.label, state.q)) {
      name.append(hit ? make("mark", {}, visible(piece)) : visible(piece));
    }
    const value = make("span", { class: "row-value" });
    const kind = make("span", { class: "row-kind", "aria-hidden": "true" }, GLYPHS[field.kind] ?? GLYPHS.unknown);
    const picked = state.picks.includes(field.label);
    const element = make(
      "div",
      {
        class: "row",
        id: `row-${index}`,
        role: "option",
        "data-index": index,
        "aria-selected": String(picked),
        "aria-setsize": this.#matching.length,
        "aria-posinset": index + 1,
        title: [visible(field.label), visible(field.help ?? ""), describe(field)].filter(Boolean).join("\n"),
      },
      make("span", { class: "row-box", "aria-hidden": "true" }),
      kind,
      name,
      value,
    );
    element.style.top = `${index * ROW}px`;
    setClass(element, "picked", picked);
    return { element, value, field };
  }

  /** The numbers beside the names. */
  showValues() {
    for (const { field, value } of this.#rows.values()) setText(value, this.#textOf(field));
  }

  #textOf(field) {
    if (field.missing) return "none";
    const levels = this.#app.levels.of(field.label);
    if (!field.drawn) {
      const first = levels.values().next().value;
      if (!first) return "";
      return first.raw === null ? "" : visible(textOf(field, first.raw), 40);
    }
    const rate = this.#app.showsRate(field);
    const tally = this.#app.levels.tally(field.label, rate, field.kind === "counter");
    if (tally.count === 0) return "";
    if (field.kind === "counter") return number(tally.sum, field.unit, rate);
    if (field.kind !== "unknown" || rate) return number(tally.avg, field.unit, rate);
    // A mean of numbers that nobody knows the meaning of (process IDs) has none itself.
    const exact = (value) => (Number.isInteger(value) ? String(value) : number(value));
    return tally.min === tally.max ? exact(tally.min) : `${exact(tally.min)} – ${exact(tally.max)}`;
  }

  #choose(index) {
    this.#active = index;
    const field = this.#matching[index];
    if (field) togglePick(field.label);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.#element.clientHeight / ROW) - 1);
    const searching = event.currentTarget.id === "search";
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    if (!searching) Object.assign(steps, { Home: -this.#matching.length, End: this.#matching.length });
    if (Object.hasOwn(steps, event.key)) this.#go(this.#active + steps[event.key]);
    else if (event.key === "Enter") this.#choose(this.#active);
    else if (event.key === "Escape" && searching && state.q !== "") change({ q: "" }, { step: false });
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #go(index) {
    this.#active = Math.max(0, Math.min(this.#matching.length - 1, index));
    const top = this.#active * ROW;
    const { scrollTop, clientHeight } = this.#element;
    if (top < scrollTop) this.#element.scrollTop = top;
    else if (top + ROW > scrollTop + clientHeight) this.#element.scrollTop = top + ROW - clientHeight;
    this.#place();
    this.#mark();
  }

  /** Which row the keys act on. */
  #mark() {
    const focused = document.activeElement === this.#element || document.activeElement === byId("search");
    for (const [index, row] of this.#rows) setClass(row.element, "active", focused && index === this.#active);
    const active = focused && this.#rows.has(this.#active) ? `row-${this.#active}` : null;
    setAttribute(this.#element, "aria-activedescendant", active);
    setAttribute(byId("search"), "aria-activedescendant", active);
  }
}

function describe(field) {
  const unit = field.unit ? `, ${visible(field.unit)}` : "";
  return `${field.kind}${unit}, in ${plural(field.files.length, "file")}`;
}
