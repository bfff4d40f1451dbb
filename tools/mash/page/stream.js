// SPDX-License-Identifier: MIT
//
// stream.js - the connection to mmash: asks for fields, and asks again when it breaks.

const SOONEST = 500; // milliseconds until the first new try
const LATEST = 5000;
const LONGEST_ADDRESS = 120000; // bytes: mmash takes 131072. What does not fit is not asked for

export class Stream {
  left = 0; // fields that are wanted, but not asked for
  #source = null;
  #timer = 0;
  #wait = SOONEST;
  #wanted = null; // { every, fields }
  #address = "";
  #lastCatalog = "";
  #broken = false;
  #on;

  /** on: { catalog(data, again), values(data), up(), down() }; `again`: the first after the connection broke */
  constructor(on) {
    this.#on = on;
  }

  /** Asks for these fields from now on. Nothing happens when they are those it has. */
  want(every, fields) {
    this.#wanted = { every, fields };
    const address = this.#makeAddress();
    if (address === this.#address && (this.#source || this.#timer)) return;
    this.#address = address;
    // While mmash is gone, a new wish must not hurry the tries.
    if (!this.#timer) this.#open();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#source?.close();
    this.#source = null;
  }

  #makeAddress() {
    let address = `/events?every=${this.#wanted.every}`;
    this.left = 0;
    for (const field of this.#wanted.fields) {
      const part = "&field=" + encodeURIComponent(field.toWellFormed?.() ?? field);
      if (address.length + part.length <= LONGEST_ADDRESS) address += part;
      else this.left++;
    }
    return address;
  }

  #open() {
    this.stop();
    const source = new EventSource(this.#address);
    this.#source = source;
    source.addEventListener("catalog", (event) => {
      this.#wait = SOONEST;
      this.#on.up();
      // Each new connection begins with the catalog, which is mostly the one that is here.
      if (event.data === this.#lastCatalog && !this.#broken) return;
      this.#lastCatalog = event.data;
      this.#on.catalog(JSON.parse(event.data), this.#broken);
      this.#broken = false;
    });
    source.addEventListener("values", (event) => this.#on.values(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      if (source !== this.#source) return;
      this.#broken = true;
      this.stop();
      this.#on.down();
      this.#timer = setTimeout(() => {
        this.#timer = 0;
        this.#open();
      }, this.#wait);
      this.#wait = Math.min(this.#wait * 1.5, LATEST);
    });
  }
}
