/* SPDX-License-Identifier: MIT
 *
 * text.c - UTF-8, by RFC 3629's table. */

#include "fuzz/text.h"

#include "fuzz/fuzz.h"

/* Takes one character; what is none is a fault. */
static uint32_t take_character(const uint8_t **at, const uint8_t *end)
{
    static const struct {
        uint8_t mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (size_t more = 0; more < 4; more++) {
        if ((**at & forms[more].mask) != forms[more].lead)
            continue;
        uint32_t character = *(*at)++ & (uint32_t)(uint8_t)~forms[more].mask;
        for (size_t i = 0; i < more; i++) {
            require(*at < end && (**at & 0xc0) == 0x80);
            character = character << 6 | (*(*at)++ & 0x3f);
        }
        require(character >= forms[more].least && character <= 0x10ffff);
        require(character < 0xd800 || character > 0xdfff);
        return character;
    }
    abort();
}

void require_harmless(const char *text, size_t size)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + size;
    while (at < end) {
        uint32_t c = take_character(&at, end);
        require(c == '\n' || (c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0)));
        require(c != 0x61c && c != 0x200e && c != 0x200f);
        require(!(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069));
        require(c != 0xfeff && !(c >= 0xe0000 && c <= 0xe007f));
    }
}
