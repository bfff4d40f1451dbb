/* SPDX-License-Identifier: MIT
 *
 * records.c - lays records out behind each other, aligned (R505), and publishes what was added (R506).
 *
 * In a published file of version 2 a batch stands behind its gate: a PADDING record whose field size is stored last.
 * In version 1 each record is published alone, by the low byte of its label size. */

#include <stdlib.h>

#include "format/bug.h"
#include "writer/internal.h"

#define END_MARK 4     /* zero bytes behind the last record (R106) */
#define PADDING_LEAST 10 /* bytes of the smallest record of version 2: its field size is 6 */

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LOW_BYTE 1 /* of a u16 */
#else
#define LOW_BYTE 0
#endif

static bool is_hidden(const struct mms_writer *writer)
{
    return writer->published;
}

/* --- version 1 ---------------------------------------------------------------------------------------------------- */

/* Writes the record but for the byte that makes it visible. */
static int write_hidden(struct mms_writer *writer, const struct mms_record *record)
{
    uint8_t *to = writer->base + record->offset;
    uint8_t *copy = malloc(record->size);
    if (copy == NULL)
        return -ENOMEM;
    mms_serialize(record, 1, MMS_ORDER_NATIVE, NULL, copy, record->size);
    writer->held_low = copy[LOW_BYTE];
    copy[LOW_BYTE] = 0;
    memcpy(to, copy, record->size);
    free(copy);
    writer->held = record->offset;
    return 0;
}

/* The signature with the spaces that align it, in `spaced`. */
static void align_signature(const struct mms_writer *writer, struct mms_record *record,
                            char spaced[MMS_SIGNATURE_SIZE])
{
    size_t spaces = writer->output == MMS_OUTPUT_V1_PACKED ? 0 : mms_record_gap(record, 1, writer->end);
    memset(spaced, ' ', spaces);
    memcpy(spaced + spaces, record->signature.data, record->signature.size);
    record->signature = (struct mms_text){spaced, spaces + record->signature.size};
}

static int append_v1(struct mms_writer *writer, struct mms_record *record)
{
    char spaced[MMS_SIGNATURE_SIZE];
    align_signature(writer, record, spaced);
    int error = mms_record_layout(record, 1, writer->end);
    if (error == 0 && is_hidden(writer) && record->label.size > MMS_LIMIT_GROWN_LABEL_V1)
        error = -EMSGSIZE;
    if (error == 0)
        error = mms_region_ensure(writer, record->offset + record->size + END_MARK);
    if (error == 0 && is_hidden(writer))
        error = write_hidden(writer, record);
    else if (error == 0)
        mms_serialize(record, 1, MMS_ORDER_NATIVE, NULL, writer->base + record->offset, record->size);
    record->signature = (struct mms_text){NULL, 0}; /* it was on this stack */
    if (error < 0)
        return error;
    writer->end = record->offset + record->size;
    return 0;
}

/* --- version 2 ---------------------------------------------------------------------------------------------------- */

/* What comes before a record that is aligned. */
struct spot {
    size_t gate;    /* bytes of a new gate, or 0 */
    size_t stretch; /* bytes by which the record before gets longer */
    size_t padding; /* bytes of a PADDING record, or 0 */
    size_t at;      /* the record itself */
};

static size_t padding_of(size_t gap)
{
    return gap == 0 ? 0 : gap + (gap + 8 >= PADDING_LEAST || MMS_BUG == MMS_BUG_PADDING ? 8 : 16);
}

static struct spot spot_for(const struct mms_writer *writer, size_t align_gap, size_t gate)
{
    bool stretch = gate != 0 || writer->last != 0;
    struct spot spot = {gate, stretch ? align_gap : 0, stretch ? 0 : padding_of(align_gap), 0};
    spot.at = writer->end + spot.gate + spot.stretch + spot.padding;
    return spot;
}

static void add_to_size(struct mms_writer *writer, size_t record, size_t bytes)
{
    uint32_t size;
    memcpy(&size, writer->base + record, sizeof size);
    size += (uint32_t)bytes;
    memcpy(writer->base + record, &size, sizeof size);
}

/* The bytes are there, and zero: the text of METADATA, too, may end in them (R413). */
static void stretch_last(struct mms_writer *writer, size_t bytes)
{
    if (writer->gate != 0 && writer->last == writer->gate)
        writer->gate_size += bytes;
    else
        add_to_size(writer, writer->last, bytes);
    writer->end += bytes;
}

