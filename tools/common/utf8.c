/* SPDX-License-Identifier: MIT */

#include "tools/common/utf8.h"

/* What may follow a first byte, by the table of well-formed UTF-8 in the Unicode standard: how many bytes, and between
 * which bounds the first of these is. */
struct lead {
    uint8_t from, to, more, low, high;
};

static const struct lead leads[] = {
    {0x00, 0x7f, 0, 0x00, 0x00}, {0xc2, 0xdf, 1, 0x80, 0xbf}, {0xe0, 0xe0, 2, 0xa0, 0xbf}, {0xe1, 0xec, 2, 0x80, 0xbf},
    {0xed, 0xed, 2, 0x80, 0x9f}, {0xee, 0xef, 2, 0x80, 0xbf}, {0xf0, 0xf0, 3, 0x90, 0xbf}, {0xf1, 0xf3, 3, 0x80, 0xbf},
    {0xf4, 0xf4, 3, 0x80, 0x8f},
};

static const struct lead *lead_of(uint8_t byte)
{
    for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++)
        if (byte >= leads[i].from && byte <= leads[i].to)
            return &leads[i];
    return NULL;
}

size_t mms_utf8_next(const char *text, size_t size, int32_t *character)
{
    const uint8_t *bytes = (const uint8_t *)text;
    const struct lead *lead = lead_of(bytes[0]);
    size_t at = 1;

    *character = MMS_UTF8_INVALID;
    if (lead == NULL)
        return 1;
    int32_t value = lead->more == 0 ? bytes[0] : bytes[0] & (0x3f >> lead->more);
    uint8_t low = lead->low, high = lead->high;
    for (; at <= lead->more; at++) {
        if (at == size || bytes[at] < low || bytes[at] > high)
            return at;
        value = value << 6 | (bytes[at] & 0x3f);
        low = 0x80;
        high = 0xbf;
    }
    *character = value;
    return at;
}
