/* SPDX-License-Identifier: MIT */

#include "tools/common/number.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS = 12 };

/* Takes the zeros off the end of what is between the point and the end. One digit behind the point may stay. */
static char *strip(char *point, char *end, int keep)
{
    while (end > point + 1 + keep && end[-1] == '0')
        end--;
    return end == point + 1 ? point : end;
}

/* Where "%g" changes to an exponent for 12 digits and above, this does for 12 and above, point and all: 1e+11. */
void mms_number_short(double number, char out[MMS_NUMBER_SIZE])
{
    if (isnan(number)) {
        strcpy(out, "nan");
        return;
    }
    int size = snprintf(out, MMS_NUMBER_SIZE, "%.*e", DIGITS - 1, number);
    char *e = strchr(out, 'e'), *point = strchr(out, '.');
    if (e == NULL || point == NULL) /* inf */
        return;
    int exponent = atoi(e + 1);
    if (exponent < -4 || exponent >= DIGITS - 1) {
        char *end = strip(point, e, 0);
        memmove(end, e, (size_t)(out + size - e) + 1);
        return;
    }
    size = snprintf(out, MMS_NUMBER_SIZE, "%.*f", exponent < DIGITS - 2 ? DIGITS - 1 - exponent : 1, number);
    point = strchr(out, '.');
    if (point != NULL)
        *strip(point, out + size, 1) = '\0';
}

void mms_number_exact(double number, char out[MMS_NUMBER_SIZE])
{
    if (isnan(number)) {
        strcpy(out, "nan");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, MMS_NUMBER_SIZE, "%.*g", digits, number);
        if (strtod(out, NULL) == number)
            break;
    }
    if (isfinite(number) && strpbrk(out, ".e") == NULL)
        strcat(out, ".0");
}

void mms_put_fixed(FILE *out, mms_wide number, unsigned decimals)
{
    char digits[48];
    size_t at = sizeof digits;
    bool negative = number < 0, shown = false;
    for (unsigned place = 0; number != 0 || place <= decimals; place++) {
        int digit = (int)(number % 10);
        number /= 10;
        if (place == decimals && shown)
            digits[--at] = '.';
        shown |= digit != 0 || place >= decimals;
        if (shown)
            digits[--at] = (char)('0' + (negative ? -digit : digit));
    }
    if (negative)
        fputc('-', out);
    fwrite(digits + at, 1, sizeof digits - at, out);
}

bool mms_number_parse(const char *text, double least, double most, double *number)
{
    char *end;
    if (text[0] == '+' || text[0] == '-' || text[strspn(text, "0123456789.eE+-")] != '\0')
        return false;
    double found = strtod(text, &end);
    if (end == text || *end != '\0' || !(found >= least && found <= most))
        return false;
    *number = found;
    return true;
}

bool mms_whole_parse(const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
    errno = 0;
    unsigned long long found = strtoull(text, NULL, 10);
    if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0' || errno != 0 || found < least || found > most)
        return false;
    *number = found;
    return true;
}
