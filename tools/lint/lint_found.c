/* SPDX-License-Identifier: MIT
 *
 * lint_found.c - what stands where a rule is broken. */

#include <inttypes.h>
#include <stdio.h>

#include "tools/lint/lint.h"

/* What is broken: a place in the file, and the record around it. Bytes are there to be looked at up to `end`. */
struct spot {
    const struct lint_file *file;
    size_t at, begin, end;
    char *out;
};

/* size bytes at an offset as a number; 0 where they reach past the end. */
static uint64_t number_at(const struct spot *spot, size_t offset, size_t size)
{
    if (offset > spot->end || spot->end - offset < size)
        return 0;
    return lint_number(spot->file->data + offset, size, spot->file->scan.swapped);
}

static size_t bytes_left(const struct spot *spot)
{
    return spot->end > spot->at ? spot->end - spot->at : 0;
}

/* Up to `most` bytes in hex; and as text where `text`. Returns how many characters were written. */
static size_t put_bytes(const struct spot *spot, size_t most, bool text)
{
    size_t count = bytes_left(spot) < most ? bytes_left(spot) : most, size = 0;
    const uint8_t *bytes = spot->file->data + spot->at;
    for (size_t i = 0; i < count; i++)
        size += (size_t)snprintf(spot->out + size, LINT_FOUND_SIZE - size, i > 0 ? " %02x" : "%02x", bytes[i]);
    if (count == 0)
        size += (size_t)snprintf(spot->out, LINT_FOUND_SIZE, "the end of the file");
    else if (text) {
        size += (size_t)snprintf(spot->out + size, LINT_FOUND_SIZE - size, " '");
        for (size_t i = 0; i < count; i++)
            spot->out[size++] = bytes[i] >= ' ' && bytes[i] <= '~' ? (char)bytes[i] : '?';
        size += (size_t)snprintf(spot->out + size, LINT_FOUND_SIZE - size, "'");
    }
    return size;
}

/* A number of `size` bytes, and how much there is behind it. */
static void put_size(const struct spot *spot, size_t size, const char *where)
{
    size_t left = bytes_left(spot) > size ? bytes_left(spot) - size : 0;
    size_t used = put_bytes(spot, size, false);
    snprintf(spot->out + used, LINT_FOUND_SIZE - used, " = %" PRIu64 "; %zu bytes behind it, up to the end of the %s",
             number_at(spot, spot->at, size), left, where);
}

static void put_short_value(const struct spot *spot)
{
    size_t label = (size_t)number_at(spot, spot->begin, 2), size_at = spot->begin + 2 + label;
    size_t size = (size_t)number_at(spot, size_at, 2);
    struct mms_text text = {(const char *)spot->file->data + size_at + 2, size};
    struct mms_signature signature = {0};
    bool buffered = spot->file->data[spot->at - 1] < 2;

    mms_signature_parse(text, false, &signature, NULL); /* it was well-formed a moment ago */
    snprintf(spot->out, LINT_FOUND_SIZE, "%zu bytes up to the end of the file; the type signature says %s%zu",
             bytes_left(spot), buffered ? "2 x " : "", signature.size);
}

/* The digits of a count, and what stands behind them. */
static void put_count(const struct spot *spot)
{
    size_t digits = 0, left = bytes_left(spot);
    while (digits < left && digits < 20 && spot->file->data[spot->at + digits] >= '0' &&
           spot->file->data[spot->at + digits] <= '9')
        digits++;
    put_bytes(spot, digits + 1, true);
}

static void put_body(const struct spot *spot)
{
    uint16_t id = (uint16_t)number_at(spot, spot->at - 4, 2);
    snprintf(spot->out, LINT_FOUND_SIZE, "%zu bytes up to the end of the record, whose data type is %u (%s)",
             bytes_left(spot), id, mms_id_name(id));
}

static void put_sequence(const struct spot *spot)
{
    uint16_t id = (uint16_t)number_at(spot, spot->at - 2, 2);
    size_t used = put_bytes(spot, 2, false);
    snprintf(spot->out + used, LINT_FOUND_SIZE - used,
             ": flag SEQUENCE; data type %u (%s); %zu bytes of body; the record ends at byte %zu, %zu behind a "
             "multiple of 8",
             id, mms_id_name(id), bytes_left(spot) - 2, spot->end, spot->end % 8);
}

static void put_offset(const struct spot *spot)
{
    size_t used = put_bytes(spot, 2, false);
    snprintf(spot->out + used, LINT_FOUND_SIZE - used, " = %" PRIu64 "; array size %" PRIu64,
             number_at(spot, spot->at, 2), number_at(spot, spot->at + 2, 2));
}

static void put_histogram(const struct spot *spot)
{
    size_t used = put_bytes(spot, 8, false);
    snprintf(spot->out + used, LINT_FOUND_SIZE - used,
             ": sub_bits %" PRIu64 ", max_bits %" PRIu64 ", bucket_count %" PRIu64, number_at(spot, spot->at, 1),
             number_at(spot, spot->at + 1, 1), number_at(spot, spot->at + 4, 4));
}

void lint_found(const struct lint_file *file, const struct mms_diag *diag, size_t begin, size_t end,
                char out[LINT_FOUND_SIZE])
{
    struct spot spot = {file, (size_t)diag->offset, begin, end, out};
    switch ((enum mms_rule)diag->rule) {
    case MMS_RULE_VERSION:
    case MMS_RULE_EMPTY:
    case MMS_RULE_V1_NO_WRITE_BUFFER:
    case MMS_RULE_V1_WRITE_BUFFER:
    case MMS_RULE_V2_WRITE_BUFFER:
        put_bytes(&spot, 1, false);
        break;
    case MMS_RULE_V1_SIGNATURE_SIZE:
        snprintf(out, LINT_FOUND_SIZE, "%zu bytes up to the end of the file", bytes_left(&spot));
        break;
    case MMS_RULE_V1_LABEL:
    case MMS_RULE_V1_SIGNATURE:
        put_size(&spot, 2, "file");
        break;
    case MMS_RULE_V1_VALUE:
        put_short_value(&spot);
        break;
    case MMS_RULE_SIGNATURE_CODE:
        put_bytes(&spot, 1, true);
        break;
    case MMS_RULE_SIGNATURE_COUNT:
    case MMS_RULE_SIGNATURE_SIZE:
        put_count(&spot);
        break;
    case MMS_RULE_SIGNATURE_NO_ITEM:
        snprintf(out, LINT_FOUND_SIZE, "a type signature of %" PRIu64 " bytes without one",
                 number_at(&spot, spot.at - 2, 2));
        break;
    case MMS_RULE_V2_RECORD:
        put_size(&spot, 4, "file");
        break;
    case MMS_RULE_V2_FIELD_SIZE:
        put_size(&spot, 4, "record");
        break;
    case MMS_RULE_V2_LABEL:
        put_size(&spot, 2, "record");
        break;
    case MMS_RULE_V2_BODY:
        put_body(&spot);
        break;
    case MMS_RULE_V2_WRITE_OFFSET:
        put_offset(&spot);
        break;
    case MMS_RULE_V2_SEQUENCE:
        put_sequence(&spot);
        break;
    case MMS_RULE_V2_HISTOGRAM:
        put_histogram(&spot);
        break;
    }
}
