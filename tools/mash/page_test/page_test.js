#!/usr/bin/env node
// SPDX-License-Identifier: MIT
//
// page_test.js MMASH PUBLISHER - the page of mmash in a real browser, with a real mmash and programs that publish.
//
// Whatever a test does, the page must not open a dialog, throw, log an error or break its Content-Security-Policy.

"use strict";

const assert = require("node:assert/strict");
const { after, before, test } = require("node:test");
const fs = require("node:fs");
const path = require("node:path");
const { openBrowser, PATIENCE, Place, spy } = require("./harness.js");

const [mmash, publisher] = process.argv.slice(2).map((file) => path.resolve(file));

const HOSTILE = [
  "<img src=x onerror=alert(1)>",
  "</script><script>alert(2)</script>",
  "\"'`quotes${alert(3)}",
  "javascript:alert(4)",
  "a\u202eb\nnew\u0007line",
  "&lt;b&gt;",
  "__proto__",
];

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

/** A test with a place and a page of its own. set_up(place): starts programs. */
function pageTest(name, setUp, body, { address = "/", expected = /^$/, viewport = { width: 1280, height: 900 } } = {}) {
  test(name, { timeout: 3 * PATIENCE }, async () => {
    const place = new Place({ mmash, publisher });
    const context = await browser.newContext({ viewport });
    const bad = [];
    try {
      await setUp(place);
      await place.serve();
      await context.addInitScript(spy);
      context.setDefaultTimeout(PATIENCE);
      const page = await context.newPage();
      page.on("dialog", (dialog) => {
        bad.push(`dialog: ${dialog.message()}`);
        dialog.dismiss();
      });
      page.on("pageerror", (error) => bad.push(`error: ${error.stack}`));
      page.on("console", (message) => {
        if (message.type() !== "log" && !expected.test(message.text()))
          bad.push(`${message.type()}: ${message.text()}`);
      });
      await page.goto(place.url + address);
      await body(page, place);
      bad.push(...(await page.evaluate(() => window.violations)));
      assert.deepEqual(bad, []);
    } finally {
      await context.close();
      await place.close();
    }
  });
}

const one = (place) => place.publish("--seed", "1");
const link = (...labels) => "/#every=50&" + labels.map((label) => `m=${encodeURIComponent(label)}`).join("&");
const row = (page, text) => page.locator(".row", { hasText: text }).first();
const cards = (page) => page.locator(".card-name").allTextContents();

/** Waits until a chart has more points than now; how many it has. */
async function grows(page, label) {
  const points = () => page.evaluate((l) => window.plotOf(l)?.data[0].length ?? 0, label);
  const from = await points();
  await page.waitForFunction(([l, n]) => (window.plotOf(l)?.data[0].length ?? 0) > n, [label, from]);
  return points();
}

const shows = (page, label) => page.waitForFunction((l) => window.plotOf(l), label);

// --- what is there ---------------------------------------------------------------------------------------------------

pageTest(
  "an empty directory says what to do, and metrics appear by themselves",
  () => {},
  async (page, place) => {
    await page.locator("#empty", { hasText: "No program publishes metrics here yet" }).waitFor();
    await row(page, "mmash.files").waitFor(); // mmash publishes about itself, which does not count
    await one(place);
    await row(page, "web.requests").waitFor();
    assert.equal(await page.isVisible("#empty"), false);
  },
);

pageTest("charts of the busiest metrics are there at once, and move", one, async (page) => {
  await shows(page, "web.requests");
  await grows(page, "web.requests");
  assert.match(await page.textContent("#status-text"), /^live · \d live files/);
  assert.match(await page.textContent("#hint"), /busiest/);
  await page.click("#keep");
  assert.match(page.url(), /m=web\.requests/);
  assert.equal(await page.isVisible("#hint"), false);
});

const says = (page, text) => page.locator("#status-text", { hasText: text }).waitFor();

pageTest("what cannot be read, or looked for, is said", one, async (page, place) => {
  await shows(page, "web.requests");
  fs.writeFileSync(path.join(place.metrics, "bad.mmstats"), "nonsense");
  await says(page, "1 file with errors");
  fs.renameSync(place.metrics, place.metrics + "2");
  fs.symlinkSync("metrics", place.metrics);
  await says(page, "cannot look for files: Too many levels of symbolic links");
  fs.unlinkSync(place.metrics);
  fs.renameSync(place.metrics + "2", place.metrics);
  await page.waitForFunction(() => !/cannot look/.test(document.getElementById("status-text").textContent));
});