static void take_spot(struct mms_writer *writer, const struct spot *spot)
{
    if (spot->gate != 0) {
        writer->gate = writer->last = writer->end;
        writer->gate_size = spot->gate;
        writer->end += spot->gate;
    }
    if (spot->stretch != 0)
        stretch_last(writer, spot->stretch);
    if (spot->padding != 0) {
        add_to_size(writer, writer->end, spot->padding - 4);
        writer->end += spot->padding;
    }
}

static int append_v2(struct mms_writer *writer, struct mms_record *record)
{
    size_t gate = is_hidden(writer) && writer->gate == 0 ? PADDING_LEAST : 0;
    size_t gap = mms_record_gap(record, 2, writer->end + gate);
    struct spot spot = spot_for(writer, gap, gate);
    int error = mms_record_layout(record, 2, spot.at);
    if (error == 0)
        error = mms_region_ensure(writer, record->offset + record->size + 3 + END_MARK);
    if (error < 0)
        return error;
    take_spot(writer, &spot);
    mms_serialize(record, 2, MMS_ORDER_NATIVE, NULL, writer->base + record->offset, record->size);
    writer->end = record->offset + record->size;
    /* A sequence ends its record: nothing can be added to that. */
    writer->last = record->sequence == 0 ? record->offset : 0;
    return 0;
}

int mms_records_append(struct mms_writer *writer, struct mms_record *record)
{
    return writer->version == 1 ? append_v1(writer, record) : append_v2(writer, record);
}

/* --- metadata ----------------------------------------------------------------------------------------------------- */

/* key=value with the value escaped (R418). Writes it when out is there; returns its size. */
static size_t put_line(char *out, const char *key, const char *value)
{
    size_t size = strlen(key) + 1;
    if (out != NULL)
        out = stpcpy(stpcpy(out, key), "=");
    for (const char *c = value; *c != '\0'; c++) {
        bool escape = *c == '\n' || *c == '\\';
        size += escape ? 2 : 1;
        if (out == NULL)
            continue;
        if (escape)
            *out++ = '\\';
        *out++ = *c == '\n' ? 'n' : *c;
    }
    return size;
}

/* The text of a METADATA record, the same way. The NUL that stpcpy leaves is inside the value, or overwritten. */
static size_t put_metadata(char *out, const char *unit, const char *help)
{
    size_t size = unit != NULL ? put_line(out, "unit", unit) : 0;
    if (help == NULL)
        return size;
    if (size != 0 && out != NULL)
        out[size] = '\n';
    if (size != 0)
        size++;
    return size + put_line(out != NULL ? out + size : NULL, "help", help);
}

size_t mms_records_metadata_bound(size_t label, const char *unit, const char *help)
{
    size_t size = put_metadata(NULL, unit, help);
    return size == 0 ? 0 : PADDING_LEAST + label + size;
}

int mms_records_append_metadata(struct mms_writer *writer, struct mms_text label, const char *unit, const char *help)
{
    size_t size = put_metadata(NULL, unit, help);
    if (writer->version == 1 || size == 0)
        return 0;
    struct mms_record record = {.label = label, .id = MMS_ID_METADATA, .value_size = size};
    int error = append_v2(writer, &record);
    if (error == 0)
        put_metadata((char *)writer->base + record.values, unit, help);
    return error;
}

/* --- publishing --------------------------------------------------------------------------------------------------- */

/* The next batch's gate is 4-aligned. A record that cannot be stretched ends on a multiple of 8. */
int mms_records_finish(struct mms_writer *writer)
{
    size_t gap = -writer->end & 3;
    if (writer->version == 1 || gap == 0)
        return 0;
    if (writer->last == 0)
        return -EINVAL;
    stretch_last(writer, gap);
    return 0;
}

void mms_records_publish(struct mms_writer *writer)
{
    if (writer->held != 0) {
        mms_grow_byte(writer->base + writer->held + LOW_BYTE, writer->held_low);
        writer->held = 0;
    }
    if (writer->gate != 0) {
        mms_records_finish(writer);
        mms_grow_word((uint32_t *)(void *)(writer->base + writer->gate), (uint32_t)(writer->gate_size - 4));
        writer->gate = writer->last = 0;
    }
}
