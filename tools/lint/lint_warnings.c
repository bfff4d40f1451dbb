/* SPDX-License-Identifier: MIT
 *
 * lint_warnings.c - what is allowed, or no decoder's to refuse, but a mistake in most files: one table, and a test for
 * each row that one record shows. */

#include <math.h>
#include <string.h>

#include "tools/common/escape.h"
#include "tools/lint/lint.h"

enum { LINE = 64 /* bytes of a processor's cache line */ };

/* --- what the tests are made of ----------------------------------------------------------------------------------- */

const uint8_t *lint_at(const struct lint_look *look, size_t offset)
{
    return look->bytes + (offset - look->record->offset);
}

uint64_t lint_number(const uint8_t *bytes, size_t size, bool swapped)
{
    bool little = (MMS_ORDER_NATIVE == MMS_ORDER_LITTLE) != swapped;
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | bytes[little ? size - 1 - i : i];
    return number;
}

bool lint_ends_with(struct mms_text label, const char *end)
{
    size_t size = strlen(end);
    return label.size >= size && memcmp(label.data + label.size - size, end, size) == 0;
}

static bool is_skipped(const struct mms_record *record)
{
    return record->layout == MMS_LAYOUT_PADDING || record->layout == MMS_LAYOUT_OPAQUE;
}

static bool has_buffers(const struct mms_record *record)
{
    return record->slots == 2 && record->layout != MMS_LAYOUT_ARRAY && record->layout != MMS_LAYOUT_HISTOGRAM;
}

static bool is_number(enum mms_type type)
{
    enum mms_class of = mms_class_of(type);
    return of == MMS_CLASS_INT || of == MMS_CLASS_UINT || of == MMS_CLASS_FLOAT;
}

static uint64_t sequence_of(const struct lint_look *look)
{
    return lint_number(lint_at(look, look->record->sequence), 8, look->swapped);
}

/* An unbuffered u64 in the file's own order, 8-aligned: what a version 1 file's sequence and generation are. */
static bool is_plain_u64(const struct lint_look *look)
{
    const struct mms_record *record = look->record;
    return record->layout == MMS_LAYOUT_UNBUFFERED && record->type == MMS_TYPE_U64 && record->value_size == 8 &&
           record->swapped == look->swapped && record->values % 8 == 0;
}

bool lint_is_generation(const struct lint_look *look)
{
    const struct mms_record *record = look->record;
    if (look->version == 2)
        return record->id == MMS_ID_GENERATION;
    return is_plain_u64(look) && lint_ends_with(record->label, MMS_LABEL_GENERATION);
}

size_t lint_shown(const struct lint_look *look)
{
    const struct mms_record *record = look->record;
    if (!has_buffers(record))
        return 0;
    if (record->sequence != 0)
        return sequence_of(look) % 2;
    return (*lint_at(look, record->write_buffer) & 1) ^ 1;
}

/* Where the first elementary value that readers are shown and that is wrong begins, or 0. */
static size_t first_value(const struct lint_look *look, bool (*is_wrong)(const struct mms_value *value, uint8_t byte))
{
    const struct mms_record *record = look->record;
    if (is_skipped(record) || record->layout == MMS_LAYOUT_ARRAY || record->layout == MMS_LAYOUT_HISTOGRAM)
        return 0;
    size_t begin = record->values + lint_shown(look) * record->value_size;
    const uint8_t *bytes = lint_at(look, begin);
    struct mms_items items;
    struct mms_value value;

    mms_items_begin(&items, record, bytes);
    while (mms_items_next(&items, &value)) {
        size_t at = items.at - items.item_size;
        if (is_wrong(&value, items.item_size > 0 ? bytes[at] : 0))
            return begin + at;
    }
    return 0;
}

/* --- where values are --------------------------------------------------------------------------------------------- */

static size_t unaligned(const struct lint_look *look)
{
    size_t alignment = mms_record_alignment(look->record);
    return look->record->values % alignment != 0 ? look->record->values : 0;
}

static size_t second_unaligned(const struct lint_look *look)
{
    const struct mms_record *record = look->record;
    if (!has_buffers(record) || unaligned(look) != 0 || record->value_size % mms_record_alignment(record) == 0)
        return 0;
    return record->values + record->value_size;
}

