/* SPDX-License-Identifier: MIT
 *
 * lint_dump.c - all bytes of a file from the first to the last, each in one part, with what it means. */

#include <assert.h>
#include <stdio.h>

#include "format/bug.h"
#include "tools/common/output.h"
#include "tools/common/value.h"
#include "tools/lint/lint.h"

enum { MEANING = 96 };

/* `at` only moves forward, by the bytes that were shown: so there is no gap, and nothing comes twice. */
struct dump {
    const struct lint_file *file;
    const struct lint_format *format;
    size_t at;
};

static const uint8_t *here(const struct dump *dump)
{
    return dump->file->data + dump->at;
}

static void put(struct dump *dump, size_t size, const char *meaning, const struct mms_value *value)
{
    struct lint_part part = {dump->at, size, meaning, value};
    if (size == 0 || !mms_output_works())
        return;
    dump->format->part(dump->file, &part);
    dump->at += size;
}

static void put_up_to(struct dump *dump, size_t end, const char *meaning)
{
    if (end > dump->at)
        put(dump, end - dump->at, meaning, NULL);
}

static uint64_t put_number(struct dump *dump, size_t size, const char *meaning)
{
    struct mms_value value = {.type = MMS_TYPE_U64, .u = lint_number(here(dump), size, dump->file->scan.swapped)};
    put(dump, size, meaning, &value);
    return value.u;
}

static void put_text(struct dump *dump, struct mms_text text, const char *meaning)
{
    struct mms_value value = {.type = MMS_TYPE_TEXT, .text = text};
    put(dump, text.size, meaning, &value);
}

/* --- values ------------------------------------------------------------------------------------------------------- */

/* The elementary values of a slot, and what is between them. */
static void put_slot(struct dump *dump, const struct mms_record *record, const char *meaning)
{
    size_t begin = dump->at, number = 0;
    struct mms_items items;
    struct mms_value value;
    char text[MEANING];

    mms_items_begin(&items, record, here(dump));
    while (mms_items_next(&items, &value) && mms_output_works()) {
        if (record->items > 1)
            snprintf(text, sizeof text, "%s, item %zu, %s", meaning, number++, mms_type_name(value.type));
        else
            snprintf(text, sizeof text, "%s, %s", meaning, mms_type_name(value.type));
        put_up_to(dump, begin + items.at - items.item_size, "skipped (R305, R306)");
        put(dump, items.item_size, text, &value);
    }
    put_up_to(dump, begin + record->value_size, "skipped (R305, R306)");
}

/* The write buffer byte and the values; `shown` is the number of the one that readers take. */
static void put_values(struct dump *dump, const struct mms_record *record, size_t shown)
{
    char text[MEANING];

    if (record->slots == 1) {
        put_slot(dump, record, "value");
        return;
    }
    for (size_t i = 0; i < record->slots; i++) {
        snprintf(text, sizeof text, "value %zu%s", i, i == shown ? ", shown" : "");
        put_slot(dump, record, text);
    }
}

static size_t put_write_buffer(struct dump *dump, const struct mms_record *record)
{
    struct lint_look look = {record, dump->file->data + record->offset, dump->file->scan.version,
                             dump->file->scan.swapped};
    size_t shown = lint_shown(&look);
    char text[MEANING];

    if (record->slots == 1)
        snprintf(text, sizeof text, "write buffer: one value (R206)");
    else
        snprintf(text, sizeof text, "write buffer: readers take value %zu (%s)", shown,
                 record->sequence != 0 ? "R416, by the sequence" : look.version == 1 ? "R206" : "R406");
    put_number(dump, 1, text);
    return shown;
}

/* --- version 1 ---------------------------------------------------------------------------------------------------- */

static void put_record_v1(struct dump *dump, const struct mms_record *record)
{
    put_number(dump, 2, "label size");
    put_text(dump, record->label, "label");
    put_number(dump, 2, "size of the type signature");
    put_text(dump, record->signature, "type signature");
    size_t shown = put_write_buffer(dump, record);
    put_values(dump, record, shown);
}

/* --- version 2 ---------------------------------------------------------------------------------------------------- */

static void put_header_v2(struct dump *dump, const struct mms_record *record)
{
    char text[MEANING];
    put_number(dump, 4, "field size");
    put_number(dump, 2, "label size");
    put_text(dump, record->label, "label");
    snprintf(text, sizeof text, "data type: %s", mms_id_name(record->id));
    put_number(dump, 2, text);
    snprintf(text, sizeof text, "metric type: %s%s", mms_metric_name(record->metric),
             record->flags & MMS_FLAG_SEQUENCE ? ", flag SEQUENCE" : "");
    put_number(dump, 2, text);
}

static void put_array(struct dump *dump, const struct mms_record *record)
{
    char text[MEANING];
    uint64_t write_offset = put_number(dump, 2, "write offset");
    put_number(dump, 2, "array size");
    for (size_t i = 0; i < record->slots; i++) {
        snprintf(text, sizeof text, "slot %zu%s", i, i == write_offset ? ", being written, never shown" : "");
        put_slot(dump, record, text);
    }
}

static void put_histogram(struct dump *dump, const struct mms_record *record)
{
    struct mms_value scale = {.type = MMS_TYPE_F64, .f = record->scale};
    char text[MEANING];

    put_number(dump, 1, "sub_bits");
    put_number(dump, 1, "max_bits");
    put_number(dump, 2, "nothing");
    put_number(dump, 4, "bucket_count");
    put(dump, 8, "scale", &scale);
    put_number(dump, 8, "sum of the samples");
    for (size_t i = 0; i < record->slots; i++) {
        snprintf(text, sizeof text, "bucket %zu, from %.12g on", i, mms_bucket_begin(record, i));
        put_slot(dump, record, text);
    }
}

