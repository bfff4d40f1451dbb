/* SPDX-License-Identifier: MIT
 *
 * signature.c - type signatures (SPEC.md, section 3): one pass over the characters. */

#include "format/parse.h"

/* R305 */
#define VALUE_SIZE_MAX ((size_t)INT64_MAX)

static bool is_space(uint8_t character)
{
    return character == ' ' || (character >= '\t' && character <= '\r');
}

static bool is_digit(uint8_t character)
{
    return character >= '0' && character <= '9';
}

static const struct mms_code_row *code_row(uint8_t character)
{
    return character < 128 && mms_table_codes[character].known ? &mms_table_codes[character] : NULL;
}

struct mms_mark mms_take_mark(struct mms_cursor *signature, bool file_swapped)
{
    struct mms_mark mark = {.native = true, .swapped = file_swapped};
    struct mms_cursor in = *signature;
    uint8_t character;

    if (!mms_take_u8(&in, &character))
        return mark;
    switch (character) {
    case '@':
        break;
    case '=':
        mark.native = false;
        break;
    case '<':
        mark.native = false;
        mark.swapped = MMS_ORDER_NATIVE != MMS_ORDER_LITTLE;
        break;
    case '>':
    case '!':
        mark.native = false;
        mark.swapped = MMS_ORDER_NATIVE != MMS_ORDER_BIG;
        break;
    default: /* no mark: the character stays */
        return mark;
    }
    *signature = in;
    return mark;
}

static uint64_t append_digit(uint64_t count, uint8_t digit)
{
    uint64_t more;
    if (__builtin_mul_overflow(count, 10, &more) || __builtin_add_overflow(more, (uint64_t)(digit - '0'), &more))
        return UINT64_MAX;
    return more;
}

int mms_take_code(struct mms_cursor *in, bool native, struct mms_code *code, size_t *left, enum mms_rule *rule)
{
    uint8_t character;
    do {
        *left = in->left;
        if (!mms_take_u8(in, &character))
            return 0;
    } while (is_space(character));

    bool counted = is_digit(character);
    uint64_t count = counted ? 0 : 1;
    while (is_digit(character)) {
        count = append_digit(count, character);
        if (!mms_take_u8(in, &character))
            character = '\0'; /* no code, like the end */
    }

    const struct mms_code_row *row = code_row(character);
    if (row == NULL) {
        *rule = counted ? MMS_RULE_SIGNATURE_COUNT : MMS_RULE_SIGNATURE_CODE;
        return -EBADMSG;
    }
    if (!native && !row->standard_known) {
        *left = in->left + 1;
        *rule = MMS_RULE_SIGNATURE_CODE;
        return -EBADMSG;
    }
    code->type = native ? row->native : row->standard;
    code->size = row->counted ? count : mms_table_types[code->type].size;
    code->count = row->counted ? 1 : count;
    code->align = (native || MMS_BUG == MMS_BUG_ALIGN) && !row->counted ? code->size : 1;
    return 1;
}

/* Puts the items of a code behind those that reach to *size. False when they reach past VALUE_SIZE_MAX (R305). */
static bool append_items(size_t *size, const struct mms_code *code)
{
    size_t bytes;
    size_t end = mms_align_up(*size, code->align); /* *size is below 2^63, so this does not wrap */
    if ((__builtin_mul_overflow(code->size, code->count, &bytes) && MMS_BUG != MMS_BUG_OVERFLOW) ||
        __builtin_add_overflow(end, bytes, &end) || end > VALUE_SIZE_MAX)
        return false;
    *size = end;
    return true;
}

/* One native code of a fixed size, perhaps behind spaces: what nearly every field of version 1 has. False: it is
 * something else, or malformed. */
static bool parse_scalar(struct mms_text text, bool file_swapped, struct mms_signature *out)
{
    size_t at = 0;
    while (at < text.size && text.data[at] == ' ')
        at++;
    if (text.size - at != 1)
        return false;
    const struct mms_code_row *row = code_row((uint8_t)text.data[at]);
    if (row == NULL || row->counted || row->native == MMS_TYPE_PAD)
        return false;
    size_t size = mms_table_types[row->native].size;
    *out = (struct mms_signature){.size = size, .items = 1, .align = size, .type = row->native, .native = true,
                                  .swapped = file_swapped};
    return true;
}

int mms_signature_parse(struct mms_text text, bool file_swapped, struct mms_signature *out, struct mms_diag *diag)
{
    if (parse_scalar(text, file_swapped, out))
        return 0;
    struct mms_cursor in = {(const uint8_t *)text.data, text.size};
    struct mms_mark mark = mms_take_mark(&in, file_swapped);
    struct mms_signature found = {.align = 1, .native = mark.native, .swapped = mark.swapped};
    struct mms_code code;
    enum mms_rule rule;
    size_t left;
    int got;

    while ((got = mms_take_code(&in, mark.native, &code, &left, &rule)) > 0) {
        if (!append_items(&found.size, &code))
            return mms_fail(diag, MMS_RULE_SIGNATURE_SIZE, text.size - left);
        if (code.type != MMS_TYPE_PAD && code.count > 0) {
            found.type = found.items == 0 && code.count == 1 ? code.type : MMS_TYPE_PAD;
            found.items += code.count;
        }
        if (code.align > found.align)
            found.align = code.align;
    }
    if (got < 0)
        return mms_fail(diag, rule, text.size - left);
    if (found.items == 0)
        return mms_fail(diag, MMS_RULE_SIGNATURE_NO_ITEM, 0);
    *out = found;
    return 0;
}
