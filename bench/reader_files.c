/* SPDX-License-Identifier: MIT
 *
 * reader_files.c - files of any number of metrics, made with the format's own serializer. */
#include "bench/reader_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mmstats/format.h"

const struct file_format file_formats[] = {
    {"v2", 2, false, false},
    {"v2-described", 2, false, true},
    {"v1", 1, false, false},
    {"v1-packed", 1, true, false},
};
const size_t file_format_count = sizeof file_formats / sizeof *file_formats;

/* The metrics of a file, over and over: as in a program, most of them count. */
static const struct kind {
    uint16_t id;
    char code;
    enum mms_type type;
} kinds[] = {
    {MMS_ID_COUNTER, 'Q', MMS_TYPE_U64}, {MMS_ID_COUNTER, 'Q', MMS_TYPE_U64}, {MMS_ID_COUNTER, 'Q', MMS_TYPE_U64},
    {MMS_ID_F64, 'd', MMS_TYPE_F64},     {MMS_ID_COUNTER, 'Q', MMS_TYPE_U64}, {MMS_ID_U32, 'I', MMS_TYPE_U32},
    {MMS_ID_COUNTER, 'Q', MMS_TYPE_U64}, {MMS_ID_I64, 'q', MMS_TYPE_I64},
};
enum { KINDS = sizeof kinds / sizeof *kinds, MOST_BYTES = 160 /* of a metric, with what describes it */ };

static const char description[] = "unit=seconds\nhelp=how long something takes that is done again and again";

void file_label(size_t i, char label[LABEL_SIZE + 1])
{
    snprintf(label, LABEL_SIZE + 1, "bench.metric.%05x", (unsigned)i & 0xfffff);
}

/* A file under way. */
struct making {
    const struct file_format *format;
    uint8_t *bytes; /* zero from size on */
    size_t size;
    size_t last; /* version 2: where the last record begins */
};

static void append(struct making *making, struct mms_record *record, const void *body)
{
    uint8_t version = making->format->version;
    mms_record_layout(record, version, making->size);
    making->last = making->size;
    making->size += (size_t)mms_serialize(record, version, MMS_ORDER_NATIVE, body, making->bytes + making->size,
                                          record->size);
}

/* Version 2: bytes behind the last record, so that the next one is aligned. */
static void stretch_last(struct making *making, size_t bytes)
{
    uint32_t size;
    memcpy(&size, making->bytes + making->last, sizeof size);
    size += (uint32_t)bytes;
    memcpy(making->bytes + making->last, &size, sizeof size);
    making->size += bytes;
}

static void append_number(struct making *making, size_t i, const char *label)
{
    const struct kind *kind = &kinds[i % KINDS];
    char signature[16];
    struct mms_record record = {.label = {label, LABEL_SIZE}, .id = kind->id, .layout = MMS_LAYOUT_BUFFERED};
    if (making->format->version == 1) {
        record.signature = (struct mms_text){&kind->code, 1};
        int spaces = making->format->packed ? 0 : (int)mms_record_gap(&record, 1, making->size);
        record.signature.size = (size_t)snprintf(signature, sizeof signature, "%*s%c", spaces, "", kind->code);
        record.signature.data = signature;
    } else {
        stretch_last(making, mms_record_gap(&record, 2, making->size));
    }
    append(making, &record, NULL);
    struct mms_value value = {.type = kind->type};
    if (kind->type == MMS_TYPE_F64)
        value.f = (double)(i + 1);
    else
        value.u = i + 1;
    for (size_t buffer = 0; buffer < 2; buffer++)
        mms_encode(&value, false, making->bytes + record.values + buffer * record.value_size, record.value_size);
}

static void append_description(struct making *making, const char *label)
{
    struct mms_record record = {.label = {label, LABEL_SIZE}, .id = MMS_ID_METADATA,
                                .value_size = sizeof description - 1};
    append(making, &record, description);
}

static int write_out(const char *path, const uint8_t *bytes, size_t size)
{
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);
    if (fd < 0)
        return -errno;
    for (size_t done = 0; done < size;) {
        ssize_t got = write(fd, bytes + done, size - done);
        if (got < 0) {
            int error = -errno;
            close(fd);
            return error;
        }
        done += (size_t)got;
    }
    close(fd);
    return 0;
}

int file_make(const char *directory, const struct file_format *format, size_t metrics, struct file *file)
{
    size_t room = (metrics * MOST_BYTES + 8191) / 4096 * 4096;
    struct making making = {.format = format, .bytes = calloc(1, room), .size = 1};
    if (making.bytes == NULL)
        return -ENOMEM;
    making.bytes[0] = format->version;
    if (format->version == 2)
        append(&making, &(struct mms_record){.id = MMS_ID_PADDING}, NULL);
    for (size_t i = 0; i < metrics; i++) {
        char label[LABEL_SIZE + 1];
        file_label(i, label);
        append_number(&making, i, label);
        if (format->described)
            append_description(&making, label);
    }
    *file = (struct file){.metrics = metrics, .size = (making.size + 4 + 4095) / 4096 * 4096,
                          .sum = (double)metrics * (double)(metrics + 1) / 2};
    snprintf(file->path, sizeof file->path, "%s/%s-%zu.mmstats", directory, format->name, metrics);
    int error = write_out(file->path, making.bytes, file->size);
    free(making.bytes);
    return error;
}

void file_remove(const struct file *file)
{
    unlink(file->path);
}
