/* SPDX-License-Identifier: MIT
 *
 * hidden_test.c - what is added to a published file cannot be seen before the one store that shows it (R506). The
 * library's own functions are called here, to stop it in between. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "writer/internal.h"

static int failures;

static void expect(const char *what, size_t got, size_t wanted)
{
    if (got == wanted)
        return;
    failures++;
    fprintf(stderr, "FAILED: %s: %zu instead of %zu\n", what, got, wanted);
}

/* Fields in the file; gates that are not on a multiple of 4 are failures. */
static size_t count_fields(const struct mms_writer *writer)
{
    static uint8_t data[1 << 16];
    int fd = open(writer->path, O_RDONLY);
    ssize_t size = read(fd, data, sizeof data);
    struct mms_scan scan;
    struct mms_record record;
    size_t fields = 0;
    close(fd);
    if (size <= 0 || mms_scan_begin(&scan, data, (size_t)size, MMS_ORDER_NATIVE, NULL) < 0)
        return 0;
    for (int found; (found = mms_scan_next(&scan, &record, NULL)) != 0;) {
        expect("a record that is whole", (size_t)found, 1);
        fields += record.layout != MMS_LAYOUT_PADDING;
    }
    if (writer->version == 2)
        expect("the end, modulo 4", scan.offset % 4, 0);
    return fields;
}

static struct mms_writer *open_writer(enum mms_output output)
{
    const char *directory = getenv("TEST_TMPDIR");
    struct mms_options options = {.size = sizeof options, .output = output, .files = "hidden-{PID}.mmstats"};
    options.directory = directory != NULL ? directory : "/tmp";
    struct mms_writer *writer = NULL;
    if (mms_writer_new(&options, &writer) < 0 || mms_writer_open(writer) < 0) {
        fprintf(stderr, "FAILED: no writer: %s\n", writer != NULL ? mms_writer_error(writer) : "");
        exit(1);
    }
    return writer;
}

/* Version 2: a batch of three. */
static void batch_is_hidden(void)
{
    struct mms_writer *writer = open_writer(MMS_OUTPUT_V2);
    static const struct mms_field fields[] = {
        {.kind = MMS_KIND_I8, .label = "a"},
        {.kind = MMS_KIND_U64, .label = "bb"},
        {.kind = MMS_KIND_I8, .label = "c"},
    };
    for (size_t i = 0; i < 3; i++) {
        mms_u64 handle;
        const struct mms_binding *added;
        expect("an error", (size_t)-mms_fields_add(writer, &fields[i], &handle, &added), 0);
        expect("fields before the batch is published", count_fields(writer), MMS_SYS_FIELDS);
    }
    mms_records_publish(writer);
    expect("fields after", count_fields(writer), MMS_SYS_FIELDS + 3);
    mms_writer_close(writer);
}

/* Version 1: each record by itself. */
static void record_is_hidden(enum mms_output output)
{
    struct mms_writer *writer = open_writer(output);
    for (size_t i = 1; i <= MMS_LIMIT_GROWN_LABEL_V1; i += 127) {
        char label[MMS_LIMIT_GROWN_LABEL_V1];
        memset(label, 'l', i);
        size_t before = count_fields(writer);
        struct mms_record record = {.label = {label, i}, .layout = MMS_LAYOUT_BUFFERED, .signature = {"Q", 1}};
        expect("an error", (size_t)-mms_records_append(writer, &record), 0);
        expect("fields before the record is published", count_fields(writer), before);
        mms_records_publish(writer);
        expect("fields after", count_fields(writer), before + 1);
    }
    mms_writer_close(writer);
}

int main(void)
{
    batch_is_hidden();
    record_is_hidden(MMS_OUTPUT_V1);
    record_is_hidden(MMS_OUTPUT_V1_PACKED);
    return failures != 0;
}
