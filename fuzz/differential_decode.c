/* SPDX-License-Identifier: MIT
 *
 * differential_decode - what format/ makes of many files, as lines, for differential.py to compare.
 *
 * Reads files from standard input: u32 size (little-endian), u8 order (enum mms_order), the bytes. Prints for each one
 *
 *     file VERSION ORDER                                                    0 auto: no version that is known
 *     field OFFSET LABEL ID LAYOUT METRIC VALUE_OFFSET SEQUENCE SIGNATURE VALUE...
 *     metadata OFFSET LABEL TEXT
 *     skipped OFFSET ID SIZE
 *     error ERROR RULE OFFSET
 *     end
 *
 * Bytes are in hexadecimal behind an x, numbers that are not there are "-". A VALUE is iNUMBER, fBITS (of a double, in
 * hexadecimal), b0, b1 or tBYTES; histograms have sum, scale, sub_bits and max_bits in front. "(" ... ")" is a list. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mmstats/format.h"

static uint64_t number_at(const struct mms_scan *scan, size_t offset, size_t size)
{
    bool big = scan->swapped != (MMS_ORDER_NATIVE == MMS_ORDER_BIG);
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | scan->data[offset + (big ? i : size - 1 - i)];
    return number;
}

/* --- parts of a line ---------------------------------------------------------------------------------------------- */

static void put_bytes(char mark, struct mms_text text)
{
    static const char digits[] = "0123456789abcdef";
    putchar(' ');
    putchar(mark);
    for (size_t i = 0; i < text.size; i++) {
        putchar(digits[(uint8_t)text.data[i] >> 4]);
        putchar(digits[text.data[i] & 15]);
    }
}

static void put_float(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    printf(" f%016" PRIx64, bits);
}

static void put_value(const struct mms_value *value)
{
    switch (mms_class_of(value->type)) {
    case MMS_CLASS_INT:
        printf(" i%" PRId64, value->i);
        return;
    case MMS_CLASS_UINT:
        printf(" i%" PRIu64, value->u);
        return;
    case MMS_CLASS_FLOAT:
        put_float(value->f);
        return;
    case MMS_CLASS_BOOL:
        fputs(value->b ? " b1" : " b0", stdout);
        return;
    case MMS_CLASS_TEXT:
        put_bytes('t', value->text);
        return;
    case MMS_CLASS_NONE:
        fputs(" none", stdout);
    }
}

static void put_slot(const struct mms_scan *scan, const struct mms_record *record, size_t slot)
{
    struct mms_items items;
    struct mms_value value;
    mms_items_begin(&items, record, scan->data + record->values + slot * record->value_size);
    while (mms_items_next(&items, &value))
        put_value(&value);
}

/* --- values by layout --------------------------------------------------------------------------------------------- */

/* R414 */
static void put_array(const struct mms_scan *scan, const struct mms_record *record)
{
    size_t slots = record->slots, shown = slots - 1;
    size_t write_offset = (size_t)number_at(scan, record->write_buffer, 2);
    if (record->sequence != 0 && number_at(scan, record->sequence, 8) < shown)
        shown = (size_t)number_at(scan, record->sequence, 8);
    fputs(" (", stdout);
    for (size_t i = slots - shown; i < slots; i++)
        put_slot(scan, record, (write_offset + i) % slots);
    fputs(" )", stdout);
}

/* R417 */
static void put_histogram(const struct mms_scan *scan, const struct mms_record *record)
{
    printf(" i%" PRIu64, number_at(scan, record->values - 8, 8));
    put_float(record->scale);
    printf(" i%d i%d (", record->sub_bits, record->max_bits);
    for (size_t i = 0; i < record->slots; i++)
        put_slot(scan, record, i);
    fputs(" )", stdout);
}

/* R416 goes before R406. */
static void put_shown(const struct mms_scan *scan, const struct mms_record *record)
{
    size_t slot = 0;
    if (record->slots == 2)
        slot = record->sequence != 0 ? number_at(scan, record->sequence, 8) % 2
                                     : number_at(scan, record->write_buffer, 1) ^ 1;
    if (record->items != 1)
        fputs(" (", stdout);
    put_slot(scan, record, slot);
    if (record->items != 1)
        fputs(" )", stdout);
}

/* --- lines -------------------------------------------------------------------------------------------------------- */

static void put_field(const struct mms_scan *scan, const struct mms_record *record)
{
    bool histogram = record->layout == MMS_LAYOUT_HISTOGRAM;
    printf("field %zu", record->offset);
    put_bytes('x', record->label);
    printf(" %d %s %s %zu", record->id, mms_layout_name(record->layout), mms_metric_name(mms_metric_of(record)),
           record->values - (histogram ? 8 : 0));
    if (record->sequence != 0)
        printf(" %" PRIu64, number_at(scan, record->sequence, 8));
    else
        fputs(" -", stdout);
    put_bytes('x', record->signature);
    if (histogram)
        put_histogram(scan, record);
    else if (record->layout == MMS_LAYOUT_ARRAY)
        put_array(scan, record);
    else
        put_shown(scan, record);
    putchar('\n');
}

static void put_record(const struct mms_scan *scan, const struct mms_record *record)
{
    struct mms_items items;
    struct mms_value value;
    switch (record->layout) {
    case MMS_LAYOUT_PADDING:
    case MMS_LAYOUT_OPAQUE:
        printf("skipped %zu %d %zu\n", record->offset, record->id, record->size - 4);
        return;
    case MMS_LAYOUT_METADATA:
        printf("metadata %zu", record->offset);
        put_bytes('x', record->label);
        mms_items_begin(&items, record, scan->data + record->values);
        mms_items_next(&items, &value);
        put_bytes('x', value.text);
        putchar('\n');
        return;
    default:
        put_field(scan, record);
    }
}

static void put_error(const struct mms_diag *diag)
{
    const char *name = diag->error == -EBADMSG ? "EBADMSG" : "EPROTONOSUPPORT";
    printf("error %s %d %" PRIu64 "\n", name, diag->rule, diag->offset);
}

static void put_file(const uint8_t *data, size_t size, enum mms_order order)
{
    struct mms_scan scan;
    struct mms_record record;
    struct mms_diag diag;
    int got = mms_scan_begin(&scan, data, size, order, &diag);
    if (got < 0) {
        puts("file 0 auto");
        put_error(&diag);
    } else {
        bool big = scan.swapped != (MMS_ORDER_NATIVE == MMS_ORDER_BIG);
        printf("file %d %s\n", scan.version, big ? "big" : "little");
        while ((got = mms_scan_next(&scan, &record, &diag)) != 0)
            if (got > 0)
                put_record(&scan, &record);
            else
                put_error(&diag);
    }
    puts("end");
}

/* Each file in memory of its own size, so that a sanitizer sees a read of one byte too many. */
int main(void)
{
    uint8_t header[5];
    while (fread(header, sizeof header, 1, stdin) == 1) {
        size_t size = header[0] | (size_t)header[1] << 8 | (size_t)header[2] << 16 | (size_t)header[3] << 24;
        uint8_t *data = malloc(size ? size : 1);
        if (data == NULL || fread(data, 1, size, stdin) != size) {
            fprintf(stderr, "differential_decode: the input ends in the middle of a file\n");
            return 1;
        }
        put_file(data, size, (enum mms_order)(header[4] % 3));
        free(data);
    }
    return 0;
}
