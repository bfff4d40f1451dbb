/* SPDX-License-Identifier: MIT
 *
 * text.c - texts and numbers as both formats have them. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/number.h"
#include "tools/metrics/model.h"

size_t metrics_map(struct mms_text text, char *out)
{
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (good || size > 0) /* a name that begins with _ is reserved */
            out[size++] = good ? c : '_';
    }
    return size;
}

double metrics_power(unsigned decimals)
{
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    return powers[decimals];
}

static const char *number_text(double number, char room[MMS_NUMBER_SIZE])
{
    if (isnan(number))
        return "NaN";
    if (isinf(number))
        return number > 0 ? "+Inf" : "-Inf";
    mms_number_exact(number, room);
    return room;
}

void metrics_put_float(FILE *out, double number)
{
    char room[MMS_NUMBER_SIZE];
    fputs(number_text(number, room), out);
}

/* What OpenMetrics calls canonical: 1e+06, not 1000000.0. */
void metrics_bound_text(double number, char *out, size_t size)
{
    char room[MMS_NUMBER_SIZE];
    snprintf(out, size, "%.0e", number);
    if (!(number >= 1e6) || isinf(number) || strtod(out, NULL) != number)
        snprintf(out, size, "%s", number_text(number, room));
}