static size_t across_line(const struct lint_look *look)
{
    const struct mms_record *record = look->record;
    if (!is_number(record->type) || mms_type_size(record->type) != record->value_size ||
        record->layout == MMS_LAYOUT_ARRAY || record->layout == MMS_LAYOUT_HISTOGRAM)
        return 0;
    for (size_t i = 0; i < record->slots; i++) {
        size_t first = record->values + i * record->value_size;
        if (first / LINE != (first + record->value_size - 1) / LINE)
            return first;
    }
    return 0;
}

/* --- labels and texts --------------------------------------------------------------------------------------------- */

static size_t label_at(const struct lint_look *look)
{
    return look->record->offset + (look->version == 1 ? 2 : 6);
}

static size_t label_empty(const struct lint_look *look)
{
    return look->record->label.size == 0 && !is_skipped(look->record) ? look->record->offset : 0;
}

static size_t label_utf8(const struct lint_look *look)
{
    return mms_text_flaws(look->record->label) & MMS_TEXT_NO_UTF8 ? label_at(look) : 0;
}

static size_t label_control(const struct lint_look *look)
{
    return mms_text_flaws(look->record->label) & MMS_TEXT_HARMFUL ? label_at(look) : 0;
}

static bool is_no_utf8(const struct mms_value *value, uint8_t byte)
{
    (void)byte;
    return mms_class_of(value->type) == MMS_CLASS_TEXT && (mms_text_flaws(value->text) & MMS_TEXT_NO_UTF8);
}

static size_t value_utf8(const struct lint_look *look)
{
    return first_value(look, is_no_utf8);
}

static bool is_odd_bool(const struct mms_value *value, uint8_t byte)
{
    return value->type == MMS_TYPE_BOOL && byte > 1;
}

static size_t bool_byte(const struct lint_look *look)
{
    return first_value(look, is_odd_bool);
}

/* --- data types, kinds, flags ------------------------------------------------------------------------------------- */

static size_t default_field(const struct lint_look *look)
{
    struct mms_signature signature;
    const struct mms_record *record = look->record;
    if (record->layout == MMS_LAYOUT_METADATA)
        return 0;
    for (int i = 0; i < MMS_SYS_FIELDS; i++) {
        const struct mms_sys_field *sys = mms_sys_field_of((enum mms_sys)i);
        if (!lint_ends_with(record->label, sys->label))
            continue;
        struct mms_text text = {sys->signature, strlen(sys->signature)};
        bool same = look->version == 2 ? record->id == (uint16_t)sys->id
                                       : mms_signature_parse(text, false, &signature, NULL) == 0 &&
                                             signature.type == record->type && signature.size == record->value_size;
        return same ? 0 : record->offset;
    }
    return 0;
}

static bool is_default_field(struct mms_text label)
{
    for (int i = 0; i < MMS_SYS_FIELDS; i++)
        if (lint_ends_with(label, mms_sys_field_of((enum mms_sys)i)->label))
            return true;
    return false;
}

/* Numbers alone: of a text or a bool it does not matter; a version 1 file has no place for it (R210). */
static size_t kind_unknown(const struct lint_look *look)
{
    const struct mms_record *record = look->record;
    if (look->version == 1 || record->metric != MMS_METRIC_UNKNOWN || mms_metric_of(record) != MMS_METRIC_UNKNOWN ||
        is_skipped(record) || !is_number(record->type) || lint_is_generation(look) || is_default_field(record->label))
        return 0;
    return record->body - 2;
}

static size_t kind_new(const struct lint_look *look)
{
    return look->version == 2 && look->record->metric >= MMS_METRICS ? look->record->body - 2 : 0;
}

static size_t type_new(const struct lint_look *look)
{
    return look->record->layout == MMS_LAYOUT_OPAQUE ? look->record->body - 4 : 0;
}

static size_t flag_new(const struct lint_look *look)
{
    return (look->record->flags & ~MMS_FLAG_SEQUENCE) != 0 ? look->record->body - 2 : 0;
}

static size_t flag_idle(const struct lint_look *look)
{
    return (look->record->flags & MMS_FLAG_SEQUENCE) && is_skipped(look->record) ? look->record->body - 2 : 0;
}

static size_t padding_label(const struct lint_look *look)
{
    return look->record->layout == MMS_LAYOUT_PADDING && look->record->label.size > 0 ? label_at(look) : 0;
}

/* --- sequences ---------------------------------------------------------------------------------------------------- */

static size_t no_sequence(const struct lint_look *look)
{
    const struct mms_record *record = look->record;
    bool wide = record->layout == MMS_LAYOUT_WIDE || record->layout == MMS_LAYOUT_STRUCT;
    return wide && record->sequence == 0 ? record->body - 2 : 0;
}

