/* SPDX-License-Identifier: MIT
 *
 * what.c - what a field is: its type, its unit, and what values of several files become. */

#include <string.h>

#include "tools/metrics/model.h"

/* --- kinds -------------------------------------------------------------------------------------------------------- */

static const struct {
    enum metrics_type type;
    enum metrics_how how;
    const char *unit; /* that the kind implies (SPEC.md, section 4); NULL: what metadata says */
} kinds[MMS_METRICS] = {
    [MMS_METRIC_UNKNOWN] = {METRICS_UNKNOWN, METRICS_SUM, NULL},
    [MMS_METRIC_GAUGE] = {METRICS_GAUGE, METRICS_SUM, NULL},
    [MMS_METRIC_COUNTER] = {METRICS_COUNTER, METRICS_SUM, NULL},
    [MMS_METRIC_INFO] = {METRICS_INFO, METRICS_SUM, ""},
    [MMS_METRIC_STATESET] = {METRICS_STATESET, METRICS_SUM, ""},
    [MMS_METRIC_HISTOGRAM] = {METRICS_UNKNOWN, METRICS_SUM, NULL}, /* of a number that is none */
    [MMS_METRIC_SUMMARY] = {METRICS_UNKNOWN, METRICS_SUM, NULL},
    [MMS_METRIC_TIMESTAMP] = {METRICS_GAUGE, METRICS_MAX, "seconds"},
    [MMS_METRIC_DURATION] = {METRICS_GAUGE, METRICS_MEAN, "seconds"},
};

/* --- units -------------------------------------------------------------------------------------------------------- */

/* Where a factor is a power of ten below 1, all units of that base count in the smallest of them: integers stay
 * exact. */
static const struct {
    const char *name, *base;
    uint64_t factor;
    unsigned decimals;
} units[] = {
    {"seconds", "seconds", 1000000000, 9},
    {"second", "seconds", 1000000000, 9},
    {"sec", "seconds", 1000000000, 9},
    {"s", "seconds", 1000000000, 9},
    {"milliseconds", "seconds", 1000000, 9},
    {"millisecond", "seconds", 1000000, 9},
    {"ms", "seconds", 1000000, 9},
    {"microseconds", "seconds", 1000, 9},
    {"microsecond", "seconds", 1000, 9},
    {"us", "seconds", 1000, 9},
    {"\xc2\xb5s", "seconds", 1000, 9}, /* micro sign */
    {"\xce\xbcs", "seconds", 1000, 9}, /* mu */
    {"nanoseconds", "seconds", 1, 9},
    {"nanosecond", "seconds", 1, 9},
    {"ns", "seconds", 1, 9},
    {"minutes", "seconds", 60000000000, 9},
    {"min", "seconds", 60000000000, 9},
    {"hours", "seconds", 3600000000000, 9},
    {"h", "seconds", 3600000000000, 9},
    {"days", "seconds", 86400000000000, 9},
    {"bytes", "bytes", 1, 0},
    {"byte", "bytes", 1, 0},
    {"B", "bytes", 1, 0},
    {"kB", "bytes", 1000, 0},
    {"MB", "bytes", 1000000, 0},
    {"GB", "bytes", 1000000000, 0},
    {"KiB", "bytes", 1 << 10, 0},
    {"MiB", "bytes", 1 << 20, 0},
    {"GiB", "bytes", 1 << 30, 0},
    {"ratio", "ratio", 100, 2},
    {"percent", "ratio", 1, 2},
    {"%", "ratio", 1, 2},
};

/* Of two processes' values a sum means nothing. Base units, as they are named after mapping. */
static const char *const not_additive[] = {"ratio", "celsius", "fahrenheit", "kelvin",
                                           "volts", "hertz", "meters_per_second"};

static bool is(struct mms_text text, const char *string)
{
    return strncmp(string, text.data, text.size) == 0 && string[text.size] == '\0';
}

static struct metrics_unit unit_of(struct mms_text name, char room[METRICS_UNIT_SIZE])
{
    struct metrics_unit unit = {.name = {room, 0}, .factor = 1, .adds = true};
    if (name.size == 0)
        return unit;
    for (size_t i = 0; i < sizeof units / sizeof units[0] && unit.name.size == 0; i++)
        if (is(name, units[i].name))
            unit = (struct metrics_unit){
                {units[i].base, strlen(units[i].base)}, units[i].factor, units[i].decimals, true};
    if (unit.name.size == 0 && name.size <= METRICS_UNIT_SIZE)
        unit.name.size = metrics_map(name, room);
    while (unit.name.size > 0 && unit.name.data[unit.name.size - 1] == '_')
        unit.name.size--;
    for (size_t i = 0; i < sizeof not_additive / sizeof not_additive[0]; i++)
        unit.adds &= !is(unit.name, not_additive[i]);
    return unit;
}

/* --- fields ------------------------------------------------------------------------------------------------------- */

static bool is_mean(const struct mms_stat *stat)
{
    uint16_t id = stat->record->id; /* 0 in version 1 */
    return id == MMS_ID_AVERAGE || id == MMS_ID_MOVING_AVERAGE || id == MMS_ID_TIMER;
}

struct metrics_what metrics_what_of(const struct mms_stat *stat, uint8_t kind, bool text,
                                    char room[METRICS_UNIT_SIZE])
{
    if (kind >= MMS_METRICS)
        kind = MMS_METRIC_UNKNOWN; /* R411 */
    if (text && kind != MMS_METRIC_STATESET)
        kind = MMS_METRIC_INFO;
    const char *implied = kinds[kind].unit;
    struct metrics_what what = {
        .type = kinds[kind].type,
        .how = kinds[kind].how,
        .unit = unit_of(implied != NULL ? (struct mms_text){implied, strlen(implied)} : stat->unit, room),
    };
    bool samples = stat->record->layout == MMS_LAYOUT_ARRAY;
    if (samples && what.type == METRICS_COUNTER)
        what.type = METRICS_UNKNOWN; /* recent values, each in another place the next time */
    if (what.type != METRICS_COUNTER && what.how == METRICS_SUM && (samples || is_mean(stat) || !what.unit.adds))
        what.how = METRICS_MEAN;
    if (stat->record->layout == MMS_LAYOUT_HISTOGRAM)
        what.type = METRICS_HISTOGRAM;
    return what;
}