const long = (size) => Array.from({ length: 12 }, (_, i) => `${i}.${"x".repeat(size)}`);

pageTest(
  "metrics with long names are asked for",
  (place) => place.publish(...long(3000).flatMap((l) => ["-l", l])),
  async (page) => {
    await page.waitForFunction(() => window.plots.length >= 6);
    assert.doesNotMatch(await page.textContent("#status-text"), /not asked for/);
  },
);

pageTest(
  "those that do not fit into one request are counted",
  (place) => place.publish(...long(12000).flatMap((l) => ["-l", l])),
  (page) => says(page, /\d+ metrics not asked for: the names are too long together/),
);

pageTest("search finds, keys and mouse pick, the back button takes a pick back", one, async (page) => {
  await row(page, "web.memory").waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("WEB lat");
  await page.waitForFunction(() => document.querySelectorAll(".row").length === 1);
  assert.equal(await page.textContent(".row mark >> nth=0"), "web");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelectorAll(".card").length === 1);
  assert.deepEqual(await cards(page), ["web.latency"]);
  await page.keyboard.press("Escape");
  await row(page, "web.memory").click();
  await page.waitForFunction(() => document.querySelectorAll(".card").length === 2);
  assert.deepEqual(await cards(page), ["web.latency", "web.memory"]);
  assert.equal(await row(page, "web.memory").getAttribute("aria-selected"), "true");
  await page.goBack();
  await page.waitForFunction(() => document.querySelectorAll(".card").length === 1);
  await page.goForward();
  await page.waitForFunction(() => document.querySelectorAll(".card").length === 2);
  await page.locator(".card-close").first().click();
  await page.waitForFunction(() => document.querySelectorAll(".card").length === 1);
  assert.deepEqual(await cards(page), ["web.memory"]);
  // From the list alone, with arrows.
  await page.focus("#list");
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.locator(".row.active").getAttribute("aria-posinset"), "2");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelectorAll(".row.picked").length === 2);
});

pageTest(
  "texts and histograms are in the table",
  one,
  async (page) => {
    await page.waitForFunction(() => /serving|busy/.test(document.getElementById("texts").textContent));
    const table = await page.textContent("#texts");
    assert.match(table, /web\.version4\.2\.0/);
    assert.match(table, /samples?, mean [\d.]+ ms/);
  },
  { address: link("web.version", "web.state", "web.answers") },
);

// --- what is drawn ---------------------------------------------------------------------------------------------------

pageTest(
  "a counter is drawn as change per second",
  one,
  async (page, place) => {
    await shows(page, "web.requests");
    while ((await grows(page, "web.requests")) < 8);
    await page.click("#pause");
    const data = () => page.evaluate(() => Array.from(window.plotOf("web.requests").data, (line) => [...line]));
    await page.waitForFunction(() => document.getElementById("status").dataset.state === "paused");
    const tag = page.locator(".card .tag");
    assert.equal(await tag.textContent(), "per second");
    const [times, rates] = await data();
    await tag.click();
    await page.waitForFunction(() => document.querySelector(".card .tag").textContent === "total");
    await page.waitForFunction((rate) => window.plotOf("web.requests").data[1].at(-1) !== rate, rates.at(-1));
    const [again, totals] = await data();
    assert.deepEqual(again, times);
    assert.equal(rates[0], null);
    for (let i = 1; i < times.length; i++) {
      assert.ok(totals[i] >= totals[i - 1]);
      assert.equal(rates[i], (totals[i] - totals[i - 1]) / (times[i] - times[i - 1]));
    }
    assert.ok(Math.max(...rates) > 0);
    const [now] = (await place.ask("/stats/web.requests?exact="))["web.requests"];
    assert.ok(totals.at(-1) <= now);
    assert.match(page.url(), /flip=web\.requests/);
  },
  { address: link("web.requests") },
);

const three = async (place) => {
  for (const seed of "123") await place.publish("--seed", seed, "--still");
};

