/* SPDX-License-Identifier: MIT
 *
 * text.c - UTF-8 and the lines of metadata. */

#include "format/parse.h"

/* --- UTF-8 ------------------------------------------------------------------------------------------------ */

/* Which first bytes begin a character of several bytes, how many, and what the second byte may be (RFC 3629). */
static const struct {
    uint8_t first, last, size, second_min, second_max;
} leads[] = {
    {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf}, {0xe1, 0xec, 3, 0x80, 0xbf},
    {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf}, {0xf0, 0xf0, 4, 0x90, 0xbf},
    {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

/* Bytes of the character at the front of size bytes: 2 to 4, or 1 for ASCII and for what is no UTF-8. */
static size_t character_size(const uint8_t *at, size_t size)
{
    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++) {
        if (at[0] < leads[i].first || at[0] > leads[i].last)
            continue;
        if (size < leads[i].size || at[1] < leads[i].second_min || at[1] > leads[i].second_max)
            return 1;
        for (size_t k = 2; k < leads[i].size; k++)
            if ((at[k] & 0xc0) != 0x80)
                return 1;
        return leads[i].size;
    }
    return 1;
}

/* A first byte is never a later byte of another character, so that the three bytes before max say it all. */
size_t mms_utf8_cut(const char *text, size_t size, size_t max)
{
    if (size <= max)
        return size;
    for (size_t back = 1; back <= 3 && back <= max; back++)
        if (character_size((const uint8_t *)text + (max - back), size - (max - back)) > back)
            return max - back;
    return max;
}

/* --- metadata (R418) -------------------------------------------------------------------------------------- */

/* R413: as any text, it ends before its first NUL. */
static size_t text_size(struct mms_text text)
{
    const char *nul = text.size != 0 ? memchr(text.data, '\0', text.size) : NULL;
    return nul != NULL ? (size_t)(nul - text.data) : text.size;
}

static bool has_key(struct mms_text line, const char *key, size_t key_size)
{
    return line.size > key_size && line.data[key_size] == '=' && memchr(key, '=', key_size) == NULL &&
           memcmp(line.data, key, key_size) == 0;
}

int mms_metadata_find(struct mms_text metadata, const char *key, struct mms_text *value)
{
    size_t size = text_size(metadata);
    size_t key_size = strlen(key);
    bool found = false;

    for (size_t at = 0; at < size;) {
        const char *line_feed = memchr(metadata.data + at, '\n', size - at);
        size_t end = line_feed != NULL ? (size_t)(line_feed - metadata.data) : size;
        struct mms_text line = {metadata.data + at, end - at};
        if (has_key(line, key, key_size)) {
            *value = (struct mms_text){line.data + key_size + 1, line.size - key_size - 1};
            found = true;
        }
        at = end + 1;
    }
    return found ? 0 : -ENOENT;
}

size_t mms_metadata_unescape(struct mms_text value, char *out, size_t capacity)
{
    size_t size = 0;
    for (size_t i = 0; i < value.size; i++) {
        char character = value.data[i];
        char next = character == '\\' && i + 1 < value.size ? value.data[i + 1] : '\0';
        if (next == 'n' || next == '\\') {
            character = next == 'n' ? '\n' : '\\';
            i++;
        }
        if (size < capacity)
            out[size] = character;
        size++;
    }
    if (size < capacity)
        out[size] = '\0';
    return size;
}
