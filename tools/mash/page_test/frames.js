#!/usr/bin/env node
// SPDX-License-Identifier: MIT
//
// frames.js MMASH PUBLISHER - how smooth mmash's page stays with 50 files of 1,000 metrics, six of which have a chart with
// a line per file (tools/mash/frames runs it). Prints frames a second, and how long they took, for each sampling.

"use strict";

const path = require("node:path");
const { openBrowser, Place } = require("./harness.js");

const FILES = 50;
const SECONDS = 20;
const PICKS = [0, 1, 2, 3, 4, 5].map((i) => `app.part00.metric000${i}`);

/** In the page: the times between frames while the list is scrolled, in milliseconds. */
function watchFrames(seconds) {
  const list = document.getElementById("list");
  const times = [];
  return new Promise((resolve) => {
    const begin = performance.now();
    let before = begin;
    const next = (now) => {
      times.push(now - before);
      before = now;
      list.scrollTop = (list.scrollTop + 20) % Math.max(1, list.scrollHeight - list.clientHeight);
      if (now - begin < seconds * 1000) requestAnimationFrame(next);
      else resolve(times.slice(1));
    };
    requestAnimationFrame(next);
  });
}

async function measure(browser, url, every) {
  const page = await browser.newPage({ viewport: { width: 1256, height: 624 } });
  await page.goto(`${url}/#every=${every}&q=app.&${PICKS.map((label) => `m=${label}`).join("&")}`);
  await page.waitForFunction((count) => document.querySelectorAll(".card").length === count, PICKS.length);
  await page.waitForTimeout(5000);
  const times = (await page.evaluate(watchFrames, SECONDS)).sort((a, b) => a - b);
  await page.close();
  const at = (part) => times[Math.min(times.length - 1, Math.floor(part * times.length))].toFixed(0).padStart(4);
  const rate = (times.length / SECONDS).toFixed(0).padStart(3);
  console.log(`every ${String(every).padStart(4)} ms: ${rate} frames/s; half of them within ${at(0.5)} ms, ` +
    `99 % within ${at(0.99)} ms, all within ${at(1)} ms`);
}

async function main() {
  const [mmash, publisher] = process.argv.slice(2).map((name) => path.resolve(name));
  const place = new Place({ mmash, publisher });
  const browser = await openBrowser();
  try {
    for (let seed = 1; seed <= FILES; seed++) await place.publish("--seed", String(seed), "--fields", "1000");
    await place.serve();
    for (const every of [1000, 200, 50]) await measure(browser, place.url, every);
  } finally {
    await browser.close();
    await place.close();
  }
}

main();
