/* SPDX-License-Identifier: MIT */

#include "tools/common/spark.h"

#include <math.h>
#include <string.h>

enum { LEVELS = 8 };

static const char *const levels[][LEVELS] = {
    [MMS_SPARK_BLOCKS] = {"\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588"},
    [MMS_SPARK_ASCII] = {"_", ".", ":", "-", "=", "+", "*", "#"},
};

static size_t level_of(double number, double low, double high)
{
    double half = isinf(high - low) ? 0.5 : 1; /* the distance may be more than the greatest double */
    double range = half * high - half * low;
    return range > 0 ? (size_t)lround((half * number - half * low) / range * (LEVELS - 1)) : 0;
}

static char *put(char *out, const char *text)
{
    size_t size = strlen(text);
    memcpy(out, text, size + 1);
    return out + size;
}

size_t mms_spark_line(const double *numbers, size_t count, size_t columns, enum mms_spark style, char *out)
{
    size_t first = count > columns ? count - columns : 0;
    double low = 0, high = 0;
    char *at = out;

    *at = '\0';
    for (size_t i = first; i < count; i++)
        if (isfinite(numbers[i])) {
            low = fmin(low, numbers[i]);
            high = fmax(high, numbers[i]);
        }
    for (size_t i = count; i < columns; i++)
        at = put(at, " ");
    for (size_t i = first; i < count; i++)
        at = put(at, isfinite(numbers[i]) ? levels[style][level_of(numbers[i], low, high)] : " ");
    return (size_t)(at - out);
}