pageTest(
  "one line per process, or sum, avg, min, max",
  three,
  async (page, place) => {
    await shows(page, "web.memory");
    await page.waitForFunction(() => window.plotOf("web.memory").series.length === 4);
    const values = (await place.ask("/stats/web.memory"))["web.memory"];
    const last = () =>
      page.evaluate(() =>
        window
          .plotOf("web.memory")
          .data.slice(1)
          .map((line) => line.at(-1)),
      );
    assert.deepEqual((await last()).sort(), [...values].sort());
    const sum = values.reduce((a, b) => a + b, 0);
    const expected = { sum, avg: sum / 3, min: Math.min(...values), max: Math.max(...values) };
    for (const [mode, value] of Object.entries(expected)) {
      await page.locator("#mode span", { hasText: mode }).click();
      await page.waitForFunction((v) => window.plotOf("web.memory")?.data[1].at(-1) === v, value);
      assert.match(page.url(), new RegExp(`mode=${mode}`));
    }
    assert.match(await page.textContent(".legend"), /max.*of 3/);
  },
  { address: link("web.memory") },
);

pageTest(
  "a rolling average is smoother",
  one,
  async (page) => {
    await shows(page, "web.in_flight");
    while ((await grows(page, "web.in_flight")) < 40);
    await page.click("#pause");
    const line = () => page.evaluate(() => [...window.plotOf("web.in_flight").data[1]]);
    const values = await line();
    await page.selectOption("#smooth", "10");
    // anywhere: the mean of the last ones may be the last one
    await page.waitForFunction((v) => window.plotOf("web.in_flight").data[1].some((y, i) => y !== v[i]), values);
    const mean = values.slice(-10).reduce((a, b) => a + b, 0) / 10;
    assert.ok(Math.abs((await line()).at(-1) - mean) < 1e-9);
  },
  { address: link("web.in_flight") },
);

pageTest(
  "zoom and cursor are those of all charts",
  one,
  async (page) => {
    await shows(page, "web.memory");
    while ((await grows(page, "web.memory")) < 30);
    await page.click("#pause");
    const box = await page.locator(".u-over").first().boundingBox();
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width * 0.5, y);
    await page.waitForFunction(() => window.plots.every((plot) => plot.cursor.left > 0));
    await page.waitForFunction(() => /:\d\d\.\d{3}$/.test(document.getElementById("at").textContent));
    await page.mouse.move(box.x + box.width * 0.6, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.9, y, { steps: 5 });
    await page.mouse.up();
    await page.waitForSelector("#unzoom:visible");
    const ranges = () => page.evaluate(() => window.plots.map((plot) => [plot.scales.x.min, plot.scales.x.max].join()));
    await page.waitForFunction(() => new Set(window.plots.map((plot) => plot.scales.x.min)).size === 1);
    const zoomed = await ranges();
    assert.equal(zoomed.length, 2);
    await page.keyboard.press("Escape");
    await page.waitForFunction(
      (was) => window.plots.every((p) => [p.scales.x.min, p.scales.x.max].join() !== was),
      zoomed[0],
    );
    assert.equal(await page.isVisible("#unzoom"), false);
  },
  { address: link("web.memory", "web.latency") },
);

// --- what goes wrong -------------------------------------------------------------------------------------------------

pageTest(
  "a process that ended stays, and is marked by more than a colour",
  three,
  async (page, place) => {
    await page.waitForFunction(() => window.plotOf("web.memory")?.series.length === 4);
    const victim = await place.publish("--seed", "9");
    await page.waitForFunction(() => window.plotOf("web.memory").series.length === 5);
    await place.kill(victim);
    const legend = page.locator(".legend li", { hasText: String(victim.pid) });
    await legend.filter({ hasText: "ended" }).waitFor();
    assert.equal(await page.evaluate(() => window.plotOf("web.memory").series.filter((line) => line.dash).length), 1);
    assert.equal(await page.locator(".legend li").count(), 4);
    await page.click("#processes summary");
    await page
      .locator("#processes tr", { hasText: String(victim.pid) })
      .filter({ hasText: "✕ ended" })
      .waitFor();
    assert.match(await page.textContent("#status-text"), /1 ended/);
  },
  { address: link("web.memory") },
);

const REFUSED = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/;

