/* SPDX-License-Identifier: MIT
 *
 * archive.c - the file that holds the sums: version 2, read by every tool as any other, with no process of its own.
 *
 *   org.mmstats.archive          the application
 *   org.mmstats.archive.files    how many files were folded
 *   org.mmstats.archive.pending  number and digest (fold.h) of each that may still be in the directory, though it is in
 *   sys.created                  when the first was folded
 *   org.mmstats.version
 *   and the sums */

#include "tools/clean/archive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mmstats/version.h"

#define FILES_LABEL CLEAN_MARK_LABEL ".files"
#define PENDING_LABEL CLEAN_MARK_LABEL ".pending"

/* --- read --------------------------------------------------------------------------------------------------------- */

static int64_t find(const struct mms_reader *reader, const char *label)
{
    return mms_reader_find(reader, label, strlen(label), 0);
}

/* The one field of that name; false: there is none, or none of the type. */
static bool get(struct mms_reader *reader, const char *label, enum mms_type type, struct mms_stat *stat)
{
    int64_t found = find(reader, label);
    return found >= 0 && mms_reader_get(reader, (size_t)found, stat) == 0 && stat->type == type;
}

bool clean_is_archive(struct mms_reader *reader)
{
    return mms_reader_version(reader) == 2 && find(reader, CLEAN_MARK_LABEL) >= 0;
}

static int read_pending(struct clean_archive *archive, const struct mms_stat *stat)
{
    archive->pending_count = stat->count / 2;
    archive->pending = calloc(archive->pending_count + 1, sizeof *archive->pending);
    if (archive->pending == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < archive->pending_count; i++)
        archive->pending[i] = (struct clean_mark){stat->values[2 * i].u, stat->values[2 * i + 1].u};
    return 0;
}

int clean_archive_read(struct clean_archive *archive, struct mms_reader *reader)
{
    static const struct clean_options as_they_say;
    struct mms_stat stat;
    struct mms_diag diag;
    if (mms_reader_diag(reader, &diag, NULL) < 0)
        return -EBADMSG;
    if (!get(reader, CLEAN_MARK_LABEL, MMS_TYPE_TEXT, &stat) || stat.count != 1)
        return -EBADMSG;
    size_t size = stat.values[0].text.size;
    snprintf(archive->application, sizeof archive->application, "%.*s", (int)size, stat.values[0].text.data);
    if (!get(reader, FILES_LABEL, MMS_TYPE_U64, &stat) || stat.count != 1)
        return -EBADMSG;
    archive->files = stat.values[0].u;
    if (!get(reader, "sys.created", MMS_TYPE_F64, &stat) || stat.count != 1)
        return -EBADMSG;
    archive->created = stat.values[0].f;
    if (!get(reader, PENDING_LABEL, MMS_TYPE_U64, &stat) || !stat.is_array)
        return -EBADMSG;
    int error = read_pending(archive, &stat);
    return error < 0 ? error : clean_totals_add(&archive->totals, reader, &as_they_say);
}

void clean_archive_free(struct clean_archive *archive)
{
    clean_totals_free(&archive->totals);
    free(archive->pending);
    *archive = (struct clean_archive){0};
}

/* --- bytes -------------------------------------------------------------------------------------------------------- */

enum { PADDING_LEAST = 10 }; /* bytes of the smallest record */

struct bytes {
    uint8_t *data;
    size_t size, room;
    int error; /* the first; after it nothing is added */
};

/* Adds zeros. Returns whether they are there. */
static bool stretch(struct bytes *bytes, size_t by)
{
    if (bytes->error < 0)
        return false;
    if (by > MMS_LIMIT_FILE_SIZE_DEFAULT - bytes->size) {
        bytes->error = -EFBIG;
        return false;
    }
    if (by > bytes->room - bytes->size) {
        size_t room = 2 * bytes->room + by;
        uint8_t *data = realloc(bytes->data, room);
        if (data == NULL) {
            bytes->error = -ENOMEM;
            return false;
        }
        bytes->data = data;
        bytes->room = room;
    }
    memset(bytes->data + bytes->size, 0, by);
    bytes->size += by;
    return true;
}

static bool put_record(struct bytes *bytes, struct mms_record *record)
{
    size_t at = bytes->size;
    if (bytes->error == 0)
        bytes->error = mms_record_layout(record, 2, at);
    if (!stretch(bytes, record->size))
        return false;
    mms_serialize(record, 2, MMS_ORDER_NATIVE, NULL, bytes->data + at, record->size);
    return true;
}

/* A record at an offset where its values are aligned. */
static bool put_aligned(struct bytes *bytes, struct mms_record *record)
{
    size_t gap = mms_record_gap(record, 2, bytes->size);
    if (gap > 0) {
        size_t size = gap + 8 >= PADDING_LEAST ? gap + 8 : gap + 16;
        struct mms_record padding = {.id = MMS_ID_PADDING, .tail = size - PADDING_LEAST};
        put_record(bytes, &padding);
    }
    return put_record(bytes, record);
}

/* A number, in both buffers if it has two. */
static void put_value(struct bytes *bytes, struct mms_record *record, struct mms_value value)
{
    if (!put_aligned(bytes, record))
        return;
    for (size_t slot = 0; slot < record->slots; slot++)
        mms_encode(&value, record->swapped, bytes->data + record->values + slot * record->value_size,
                   record->value_size);
}

