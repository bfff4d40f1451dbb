/* SPDX-License-Identifier: MIT
 *
 * histogram.c - buckets of a file (R417), and those that are printed.
 *
 * Which bounds are printed depends on the parameters alone, not on the counts: only then can buckets of several
 * processes and hosts be added. Where there are more than METRICS_BUCKETS, powers of two are cut into fewer pieces;
 * each printed bound is one of the file's, so that no count is a guess. */

#include <math.h>

#include "tools/metrics/model.h"

static size_t buckets(unsigned sub_bits, unsigned max_bits)
{
    return ((size_t)1 << sub_bits) * (max_bits - sub_bits + 1) + 1;
}

/* The smallest sample that bucket i counts; modulo 2^64 for one behind the last. */
static uint64_t begin(size_t i, unsigned sub_bits)
{
    size_t linear = (size_t)1 << sub_bits;
    if (i < linear)
        return i;
    size_t power = (i - linear) >> sub_bits, sub = (i - linear) & (linear - 1);
    return (uint64_t)(linear + sub) << power;
}

/* The printed bucket in which bucket i of the file lies. */
static size_t printed(size_t i, unsigned file_bits, const struct metrics_bounds *bounds)
{
    unsigned bits = bounds->sub_bits;
    if (i + 1 == buckets(file_bits, bounds->max_bits))
        return bounds->count - 1;
    uint64_t sample = begin(i, file_bits);
    if (sample >> bits == 0)
        return (size_t)sample;
    unsigned power = 63 - (unsigned)__builtin_clzll(sample) - bits;
    return ((size_t)power << bits) + (size_t)(sample >> power);
}

uint64_t metrics_bound(const struct metrics_bounds *bounds, size_t bucket)
{
    size_t next = bucket + 1;
    if (next + 1 == bounds->count && bounds->max_bits == 64)
        return UINT64_MAX;
    return begin(next, bounds->sub_bits) - 1;
}

bool metrics_bounds_of(const struct mms_stat *stat, const struct metrics_unit *unit, struct metrics_bounds *bounds)
{
    double scale = stat->record->scale * (double)unit->factor / metrics_power(unit->decimals);
    unsigned bits = stat->record->sub_bits, max_bits = stat->record->max_bits;
    if (!isfinite(scale) || scale <= 0)
        return false;
    while (bits > 0 && buckets(bits, max_bits) > METRICS_BUCKETS)
        bits--;
    *bounds = (struct metrics_bounds){buckets(bits, max_bits), (uint8_t)bits, (uint8_t)max_bits, scale};
    return true;
}

/* Counts of several processes may go beyond 64 bits, where somebody writes nonsense; they stay there. */
static void add(uint64_t *count, uint64_t more)
{
    if (__builtin_add_overflow(*count, more, count))
        *count = UINT64_MAX;
}

bool metrics_histogram_add(struct metrics_model *model, struct metrics_series *series, const struct mms_stat *stat)
{
    const struct metrics_bounds *bounds = &series->family->bounds;
    if (series->histogram == NULL)
        series->histogram = metrics_alloc(&model->arena, sizeof *series->histogram + bounds->count * sizeof(uint64_t));
    if (series->histogram == NULL)
        return false;
    for (size_t i = 0; i < stat->count; i++)
        if (stat->values[i].u != 0)
            add(&series->histogram->counts[printed(i, stat->record->sub_bits, bounds)], stat->values[i].u);
    series->histogram->sum += (double)stat->sum * bounds->scale;
    series->count++;
    return true;
}