pageTest(
  "mmash goes and comes back: the page says so, and goes on",
  one,
  async (page, place) => {
    await shows(page, "web.requests");
    await grows(page, "web.requests");
    await place.kill(place.mmash);
    await page.locator("#gone", { hasText: "does not answer" }).waitFor();
    assert.equal(await page.getAttribute("#status", "data-state"), "gone");
    const before = await page.evaluate(() => window.plotOf("web.requests").data[0].length);
    await place.serve();
    await page.waitForFunction(() => document.getElementById("gone").hidden);
    assert.ok((await grows(page, "web.requests")) > before);
    assert.equal(await page.evaluate(() => window.plotOf("web.requests").series.length), 2); // the same line
  },
  { address: link("web.requests"), expected: REFUSED },
);

pageTest(
  "pausing asks for nothing",
  one,
  async (page, place) => {
    await shows(page, "web.requests");
    const streams = async () => (await place.ask("/stats/mmash.streams?exact="))["mmash.streams"][0];
    const until = async (wanted) => {
      const end = Date.now() + PATIENCE;
      while ((await streams()) !== wanted) assert.ok(Date.now() < end, `${await streams()} streams, not ${wanted}`);
    };
    await until(1);
    await page.locator("#charts").focus();
    await page.keyboard.press("Space");
    await until(0);
    assert.equal(await page.textContent("#pause"), "Go on");
    await page.keyboard.press("Space");
    await until(1);
    await grows(page, "web.requests");
  },
  { address: link("web.requests") },
);

pageTest(
  "hostile labels, units, helps and texts are texts",
  (place) => place.publish(...HOSTILE.flatMap((l) => ["-l", l])),
  async (page) => {
    for (const label of HOSTILE) {
      const text = label.replace("\u202e", "\\u202e").replace("\n", "\\n").replace("\u0007", "\\x07");
      for (const shown of [text, `text ${text}`]) {
        const at = page.locator(`.row-name`).getByText(shown, { exact: true });
        await at.click();
        await at.hover();
      }
      await page.locator(".card-name").getByText(text, { exact: true }).waitFor();
      await page.locator("#texts tbody th").getByText(`text ${text}`, { exact: true }).waitFor();
    }
    assert.equal((await cards(page)).length, HOSTILE.length);
    await page.fill("#search", HOSTILE[0]);
    await page.waitForFunction(() => document.querySelectorAll(".row mark").length > 0);
    await page.reload();
    await page.waitForFunction((n) => document.querySelectorAll(".card .plot canvas").length === n, HOSTILE.length);
    assert.equal(await page.inputValue("#search"), HOSTILE[0]);
    const found = await page.evaluate(() => ["img", "script", "b"].map((tag) => document.querySelectorAll(tag).length));
    assert.deepEqual(found, [1, 3, 0]); // the page's own
  },
);

pageTest(
  "a hostile address is harmless",
  one,
  async (page) => {
    await page.waitForFunction(() => /No file has this metric/.test(document.getElementById("board").textContent));
    assert.equal(await page.inputValue("#every"), "1000");
    assert.equal(await page.isChecked("#mode [value=lines]"), true);
  },
  {
    address:
      "/#m=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&m=%ff&mode=__proto__&every=1&points=1e9&q=%3Cscript%3E&smooth=x",
  },
);

pageTest(
  "a script or style that is none of the page's own does not run",
  one,
  async (page) => {
    const ran = await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "window.ran = true";
      document.head.append(script);
      const holder = document.createElement("div");
      holder.innerHTML = '<img src="/static/none" onerror="window.ran = true">';
      document.body.append(holder);
      return new Promise((resolve) => setTimeout(() => resolve(window.ran === true), 200));
    });
    assert.equal(ran, false);
    const broken = await page.evaluate(() => window.violations.splice(0).map((violation) => violation.split(" ")[0]));
    assert.ok(broken.includes("script-src-elem") && broken.includes("script-src-attr"), String(broken));
  },
  { expected: /Content Security Policy|404/ },
);

// --- what is kept ----------------------------------------------------------------------------------------------------