static void put_text(struct bytes *bytes, const char *label, const char *text)
{
    struct mms_record record = {.label = {label, strlen(label)}, .id = MMS_ID_STATIC_TEXT, .metric = MMS_METRIC_INFO};
    put_value(bytes, &record, (struct mms_value){.type = MMS_TYPE_TEXT, .text = {text, strlen(text)}});
}

static void put_u64(uint8_t *at, uint64_t number)
{
    memcpy(at, &number, sizeof number);
}

/* The slot that is not shown is the last one. */
static void put_pending(struct bytes *bytes, const struct clean_archive *archive)
{
    size_t count = 2 * archive->pending_count;
    struct mms_record record = {.label = {PENDING_LABEL, strlen(PENDING_LABEL)},
                                .id = MMS_ID_U64_RING,
                                .slots = count + 1};
    if (count > MMS_LIMIT_RING)
        bytes->error = -EFBIG;
    if (!put_aligned(bytes, &record))
        return;
    uint16_t last = (uint16_t)count;
    memcpy(bytes->data + record.write_buffer, &last, sizeof last);
    for (size_t i = 0; i < archive->pending_count; i++) {
        put_u64(bytes->data + record.values + 16 * i, archive->pending[i].number);
        put_u64(bytes->data + record.values + 16 * i + 8, archive->pending[i].digest);
    }
}

static void put_histogram(struct bytes *bytes, struct mms_record *record, const struct clean_total *total)
{
    uint64_t samples = 0;
    if (!put_aligned(bytes, record))
        return;
    for (size_t i = 0; i < total->count && i < record->slots; i++) {
        put_u64(bytes->data + record->values + 8 * i, total->values[i].u);
        samples += total->values[i].u;
    }
    put_u64(bytes->data + record->values - 8, total->sum);
    put_u64(bytes->data + record->sequence, samples); /* R417 */
}

static void put_tuple(struct bytes *bytes, struct mms_record *record, const struct clean_total *total)
{
    struct mms_items items;
    struct mms_value none;
    if (!put_aligned(bytes, record))
        return;
    for (size_t slot = 0; slot < 2; slot++) {
        uint8_t *tuple = bytes->data + record->values + slot * record->value_size;
        mms_items_begin(&items, record, tuple);
        for (size_t i = 0; i < total->count && mms_items_next(&items, &none) == 1; i++)
            mms_encode(&total->values[i], items.swapped, tuple + items.at - items.item_size, items.item_size);
    }
}

static void put_total(struct bytes *bytes, const struct clean_total *total)
{
    struct mms_record record = total->what;
    if (record.id == MMS_ID_HISTOGRAM)
        put_histogram(bytes, &record, total);
    else if (record.id == MMS_ID_STRUCT)
        put_tuple(bytes, &record, total);
    else
        put_value(bytes, &record, total->values[0]);
}

/* --- metadata (R418) ---------------------------------------------------------------------------------------------- */

static size_t put_line(char *out, const char *key, const char *value)
{
    char *at = stpcpy(stpcpy(out, key), "=");
    for (; *value != '\0'; value++) {
        if (*value == '\n' || *value == '\\')
            *at++ = '\\';
        *at++ = *value == '\n' ? 'n' : *value;
    }
    return (size_t)(at - out);
}

static void put_metadata(struct bytes *bytes, const struct clean_total *total)
{
    const char *unit = total->unit != NULL ? total->unit : "", *help = total->help != NULL ? total->help : "";
    if (bytes->error < 0)
        return;
    char *text = malloc(2 * (strlen(unit) + strlen(help)) + sizeof "unit=\nhelp=");
    if (text == NULL) {
        bytes->error = -ENOMEM;
        return;
    }
    size_t size = *unit != '\0' ? put_line(text, "unit", unit) : 0;
    if (size > 0 && *help != '\0')
        text[size++] = '\n';
    if (*help != '\0')
        size += put_line(text + size, "help", help);
    struct mms_record record = {.label = total->what.label, .id = MMS_ID_METADATA, .value_size = size};
    if (size > 0 && put_record(bytes, &record))
        memcpy(bytes->data + record.values, text, size);
    free(text);
}

int clean_archive_serialize(const struct clean_archive *archive, uint8_t **data, size_t *size)
{
    struct bytes bytes = {0};
    struct mms_record files = {
        .label = {FILES_LABEL, strlen(FILES_LABEL)}, .id = MMS_ID_COUNTER, .metric = MMS_METRIC_COUNTER};
    struct mms_record created = {
        .label = {"sys.created", strlen("sys.created")}, .id = MMS_ID_STATIC_F64, .metric = MMS_METRIC_TIMESTAMP};

    if (stretch(&bytes, 1))
        bytes.data[0] = 2;
    put_text(&bytes, CLEAN_MARK_LABEL, archive->application);
    put_text(&bytes, "org.mmstats.version", MMS_VERSION);
    put_value(&bytes, &created, (struct mms_value){.type = MMS_TYPE_F64, .f = archive->created});
    put_value(&bytes, &files, (struct mms_value){.type = MMS_TYPE_U64, .u = archive->files});
    put_pending(&bytes, archive);
    for (size_t i = 0; i < archive->totals.count; i++) {
        put_total(&bytes, archive->totals.list[i]);
        put_metadata(&bytes, archive->totals.list[i]);
    }
    stretch(&bytes, 4);                /* R401 */
    stretch(&bytes, -bytes.size & 4095);
    if (bytes.error < 0) {
        free(bytes.data);
        return bytes.error;
    }
    *data = bytes.data;
    *size = bytes.size;
    return 0;
}
