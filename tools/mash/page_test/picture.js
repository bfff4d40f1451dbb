#!/usr/bin/env node
// SPDX-License-Identifier: MIT
//
// picture.js MMASH PUBLISHER FILE.png - makes the picture of mmash's page for the README (tools/mash/picture runs it):
// four programs, one of which ends, for as long as it takes to fill the charts.

"use strict";

const path = require("node:path");
const { openBrowser, Place } = require("./harness.js");

const SECONDS = 40;
const PICKS = ["web.requests", "web.latency", "web.memory", "web.sent", "web.state", "web.answers"];

async function main() {
  const [mmash, publisher, file] = process.argv.slice(2).map((name) => path.resolve(name));
  const place = new Place({ mmash, publisher });
  const browser = await openBrowser();
  try {
    const publishers = [];
    for (const seed of "1234") publishers.push(await place.publish("--seed", seed));
    await place.serve();
    const page = await browser.newPage({ viewport: { width: 1256, height: 624 }, colorScheme: "light" });
    await page.goto(`${place.url}/#every=200&smooth=10&q=web.&${PICKS.map((label) => `m=${label}`).join("&")}`);
    await page.waitForTimeout(SECONDS * 600);
    await place.kill(publishers[1]);
    await page.waitForTimeout(SECONDS * 400);
    const chart = await page.locator(".u-over").first().boundingBox();
    await page.mouse.move(chart.x + chart.width * 0.72, chart.y + chart.height * 0.4);
    await page.waitForFunction(() => document.getElementById("at").textContent !== "");
    await page.screenshot({ path: file });
  } finally {
    await browser.close();
    await place.close();
  }
}

main();
