// SPDX-License-Identifier: MIT
//
// harness.js - what the test and the picture of the page share: mmash, programs that publish, and a browser.
//
// ./test installs Chromium and playwright-core (scripts/common.sh), and says in MMS_PLAYWRIGHT where that is.

"use strict";

const { spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const readline = require("node:readline");

const PATIENCE = 60000; // milliseconds until something that should happen soon counts as failed
const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser"];

function playwright() {
  const folder = process.env.MMS_PLAYWRIGHT;
  if (!folder) throw new Error("MMS_PLAYWRIGHT does not say where playwright-core is: ./test installs it, and says");
  return require(path.join(folder, "node_modules/playwright-core"));
}

async function openBrowser() {
  const executablePath = BROWSERS.find((file) => fs.existsSync(file));
  if (!executablePath) throw new Error("there is no Chromium: ./test installs it");
  // A container's root has no sandbox, and its /dev/shm may be small.
  const args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"];
  return playwright().chromium.launch({ executablePath, args });
}

/** A directory with metrics, mmash that serves it, and programs that publish there. */
class Place {
  constructor(programs) {
    this.programs = programs; // { mmash, publisher }
    this.folder = fs.mkdtempSync(path.join(process.env.TEST_TMPDIR ?? os.tmpdir(), "page-"));
    this.metrics = path.join(this.folder, "metrics");
    fs.mkdirSync(this.metrics);
    this.running = new Set();
    this.listen = "127.0.0.1:0";
  }

  /** Starts a program; its first line of output. */
  async #start(file, args) {
    const { MMSTATS_FILES, MMSTATS_GLOB, MMSTATS_DISABLE, ...env } = process.env;
    env.MMSTATS_PATH = this.metrics;
    const child = spawn(file, args, { env, stdio: ["ignore", "pipe", "inherit"] });
    const ended = new Promise((resolve) => child.once("close", resolve));
    this.running.add(child);
    const lines = readline.createInterface({ input: child.stdout });
    const line = await Promise.race([
      new Promise((resolve) => lines.once("line", resolve)),
      ended.then((status) => Promise.reject(new Error(`${file} ended with ${status}`))),
      new Promise((_, reject) => child.once("error", reject)),
    ]);
    return { line, child, ended };
  }

  async serve() {
    this.mmash = await this.#start(this.programs.mmash, ["--listen", this.listen]);
    this.url = this.mmash.line.replace("listening on ", "").replace(/\/*$/, "");
    // Once more, it is to listen at the same port.
    this.listen = this.url.replace("http://", "");
    return this.url;
  }

  async publish(...args) {
    const publisher = await this.#start(this.programs.publisher, args);
    publisher.pid = publisher.child.pid;
    return publisher;
  }

  /** Ends a program without a chance to tidy up, and waits until it has. */
  async kill(program) {
    program.child.kill("SIGKILL");
    await program.ended;
    this.running.delete(program.child);
  }

  async ask(what) {
    return (await fetch(this.url + what)).json();
  }

  async close() {
    for (const child of this.running) child.kill("SIGKILL");
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Keeps hold of the charts, and of what breaks the policy. Runs in the page, before its scripts. */
function spy() {
  window.plots = [];
  window.violations = [];
  addEventListener("securitypolicyviolation", (event) =>
    window.violations.push(`${event.violatedDirective} ${event.blockedURI}`),
  );
  let real;
  Object.defineProperty(window, "uPlot", {
    configurable: true,
    get: () => real,
    set(uPlot) {
      real = new Proxy(uPlot, {
        construct(target, args) {
          const plot = Reflect.construct(target, args);
          window.plots = window.plots.filter((other) => other.root.isConnected);
          window.plots.push(plot);
          return plot;
        },
      });
    },
  });
  window.plotOf = (label) => {
    const cards = [...document.querySelectorAll(".card")];
    const card = cards.find((element) => element.querySelector(".card-name").textContent === label);
    return window.plots.find((plot) => card?.contains(plot.root) && plot.root.isConnected);
  };
}

module.exports = { openBrowser, PATIENCE, Place, spy };
