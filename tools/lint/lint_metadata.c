/* SPDX-License-Identifier: MIT
 *
 * lint_metadata.c - the lines of a METADATA record (R418). */

#include <string.h>

#include "tools/lint/lint.h"

bool lint_next_line(struct mms_text *rest, struct mms_text *line)
{
    if (rest->size == 0)
        return false;
    const char *feed = memchr(rest->data, '\n', rest->size);
    size_t size = feed != NULL ? (size_t)(feed - rest->data) : rest->size;
    size_t taken = feed != NULL ? size + 1 : size;
    *line = (struct mms_text){rest->data, size};
    *rest = (struct mms_text){rest->data + taken, rest->size - taken};
    return true;
}

struct mms_text lint_metadata(const struct lint_look *look)
{
    struct mms_items items;
    struct mms_value value;
    mms_items_begin(&items, look->record, lint_at(look, look->record->values));
    if (mms_items_next(&items, &value) == 0)
        return (struct mms_text){NULL, 0};
    return value.text;
}

/* The offset of the first line that is wrong, or 0. */
static size_t first_line(const struct lint_look *look, bool (*is_wrong)(struct mms_text line))
{
    if (look->record->layout != MMS_LAYOUT_METADATA)
        return 0;
    struct mms_text text = lint_metadata(look), rest = text, line;
    while (lint_next_line(&rest, &line))
        if (is_wrong(line))
            return look->record->values + (size_t)(line.data - text.data);
    return 0;
}

static bool has_no_key(struct mms_text line)
{
    return memchr(line.data, '=', line.size) == NULL;
}

static bool has_new_key(struct mms_text line)
{
    static const char dimension[] = "label.";
    const char *equals = memchr(line.data, '=', line.size);
    size_t size = equals != NULL ? (size_t)(equals - line.data) : 0;
    if (equals == NULL || (size == 4 && (memcmp(line.data, "unit", 4) == 0 || memcmp(line.data, "help", 4) == 0)))
        return false;
    return size < sizeof dimension || memcmp(line.data, dimension, sizeof dimension - 1) != 0;
}

size_t lint_metadata_line(const struct lint_look *look)
{
    return first_line(look, has_no_key);
}

size_t lint_metadata_key(const struct lint_look *look)
{
    return first_line(look, has_new_key);
}
