// SPDX-License-Identifier: MIT
//
// series.js - what a chart draws of the history: values or rates, smoothed or not, with null where there is nothing.

/** Change per second. A counter that goes down has begun anew: nothing is known of that moment. */
export function toRates(values, times, counter) {
  const out = new Float64Array(values.length).fill(NaN);
  for (let i = 1; i < values.length; i++) {
    const change = values[i] - values[i - 1];
    if (!counter || change >= 0) out[i] = change / (times[i] - times[i - 1]);
  }
  return out;
}

/** Mean of the last `width` samples that are there. A gap ends it: a line does not begin with another one's past. */
export function smooth(values, width) {
  if (width <= 1) return values;
  const out = new Float64Array(values.length).fill(NaN);
  for (let start = 0; start < values.length; start++) {
    if (Number.isNaN(values[start])) continue;
    let end = start;
    while (end < values.length && !Number.isNaN(values[end])) end++;
    smoothRun(values, out, start, end, width);
    start = end;
  }
  return out;
}

/** Sums are of blocks as wide as the window, from either end: each window is a tail and a head, and nothing has to be
 * subtracted, which would leave a trace of large values in small ones for ever. */
function smoothRun(values, out, start, end, width) {
  const tails = new Float64Array(width + 1); // of the block before: the sum of its last so many
  for (let block = start; block < end; block += width) {
    const stop = Math.min(block + width, end);
    for (let i = block, head = 0; i < stop; i++) {
      head += values[i];
      const before = block === start ? 0 : width - 1 - (i - block);
      out[i] = (head + tails[before]) / (before + i - block + 1);
    }
    for (let i = 1; i <= stop - block; i++) tails[i] = tails[i - 1] + values[stop - i];
  }
}

/** For uPlot, which takes null for a gap. */
export function toPlain(values) {
  const out = new Array(values.length);
  for (let i = 0; i < values.length; i++) out[i] = Number.isFinite(values[i]) ? values[i] : null;
  return out;
}

/** The last number that is there. */
export function lastOf(values) {
  for (let i = values.length - 1; i >= 0; i--) if (values[i] !== null) return values[i];
  return null;
}
