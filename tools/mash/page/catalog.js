// SPDX-License-Identifier: MIT
//
// catalog.js - which files and fields there are, and how one process is called and coloured.

export const COLOURS = 8; // --series-0 ... of theme.css
const NOT_DRAWN = new Set(["timestamp", "info", "stateset", "sequence"]);
// What every file has (R510), and what mmash says of itself: seldom what one looks for.
const OWN = /^mmash\.|(^|\.)(sys\.(pid|tid|uid|gid|created|lock|sequence)|org\.mmstats\..*)$/;

export class Catalog {
  files = new Map(); // id -> file
  fields = []; // sorted by label
  error = null; // why files could not be looked for
  byLabel = new Map();
  #known = []; // files that are or were there, as objects that live as long as a chart needs them
  #made = 0;

  /** Takes a `catalog` event. After the connection broke, mmash may have begun anew, and given new ids. */
  take(data, again) {
    const before = this.files;
    const byPath = new Map(this.#known.map((file) => [file.path, file]));
    this.files = new Map();
    for (const news of data.files) {
      const old = again ? byPath.get(news.path) : before.get(news.id);
      const file = old && old.path === news.path ? old : this.#makeFile(news);
      file.live = news.live;
      file.pid = news.pid;
      file.version = news.version;
      file.error = news.error;
      this.files.set(news.id, file);
    }
    for (const file of before.values()) file.gone = true;
    for (const file of this.files.values()) file.gone = false;
    this.#known = [...this.files.values()];
    this.error = data.error;
    this.#nameFiles();
    this.#takeFields(data.fields);
  }

  #makeFile(news) {
    return { key: this.#made++, path: news.path, gone: false };
  }

  /** A process is called by its PID, and by its file's name too where that says more. */
  #nameFiles() {
    const pids = new Map();
    for (const file of this.#known) pids.set(file.pid, (pids.get(file.pid) ?? 0) + 1);
    for (const file of this.#known) {
      const base = file.path.slice(file.path.lastIndexOf("/") + 1).replace(/\.mmstats$/, "");
      file.base = base;
      // web-812-812: program, process, thread; the parts that are the process say so once
      const program = file.pid === null ? base : base.split(`-${file.pid}`)[0];
      const thread = file.pid !== null && pids.get(file.pid) > 1 ? base.slice(base.lastIndexOf("-")) : "";
      file.program = program;
      file.number = file.pid === null ? "" : `${file.pid}${thread}`;
      file.name = `${program} ${file.number}`.trim();
    }
  }

  #takeFields(fields) {
    this.fields = fields;
    this.byLabel = new Map();
    for (const field of fields) {
      field.own = OWN.test(field.label);
      field.drawn = field.numeric && !NOT_DRAWN.has(field.kind);
      field.lower = field.label.toLowerCase();
      this.byLabel.set(field.label, field);
    }
  }

  /** The files but mmash's own. */
  others() {
    const mmash = this.fields.find((field) => field.label.startsWith("mmash."));
    return [...this.files].filter(([id]) => !mmash?.files.includes(id));
  }
}

/** What a reader of the page is told about a process: not by colour alone. */
export function condition(file) {
  if (file.gone) return "gone";
  if (file.live === "dead") return "ended";
  return file.live === "live" ? "" : "unknown";
}

export const isDead = (file) => file.gone || file.live === "dead";
