// SPDX-License-Identifier: MIT
//
// tables.js - what is no chart: texts and other values, and the processes with their files.

import { byId, make, setText, visible } from "./dom.js";
import { condition, isDead } from "./catalog.js";
import { moment, number, plural } from "./format.js";

const MOST_ROWS = 200;
const MOST_NAMES = 3;
const CONDITIONS = { "": "● live", ended: "✕ ended", gone: "✕ gone", unknown: "? unknown" };

const table = (heads, rows) =>
  make(
    "table",
    {},
    make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))),
    make("tbody", {}, ...rows),
  );

/** A value of any type as a text. */
export function textOf(field, raw) {
  if (typeof raw === "string") return raw === "" ? "(empty)" : visible(raw, 2000);
  if (raw === null) return "–";
  if (field.kind === "timestamp" && typeof raw === "number") return moment(raw);
  if (field.kind === "histogram" && Array.isArray(raw?.counts)) return histogram(field, raw);
  if (typeof raw === "boolean") return raw ? "true" : "false";
  return visible(
    Array.isArray(raw) ? raw.join(", ") : typeof raw === "object" ? JSON.stringify(raw) : String(raw),
    2000,
  );
}

function histogram(field, { counts, sum, scale }) {
  const count = counts.reduce((a, b) => a + b, 0);
  const mean = count > 0 ? `, mean ${number((sum * (scale ?? 1)) / count, field.unit)}` : "";
  return plural(count, "sample") + mean;
}

/** Processes that have the same value share a row. */
function textRows(field, levels) {
  const groups = new Map();
  for (const [file, { raw }] of levels) {
    const text = textOf(field, raw);
    groups.set(text, [...(groups.get(text) ?? []), file]);
  }
  return [...groups].map(([text, files], i) => {
    const names = files
      .slice(0, MOST_NAMES)
      .map((file) => `${visible(file.name, 60)}${isDead(file) ? ` (${condition(file)})` : ""}`);
    const more = files.length > MOST_NAMES ? ` and ${files.length - MOST_NAMES} more` : "";
    return make(
      "tr",
      {},
      i === 0
        ? make("th", { scope: "rowgroup", rowspan: groups.size, title: visible(field.help) }, visible(field.label))
        : "",
      make("td", { class: "value" }, text),
      make("td", { class: "who" }, names.join(", ") + more),
    );
  });
}

let shownTexts = "";

/** fields: those that cannot be drawn. */
export function showTexts(fields, app) {
  const rows = fields.flatMap((field) => textRows(field, app.levels.of(field.label)));
  const text = rows.map((row) => row.textContent).join("\n");
  byId("texts").hidden = rows.length === 0;
  // What is read or selected is not taken away when it is the same.
  if (text === shownTexts) return;
  shownTexts = text;
  byId("texts-table").replaceChildren(table(["Metric", "Value", "Process"], rows.slice(0, MOST_ROWS)));
}

/** The files, those with errors first. */
export function showProcesses(catalog) {
  const files = [...catalog.files.values()];
  const dead = files.filter(isDead).length;
  const bad = files.filter((file) => file.error).length;
  const counts = [plural(files.length, "file")];
  if (dead > 0) counts.push(`${dead} of ended processes`);
  if (bad > 0) counts.push(plural(bad, "error"));
  setText(byId("processes-count"), counts.join(" · "));
  byId("processes").hidden = files.length === 0;
  files.sort((a, b) => Boolean(b.error) - Boolean(a.error) || isDead(a) - isDead(b) || (a.path < b.path ? -1 : 1));
  const rows = files
    .slice(0, MOST_ROWS)
    .map((file) =>
      make(
        "tr",
        { class: isDead(file) ? "dead" : false },
        make("td", {}, CONDITIONS[condition(file)]),
        make("td", { class: "number" }, file.pid === null ? "–" : String(file.pid)),
        make("td", { class: "path", dir: "ltr" }, visible(file.path)),
        make("td", { class: "number" }, file.version ? `v${file.version}` : "–"),
        make("td", { class: "error" }, visible(file.error ?? "")),
      ),
    );
  const parts = [table(["State", "PID", "File", "Version", "Error"], rows)];
  if (files.length > MOST_ROWS) parts.push(make("p", { class: "more" }, `and ${files.length - MOST_ROWS} more`));
  byId("processes-table").replaceChildren(...parts);
}
