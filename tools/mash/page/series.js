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

/** Mean of the last `width` samples that are there. */
export function smooth(values, width) {
  if (width <= 1) return values;
  const out = new Float64Array(values.length).fill(NaN);
  for (let i = 0, sum = 0, count = 0; i < values.length; i++) {
    // What leaves the window; a gap ends it, so that a line does not begin with another one's past.
    if (Number.isNaN(values[i])) {
      sum = count = 0;
      continue;
    }
    sum += values[i];
    count++;
    if (count > width) {
      sum -= values[i - width];
      count = width;
    }
    out[i] = sum / count;
  }
  return out;
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