pageTest(
  "the address has what was chosen, for a reload and for somebody else",
  one,
  async (page) => {
    await shows(page, "web.memory");
    await page.selectOption("#every", "200");
    await page.selectOption("#points", "600");
    await page.selectOption("#smooth", "5");
    await page.locator("#mode span", { hasText: "avg" }).click();
    await page.locator("#only span", { hasText: "picked" }).click();
    await page.fill("#search", "mem");
    const seen = () =>
      page.evaluate(() => ({
        chosen: ["every", "points", "smooth", "search"].map((id) => document.getElementById(id).value),
        mode: document.querySelector("#mode :checked").value,
        only: document.querySelector("#only :checked").value,
        cards: [...document.querySelectorAll(".card-name")].map((name) => name.textContent),
        rows: [...document.querySelectorAll(".row-name")].map((name) => name.textContent),
      }));
    const chosen = await seen();
    assert.deepEqual(chosen.chosen, ["200", "600", "5", "mem"]);
    assert.deepEqual(chosen.rows, ["web.memory"]);
    await page.reload();
    await shows(page, "web.memory");
    await page.waitForFunction(() => document.querySelectorAll(".row").length === 1);
    assert.deepEqual(await seen(), chosen);
  },
  { address: "/#m=web.memory&m=web.state" },
);

pageTest("dark and light", one, async (page) => {
  const look = () =>
    page.evaluate(() => [document.documentElement.dataset.theme, getComputedStyle(document.body).backgroundColor]);
  await page.emulateMedia({ colorScheme: "light" });
  await page.waitForFunction(() => document.documentElement.dataset.theme === "light");
  const light = await look();
  await page.emulateMedia({ colorScheme: "dark" });
  await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
  assert.notEqual((await look())[1], light[1]);
  await page.click("#theme"); // light, whatever the system is
  assert.deepEqual(await look(), light);
  await page.reload();
  assert.deepEqual(await look(), light);
  await page.emulateMedia({ colorScheme: "light" });
  await page.keyboard.press("t"); // dark
  assert.equal((await look())[0], "dark");
  assert.notEqual((await look())[1], light[1]);
});

pageTest(
  "a phone shows all of it, one below the other",
  one,
  async (page) => {
    await shows(page, "web.requests");
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360);
    const card = await page.locator(".card").first().boundingBox();
    assert.ok(card.width > 320 && card.x + card.width <= 360, JSON.stringify(card));
    assert.equal(await page.isVisible("#list"), false);
    await page.click("#menu");
    await row(page, "web.memory").click();
    await page.waitForFunction(() => document.querySelectorAll(".card").length === 1);
  },
  { viewport: { width: 360, height: 740 } },
);

const many = async (place) => {
  for (const seed of "12345") await place.publish("--seed", seed, "--fields", "1000");
};

pageTest("of thousands of metrics, mmash is asked for what is in view", many, async (page) => {
  const asked = [];
  page.on("request", (request) => {
    if (request.url().includes("/events")) asked.push(new URL(request.url()).searchParams.getAll("field"));
  });
  await row(page, "app.part00.metric0000").waitFor();
  await page.focus("#list");
  await page.keyboard.press("End");
  await page.waitForFunction(() => document.querySelector(".row.active")?.textContent.includes("sys."));
  await page.fill("#search", "metric099*");
  await page.waitForFunction(() => document.querySelectorAll(".row").length === 10);
  await page.waitForFunction(() =>
    [...document.querySelectorAll(".row-value")].every((value) => value.textContent !== ""),
  );
  assert.ok((await page.locator("*").count()) < 1500);
  assert.ok(
    asked.length > 0 && asked.every((fields) => fields.length < 130),
    JSON.stringify(asked.map((f) => f.length)),
  );
  assert.ok(asked.some((fields) => fields.includes("app.part39.metric0999")));
});

pageTest(
  "help is a key away, and the keyboard reaches the cursor",
  one,
  async (page) => {
    await shows(page, "web.requests");
    await page.keyboard.press("?");
    await page.waitForSelector("#help:visible");
    await page.keyboard.press("Escape");
    await page.waitForSelector("#help", { state: "hidden" });
    while ((await grows(page, "web.requests")) < 5);
    await page.keyboard.press("Space");
    await page.locator(".card").focus();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await page.waitForFunction(() => /:\d\d\.\d{3}$/.test(document.getElementById("at").textContent));
  },
  { address: link("web.requests") },
);
