/* SPDX-License-Identifier: MIT
 *
 * reader_ways.c - the ways to read a file that are measured, and what they are measured against. */
#include "bench/reader_ways.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void check(const char *what, int error)
{
    if (error < 0)
        bench_fail(what, error);
}

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);
    if (memory == NULL)
        bench_fail("memory", -ENOMEM);
    return memory;
}

static struct mms_reader *open_reader(const struct subject *subject, enum mms_reader_mode mode)
{
    struct mms_reader_options options = {.size = sizeof options, .mode = mode, .max_file_size = (uint64_t)1 << 40};
    struct mms_reader *reader = NULL;
    check(subject->file.path, mms_reader_open(subject->file.path, &options, &reader, NULL));
    return reader;
}

static double number_of(const struct mms_stat *stat)
{
    const struct mms_value *value = stat->values;
    switch (mms_class_of(value->type)) {
    case MMS_CLASS_INT:
        return (double)value->i;
    case MMS_CLASS_UINT:
        return (double)value->u;
    case MMS_CLASS_FLOAT:
        return value->f;
    default:
        return NAN;
    }
}

static double get(struct mms_reader *reader, size_t i)
{
    struct mms_stat stat;
    check("mms_reader_get", mms_reader_get(reader, i, &stat));
    return number_of(&stat);
}

static double get_all(struct mms_reader *reader)
{
    double sum = 0;
    for (size_t i = 0, count = mms_reader_count(reader); i < count; i++)
        sum += get(reader, i);
    return sum;
}

static double number_in(const struct mms_sample *sample)
{
    switch (mms_class_of((enum mms_type)sample->type)) {
    case MMS_CLASS_INT:
        return (double)sample->i;
    case MMS_CLASS_UINT:
        return (double)sample->u;
    case MMS_CLASS_FLOAT:
        return sample->f;
    default:
        return NAN;
    }
}

static void sample_all(struct mms_reader *reader, const struct subject *subject)
{
    check("mms_reader_sample", mms_reader_sample(reader, NULL, subject->file.metrics, subject->samples));
}

/* --- ways to read ------------------------------------------------------------------------------------------------- */

static double memcpy_file(struct subject *subject)
{
    memcpy(subject->target, subject->bytes, subject->file.size);
    __asm__ volatile("" ::: "memory");
    return 0;
}

static double memcpy_values(struct subject *subject)
{
    memcpy(subject->target, subject->values, subject->file.metrics * sizeof(uint64_t));
    __asm__ volatile("" ::: "memory");
    return 0;
}