static size_t sequence_field(const struct lint_look *look)
{
    if (look->version == 2 || !lint_ends_with(look->record->label, MMS_LABEL_SEQUENCE))
        return 0;
    return look->record->offset != 1 || !is_plain_u64(look) ? look->record->offset : 0;
}

static size_t sequence_buffer(const struct lint_look *look)
{
    const struct mms_record *record = look->record;
    if (!has_buffers(record) || record->sequence == 0)
        return 0;
    return *lint_at(look, record->write_buffer) != (sequence_of(look) + 1) % 2 ? record->write_buffer : 0;
}

static size_t sequence_array(const struct lint_look *look)
{
    const struct mms_record *record = look->record;
    if (record->layout != MMS_LAYOUT_ARRAY || record->sequence == 0)
        return 0;
    uint64_t write_offset = lint_number(lint_at(look, record->write_buffer), 2, look->swapped);
    return write_offset != sequence_of(look) % record->slots ? record->write_buffer : 0;
}

static size_t sequence_histogram(const struct lint_look *look)
{
    const struct mms_record *record = look->record;
    if (record->layout != MMS_LAYOUT_HISTOGRAM || record->sequence == 0)
        return 0;
    uint64_t samples = 0;
    for (size_t i = 0; i < record->slots; i++)
        samples += lint_number(lint_at(look, record->values + 8 * i), 8, look->swapped);
    return samples != sequence_of(look) ? record->sequence : 0;
}

/* --- histograms, transactions ------------------------------------------------------------------------------------- */

static size_t histogram_bounds(const struct lint_look *look)
{
    const struct mms_record *record = look->record;
    bool rising = isfinite(record->scale) && record->scale > 0;
    return record->layout == MMS_LAYOUT_HISTOGRAM && !rising ? record->body + 8 : 0;
}

static size_t histogram_zero(const struct lint_look *look)
{
    const struct mms_record *record = look->record;
    if (record->layout != MMS_LAYOUT_HISTOGRAM)
        return 0;
    return lint_number(lint_at(look, record->body + 2), 2, look->swapped) != 0 ? record->body + 2 : 0;
}

static size_t generation_field(const struct lint_look *look)
{
    bool named = look->version == 1 && lint_ends_with(look->record->label, MMS_LABEL_GENERATION);
    return named && !lint_is_generation(look) ? look->record->offset : 0;
}

static size_t generation_open(const struct lint_look *look)
{
    if (!lint_is_generation(look))
        return 0;
    return lint_number(lint_at(look, look->record->values), 8, look->swapped) % 2 ? look->record->values : 0;
}

/* --- the table ---------------------------------------------------------------------------------------------------- */

