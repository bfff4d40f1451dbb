/* SPDX-License-Identifier: MIT */

#include "tools/common/escape.h"

#include <string.h>
#include <utf8proc.h>

#include "format/bug.h"
#include "tools/common/utf8.h"

enum { NON_JOINER = 0x200c, JOINER = 0x200d };

static bool is_harmful(int32_t character)
{
    switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return true;
    case UTF8PROC_CATEGORY_CF:
        return character != NON_JOINER && character != JOINER;
    default:
        return false;
    }
}

/* One character as it comes out. */
struct piece {
    char text[16];
    size_t size, width;
};

/* Takes one character off the front of a text. */
static int32_t take(struct mms_text *text, struct mms_text *raw)
{
    int32_t character;
    size_t size = mms_utf8_next(text->data, text->size, &character);
    *raw = (struct mms_text){text->data, size};
    text->data += size;
    text->size -= size;
    return character;
}

static size_t escape_bytes(struct mms_text raw, char *out, size_t capacity)
{
    size_t size = 0;
    for (size_t i = 0; i < raw.size; i++)
        size += (size_t)snprintf(out + size, capacity - size, "\\x%02x", (unsigned)(uint8_t)raw.data[i]);
    return size;
}

static struct piece next_piece(struct mms_text *text)
{
    struct piece piece;
    struct mms_text raw;
    int32_t character = take(text, &raw);

    if (character != MMS_UTF8_INVALID && !is_harmful(character)) {
        memcpy(piece.text, raw.data, raw.size);
        piece.size = raw.size;
        piece.width = (size_t)utf8proc_charwidth(character);
        return piece;
    }
    if (character == MMS_UTF8_INVALID || raw.size == 1)
        piece.size = escape_bytes(raw, piece.text, sizeof piece.text);
    else
        piece.size = (size_t)snprintf(piece.text, sizeof piece.text, character > 0xffff ? "\\U%08x" : "\\u%04x",
                                      (unsigned)character);
    piece.width = piece.size;
    return piece;
}

void mms_put_escaped(FILE *out, struct mms_text text)
{
    while (text.size > 0) {
        struct piece piece = next_piece(&text);
        fwrite(piece.text, 1, piece.size, out);
    }
}

size_t mms_escaped_width(struct mms_text text)
{
    size_t width = 0;
    while (text.size > 0)
        width += next_piece(&text).width;
    return width;
}

enum { MARKS = 2 }; /* on one character */

static bool is_measured_variously(int32_t character)
{
    return character == NON_JOINER || character == JOINER || (character >= 0xfe00 && character <= 0xfe0f) ||
           (character >= 0xe0100 && character <= 0xe01ef);
}

size_t mms_put_escaped_columns(FILE *out, struct mms_text *text, size_t columns)
{
    size_t width = 0, marks = MARKS; /* none at the front, where there is nothing to put it on */
    while (text->size > 0) {
        struct mms_text rest = *text, raw, first = *text;
        int32_t character = take(&first, &raw);
        struct piece piece = next_piece(&rest);
        if (width + piece.width > columns)
            break;
        *text = rest;
        marks = piece.width > 0 ? 0 : marks + 1;
        if (marks > MARKS || is_measured_variously(character))
            continue;
        if (out != NULL)
            fwrite(piece.text, 1, piece.size, out);
        width += piece.width;
    }
    return width;
}

void mms_put_quoted(FILE *out, struct mms_text text, char quote)
{
    fputc(quote, out);
    while (text.size > 0) {
        bool special = text.data[0] == quote || text.data[0] == '\\';
        struct piece piece = next_piece(&text);
        if (special)
            fputc('\\', out);
        fwrite(piece.text, 1, piece.size, out);
    }
    fputc(quote, out);
}

void mms_put_csv(FILE *out, struct mms_text text)
{
    bool quote = false;
    for (size_t i = 0; i < text.size; i++)
        quote |= text.data[i] == '"' || (text.data[i] == ',' && MMS_BUG != MMS_BUG_QUOTE);
    if (text.size > 0) /* blanks at either end get lost elsewhere */
        quote |= text.data[0] == ' ' || text.data[text.size - 1] == ' ';
    if (quote)
        fputc('"', out);
    while (text.size > 0) {
        if (text.data[0] == '"')
            fputc('"', out);
        struct piece piece = next_piece(&text);
        fwrite(piece.text, 1, piece.size, out);
    }
    if (quote)
        fputc('"', out);
}

static void put_json_character(FILE *out, int32_t character, struct mms_text raw)
{
    if (character == MMS_UTF8_INVALID)
        fputs("\xef\xbf\xbd", out);
    else if (character == '"' || (character == '\\' && MMS_BUG != MMS_BUG_ESCAPE))
        fprintf(out, "\\%c", (char)character);
    else if (!is_harmful(character))
        fwrite(raw.data, 1, raw.size, out);
    else if (character <= 0xffff)
        fprintf(out, "\\u%04x", (unsigned)character);
    else
        fprintf(out, "\\u%04x\\u%04x", 0xd800 + (unsigned)((character - 0x10000) >> 10),
                0xdc00 + (unsigned)((character - 0x10000) & 0x3ff));
}

void mms_put_json(FILE *out, struct mms_text text)
{
    fputc('"', out);
    while (text.size > 0) {
        struct mms_text raw;
        int32_t character = take(&text, &raw);
        put_json_character(out, character, raw);
    }
    fputc('"', out);
}

size_t mms_text_mend(struct mms_text text, char *out)
{
    static const char replacement[] = {'\xef', '\xbf', '\xbd'};
    size_t size = 0;
    while (text.size > 0) {
        struct mms_text raw;
        if (take(&text, &raw) == MMS_UTF8_INVALID)
            raw = (struct mms_text){replacement, sizeof replacement};
        memcpy(out + size, raw.data, raw.size);
        size += raw.size;
    }
    return size;
}

void mms_put_exposition(FILE *out, struct mms_text text, bool quote)
{
    while (text.size > 0) {
        bool line_feed = text.data[0] == '\n';
        struct piece piece = next_piece(&text);
        if (line_feed)
            fputs("\\n", out);
        for (size_t i = 0; i < piece.size && !line_feed; i++) {
            if ((piece.text[i] == '\\' && (i == 0 || MMS_BUG != MMS_BUG_BYTES)) || (quote && piece.text[i] == '"'))
                fputc('\\', out);
            fputc(piece.text[i], out);
        }
    }
}

unsigned mms_text_flaws(struct mms_text text)
{
    unsigned flaws = 0;
    while (text.size > 0) {
        struct mms_text raw;
        int32_t character = take(&text, &raw);
        if (character == MMS_UTF8_INVALID)
            flaws |= MMS_TEXT_NO_UTF8;
        else if (is_harmful(character))
            flaws |= MMS_TEXT_HARMFUL;
    }
    return flaws;
}

struct mms_text mms_text_of(const char *string)
{
    return (struct mms_text){string, strlen(string)};
}