static double read_only(struct subject *subject)
{
    struct stat st;
    if (fstatat(AT_FDCWD, subject->file.path, &st, AT_SYMLINK_NOFOLLOW) < 0)
        bench_fail("fstatat", -errno);
    int fd = open(subject->file.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        bench_fail("open", -errno);
    for (int copy = 0; copy < 2; copy++)
        if (pread(fd, subject->target, subject->file.size, 0) != (ssize_t)subject->file.size)
            bench_fail("pread", -errno);
    close(fd);
    return 0;
}

static double cold(struct subject *subject)
{
    struct mms_reader *reader = open_reader(subject, MMS_READ_COPY);
    sample_all(reader, subject);
    mms_reader_close(reader);
    return 0;
}

static double cold_live(struct subject *subject)
{
    struct mms_reader *reader = open_reader(subject, MMS_READ_LIVE);
    sample_all(reader, subject);
    mms_reader_close(reader);
    return 0;
}

static double reread(struct subject *subject)
{
    check("mms_reader_refresh", mms_reader_refresh(subject->copy, NULL));
    sample_all(subject->copy, subject);
    return 0;
}

static double live(struct subject *subject)
{
    sample_all(subject->live, subject);
    return 0;
}

static double cold_get(struct subject *subject)
{
    struct mms_reader *reader = open_reader(subject, MMS_READ_COPY);
    double sum = get_all(reader);
    mms_reader_close(reader);
    return sum;
}

static double cold_live_get(struct subject *subject)
{
    struct mms_reader *reader = open_reader(subject, MMS_READ_LIVE);
    double sum = get_all(reader);
    mms_reader_close(reader);
    return sum;
}

static double reread_get(struct subject *subject)
{
    check("mms_reader_refresh", mms_reader_refresh(subject->copy, NULL));
    return get_all(subject->copy);
}

static double live_get(struct subject *subject)
{
    return get_all(subject->live);
}

static double lookup(struct subject *subject)
{
    double sum = 0;
    for (size_t i = 0; i < subject->file.metrics; i++) {
        int64_t found = mms_reader_find(subject->live, subject->labels[i], LABEL_SIZE, 0);
        check("mms_reader_find", (int)found);
        sum += get(subject->live, (size_t)found);
    }
    return sum;
}

const struct way ways[] = {
    [WAY_MEMCPY] = {"memcpy_file", memcpy_file, LOOKS_NOT, "memcpy of the whole file"},
    [WAY_MEMCPY_VALUES] = {"memcpy_values", memcpy_values, LOOKS_NOT, "memcpy of 8 bytes a metric"},
    [WAY_SYSCALLS] = {"syscalls", read_only, LOOKS_NOT, "the system calls of cold, and nothing else"},
    [WAY_COLD] = {"cold", cold, LOOKS_SAMPLES, "copy mode: open, sample all values, close"},
    [WAY_COLD_LIVE] = {"cold_live", cold_live, LOOKS_SAMPLES, "live mode: open, sample all values, close"},
    [WAY_REREAD] = {"reread", reread, LOOKS_SAMPLES, "copy mode: refresh, sample all values"},
    [WAY_LIVE] = {"live", live, LOOKS_SAMPLES, "live mode: sample all values by index"},
    [WAY_COLD_GET] = {"cold_get", cold_get, LOOKS_SUM, "copy mode: open, get each value, close"},
    [WAY_COLD_LIVE_GET] = {"cold_live_get", cold_live_get, LOOKS_SUM, "live mode: open, get each value, close"},
    [WAY_REREAD_GET] = {"reread_get", reread_get, LOOKS_SUM, "copy mode: refresh, get each value"},
    [WAY_LIVE_GET] = {"live_get", live_get, LOOKS_SUM, "live mode: get each value by its index"},
    [WAY_LOOKUP] = {"lookup", lookup, LOOKS_SUM, "live mode: find labels in a random order, get their values"},
};

/* --- a subject ---------------------------------------------------------------------------------------------------- */

static void make_labels(struct subject *subject)
{
    uint64_t state = 1;
    subject->labels = allocate(subject->file.metrics, sizeof *subject->labels);
    for (size_t i = 0; i < subject->file.metrics; i++) {
        size_t k = bench_random(&state) % (i + 1);
        memcpy(subject->labels[i], subject->labels[k], sizeof *subject->labels);
        file_label(i, subject->labels[k]);
    }
}

void subject_begin(struct subject *subject, const char *directory, const struct file_format *format, size_t metrics)
{
    subject->format = format;
    check(directory, file_make(directory, format, metrics, &subject->file));
    size_t value_bytes = metrics * sizeof(uint64_t);
    subject->bytes = allocate(subject->file.size, 1);
    subject->values = allocate(value_bytes, 1);
    subject->target = allocate(subject->file.size > value_bytes ? subject->file.size : value_bytes, 1);
    memset(subject->bytes, 1, subject->file.size);
    memset(subject->values, 1, value_bytes);
    make_labels(subject);
    subject->samples = allocate(metrics, sizeof *subject->samples);
    subject->copy = open_reader(subject, MMS_READ_COPY);
    subject->live = open_reader(subject, MMS_READ_LIVE);
}

void subject_end(struct subject *subject)
{
    mms_reader_close(subject->copy);
    mms_reader_close(subject->live);
    file_remove(&subject->file);
    free(subject->bytes);
    free(subject->values);
    free(subject->target);
    free(subject->labels);
    free(subject->samples);
}

bool subject_is_right(const struct subject *subject, const struct way *way, double sum)
{
    if (way->looks == LOOKS_SAMPLES) {
        sum = 0;
        for (size_t i = 0; i < subject->file.metrics; i++)
            sum += number_in(&subject->samples[i]);
    }
    return way->looks == LOOKS_NOT || sum == subject->file.sum;
}