static void put_metadata(struct dump *dump, const struct mms_record *record)
{
    struct lint_look look = {record, dump->file->data + record->offset, 2, dump->file->scan.swapped};
    struct mms_text rest = lint_metadata(&look), line;
    while (lint_next_line(&rest, &line)) {
        struct mms_value value = {.type = MMS_TYPE_TEXT, .text = line};
        size_t feed = rest.data > line.data + line.size ? 1 : 0;
        put(dump, line.size + feed, "line", &value);
    }
    put_up_to(dump, record->values + record->value_size, "behind the text's end");
}

static void put_body_v2(struct dump *dump, const struct mms_record *record)
{
    switch (record->layout) {
    case MMS_LAYOUT_PADDING:
    case MMS_LAYOUT_OPAQUE:
        put_up_to(dump, record->offset + record->size, "body: skipped (R411, R412)");
        return;
    case MMS_LAYOUT_METADATA:
        put_metadata(dump, record);
        return;
    case MMS_LAYOUT_ARRAY:
        put_array(dump, record);
        return;
    case MMS_LAYOUT_HISTOGRAM:
        put_histogram(dump, record);
        return;
    case MMS_LAYOUT_WIDE:
        put_number(dump, 4, "size of each text");
        break;
    case MMS_LAYOUT_STRUCT:
        put_number(dump, 2, "size of the type signature");
        put_text(dump, record->signature, "type signature");
        break;
    case MMS_LAYOUT_UNBUFFERED:
    case MMS_LAYOUT_BUFFERED:
    case MMS_LAYOUT_STRING:
        break;
    }
    size_t shown = record->slots == 2 ? put_write_buffer(dump, record) : 0;
    put_values(dump, record, shown);
}

static void put_record_v2(struct dump *dump, const struct mms_record *record)
{
    put_header_v2(dump, record);
    put_body_v2(dump, record);
    if (record->tail > 0 && record->layout != MMS_LAYOUT_PADDING && record->layout != MMS_LAYOUT_OPAQUE &&
        MMS_BUG != MMS_BUG_TAIL)
        put(dump, record->tail, "behind the body: ignored (R411)", NULL);
    if (record->sequence != 0)
        put_number(dump, 8, "sequence (R408)");
}

/* --- what is no record -------------------------------------------------------------------------------------------- */

/* What each record begins with; size 0: as many bytes as the number before says. */
struct step {
    size_t size;
    const char *meaning;
};

static const struct step steps_v1[] = {
    {2, "label size"}, {0, "label"}, {2, "size of the type signature"}, {0, "type signature"}, {1, "write buffer"}};
static const struct step steps_v2[] = {
    {4, "field size"}, {2, "label size"}, {0, "label"}, {2, "data type"}, {2, "metric type"}};

static_assert(sizeof steps_v1 == sizeof steps_v2, "one loop goes through either");

/* A record that is broken: its parts up to the place, and from there to where the next one begins. */
static void put_broken(struct dump *dump, const struct mms_diag *diag, size_t end)
{
    const struct step *steps = dump->file->scan.version == 1 ? steps_v1 : steps_v2;
    size_t place = (size_t)diag->offset, number = 0;
    char text[2 * MEANING];

    for (size_t i = 0; i < sizeof steps_v1 / sizeof steps_v1[0]; i++) {
        size_t size = steps[i].size > 0 ? steps[i].size : number;
        if (dump->at > place || place - dump->at < size)
            break;
        if (steps[i].size > 0)
            number = (size_t)put_number(dump, size, steps[i].meaning);
        else
            put_text(dump, (struct mms_text){(const char *)here(dump), size}, steps[i].meaning);
    }
    put_up_to(dump, place, "up to where the record is broken");
    snprintf(text, sizeof text, "broken (R%d): %s", diag->rule, mms_rule_text(diag->rule));
    put_up_to(dump, end, text);
}

static void put_end(struct dump *dump, uint8_t version)
{
    static const char *const ends[] = {
        [1] = "label size 0: the list ends (R201)", [2] = "field size 0: the list ends (R401)"};
    size_t left = dump->file->size - dump->at, size = version == 1 ? 2 : 4;
    if (left < size)
        put(dump, left, "too few bytes for a record: the list ends", NULL);
    else
        put(dump, size, ends[version], NULL);
    put_up_to(dump, dump->file->size, "behind the end: not looked at");
}

void lint_dump(const struct lint_file *file, const struct lint_format *format)
{
    struct dump dump = {file, format, 0};
    struct mms_scan scan;
    struct mms_record record;
    struct mms_diag diag;
    bool ends = true;
    int got;

    format->parts(file);
    /* the order is the one in which the file was checked */
    bool little = (MMS_ORDER_NATIVE == MMS_ORDER_LITTLE) != file->scan.swapped;
    if (mms_scan_begin(&scan, file->data, file->size, little ? MMS_ORDER_LITTLE : MMS_ORDER_BIG, &diag) < 0) {
        put_broken(&dump, &diag, file->size);
        return;
    }
    put_number(&dump, 1, "version");
    while ((got = mms_scan_next(&scan, &record, &diag)) != 0 && mms_output_works()) {
        if (got < 0) {
            ends = !scan.ended;
            put_broken(&dump, &diag, scan.ended ? file->size : scan.offset);
        } else if (scan.version == 1) {
            put_record_v1(&dump, &record);
        } else {
            put_record_v2(&dump, &record);
        }
    }
    if (ends && mms_output_works())
        put_end(&dump, scan.version);
}