const struct lint_warning lint_warnings[LINT_WARNINGS] = {
    [LINT_UNALIGNED] = {"unaligned", 505, unaligned, false,
                        "the value area is on no multiple of its size (texts, tuples, histograms: of 8)"},
    [LINT_SECOND_UNALIGNED] = {"second-unaligned", 505, second_unaligned, false,
                               "the second of two values is unaligned: their size should be a multiple of 8"},
    [LINT_CACHE_LINE] = {"cache-line", 505, across_line, false,
                         "the number goes across a cache line of 64 bytes: no processor reads it whole"},
    [LINT_DUPLICATE_LABEL] = {"duplicate-label", 105, NULL, false, "another field before has the same label"},
    [LINT_LABEL_EMPTY] = {"label-empty", 105, label_empty, false, "the label is empty"},
    [LINT_LABEL_UTF8] = {"label-utf8", 105, label_utf8, false, "the label is no UTF-8: what is not gets replaced"},
    [LINT_LABEL_CONTROL] = {"label-control", 608, label_control, false,
                            "the label has a control character, a bidi mark or another that hides or moves text"},
    [LINT_VALUE_UTF8] = {"value-utf8", 105, value_utf8, true, "a text is no UTF-8 (or cut inside of a character)"},
    [LINT_BOOL_BYTE] = {"bool-byte", 0, bool_byte, true, "a bool is neither 00 nor 01: writers store 1 for true"},
    [LINT_DEFAULT_FIELD] = {"default-field", 510, default_field, false,
                            "a default field has another type than the table says"},
    [LINT_NO_PID] = {"no-pid", 510, NULL, false, "there is no sys.pid: nobody can say which process writes the file"},
    [LINT_NO_CREATED] = {"no-created", 510, NULL, false,
                         "there is no sys.created: a process with the same ID may be another one"},
    [LINT_DEAD_WRITER] = {"dead-writer", 511, NULL, false, "the writer is dead: nothing in the file changes any more"},
    [LINT_KIND_UNKNOWN] = {"kind-unknown", 411, kind_unknown, false,
                           "neither metric type nor data type says whether the number is a counter or a gauge"},
    [LINT_KIND_NEW] = {"kind-new", 411, kind_new, false,
                       "the metric kind is not in the table: to readers it is unknown"},
    [LINT_TYPE_NEW] = {"type-new", 411, type_new, false, "the data type is not in the table: readers skip the record"},
    [LINT_FLAG_NEW] = {"flag-new", 411, flag_new, false, "a flag is not in the table: readers ignore it"},
    [LINT_FLAG_IDLE] = {"flag-idle", 408, flag_idle, false,
                        "flag SEQUENCE means nothing with PADDING or with a data type that is not in the table"},
    [LINT_PADDING_LABEL] = {"padding-label", 412, padding_label, false, "a PADDING record should have an empty label"},
    [LINT_NO_SEQUENCE] = {"no-sequence", 415, no_sequence, false,
                          "a wide text or a struct without a sequence: readers cannot be sure of its value"},
    [LINT_SEQUENCE_FIELD] = {"sequence-field", 512, sequence_field, false,
                             "sys.sequence is not the first record, or no unbuffered, 8-aligned Q: readers ignore it"},
    [LINT_SEQUENCE_BUFFER] = {"sequence-buffer", 416, sequence_buffer, true,
                              "the write buffer byte is not (sequence + 1) mod 2: a publication was not completed"},
    [LINT_SEQUENCE_ARRAY] = {"sequence-array", 513, sequence_array, true,
                             "the write offset is not sequence mod (array size + 1): an addition was not completed"},
    [LINT_SEQUENCE_HISTOGRAM] = {"sequence-histogram", 417, sequence_histogram, true,
                                 "the buckets do not add up to the sequence: a sample was not completed"},
    [LINT_HISTOGRAM_BOUNDS] = {"histogram-bounds", 417, histogram_bounds, false,
                               "the scale is not above 0, or not finite: the bounds of the buckets do not rise"},
    [LINT_HISTOGRAM_ZERO] = {"histogram-zero", 0, histogram_zero, false, "the u16 behind max_bits should be 0"},
    [LINT_GENERATION_FIELD] = {"generation-field", 515, generation_field, false,
                               "sys.generation is no unbuffered, 8-aligned Q: readers ignore it"},
    [LINT_GENERATION_TWICE] = {"generation-twice", 419, NULL, false,
                               "the file has a generation already: readers ignore this one"},
    [LINT_GENERATION_OPEN] = {"generation-open", 515, generation_open, true,
                              "the generation is odd: a transaction was begun and not ended"},
    [LINT_METADATA_LINE] = {"metadata-line", 418, lint_metadata_line, true, "a line without =: readers ignore it"},
    [LINT_METADATA_KEY] = {"metadata-key", 418, lint_metadata_key, true,
                           "a key that is not unit, help or label.NAME: readers ignore the line"},
    [LINT_METADATA_ALONE] = {"metadata-alone", 418, NULL, false, "metadata with a label that no field has"},
    [LINT_UNIT_UNKNOWN] = {"unit-unknown", 417, NULL, false,
                           "no metadata says the base unit that the histogram's scale is in"},
    [LINT_UNIT_WRONG] = {"unit-wrong", 418, NULL, false,
                         "the metric kind says seconds, the metadata another unit"},
    [LINT_END_ROOM] = {"end-room", 106, NULL, false, "fewer than four zero bytes behind the last record"},
    [LINT_END_ALIGNMENT] = {"end-alignment", 506, NULL, false,
                            "the records do not end on a multiple of 4: none can be added while the file is in use"},
    [LINT_REST] = {"rest", 106, NULL, false,
                   "a byte behind the end of the records is not 0: garbage, or records that were never completed"},
    [LINT_FILE_SIZE] = {"file-size", 106, NULL, false, "the size of the file is no multiple of a page (4096 bytes)"},
    [LINT_EITHER_ORDER] = {"either-order", 103, NULL, false,
                           "the file is well-formed in the other byte order, too: no reader can tell which is meant"},
};
