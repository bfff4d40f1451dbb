/* SPDX-License-Identifier: MIT */

#include "tools/common/human.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Numbers below `below` are shown in `unit`s; the last step of a table goes on for ever. 999.5 is where three digits
 * would be rounded to 1000. */
struct step {
    double below, unit;
    const char *suffix;
};

static const struct step counts[] = {
    {999.5, 1, ""},      {999.5e3, 1e3, "k"},   {999.5e6, 1e6, "M"},   {999.5e9, 1e9, "G"},
    {999.5e12, 1e12, "T"}, {999.5e15, 1e15, "P"}, {999.5e18, 1e18, "E"}, {0, 0, NULL},
};

#define BINARY(power, suffix) {999.5 * (double)(UINT64_C(1) << (power)), (double)(UINT64_C(1) << (power)), suffix}
static const struct step bytes[] = {
    BINARY(0, ""),    BINARY(10, "Ki"), BINARY(20, "Mi"), BINARY(30, "Gi"),
    BINARY(40, "Ti"), BINARY(50, "Pi"), BINARY(60, "Ei"), {0, 0, NULL},
};

static const struct step seconds[] = {
    {999.5e-9, 1e-9, "ns"}, {999.5e-6, 1e-6, "us"}, {999.5e-3, 1e-3, "ms"},   {599.5, 1, "s"},
    {3595, 60, "min"},      {359500, 3600, "h"},    {999.5 * 86400, 86400, "d"}, {0, 0, NULL},
};

static const struct step *const tables[] = {
    [MMS_HUMAN_COUNT] = counts, [MMS_HUMAN_BYTES] = bytes, [MMS_HUMAN_SECONDS] = seconds};

static const struct {
    const char *unit;
    enum mms_human as;
} units[] = {
    {"bytes", MMS_HUMAN_BYTES},     {"byte", MMS_HUMAN_BYTES},     {"B", MMS_HUMAN_BYTES},
    {"seconds", MMS_HUMAN_SECONDS}, {"second", MMS_HUMAN_SECONDS}, {"s", MMS_HUMAN_SECONDS},
};

enum mms_human mms_human_of(struct mms_text unit)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strlen(units[i].unit) == unit.size && memcmp(units[i].unit, unit.data, unit.size) == 0)
            return units[i].as;
    return MMS_HUMAN_COUNT;
}

/* Of a number from 0 to 1000: as many behind the point as make three digits. */
static int decimals(double size, bool whole)
{
    return whole || size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3;
}

void mms_human_number(double number, enum mms_human as, char out[MMS_HUMAN_SIZE])
{
    const struct step *step = tables[as];
    double size = fabs(number);
    if (isnan(number)) {
        strcpy(out, "nan");
        return;
    }
    while (step->unit > 0 && size >= step->below)
        step++;
    bool plain = step->unit > 0 && strcmp(step->suffix, "") == 0;
    if (size == 0)
        strcpy(out, "0");
    else if (step->unit <= 0 || (plain && size < 0.0995) || size < 0.995e-9) /* too large, too small */
        snprintf(out, MMS_HUMAN_SIZE, size < 1e-99 || size >= 1e99 ? "%.1g" : "%.2g", number);
    else
        snprintf(out, MMS_HUMAN_SIZE, "%.*f%s", decimals(size / step->unit, plain && size == floor(size)),
                 number / step->unit, step->suffix);
}
