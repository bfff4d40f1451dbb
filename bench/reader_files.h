/* SPDX-License-Identifier: MIT
 *
 * reader_files.h - files of any number of metrics, to be read in a benchmark. */
#ifndef MMSTATS_BENCH_READER_FILES_H
#define MMSTATS_BENCH_READER_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a file is like. */
struct file_format {
    const char *name;
    uint8_t version;
    bool packed;    /* as the original writers make it; else every value aligned */
    bool described; /* each metric has unit and help */
};

extern const struct file_format file_formats[];
extern const size_t file_format_count;

/* A file that was made, and what is in it. */
struct file {
    char path[256];
    size_t size;    /* bytes */
    size_t metrics; /* metric number i has the value i + 1 */
    double sum;     /* of all values */
};

enum { LABEL_SIZE = 18 };

/* The label of metric number i, NUL-terminated. */
void file_label(size_t i, char label[LABEL_SIZE + 1]);

/* Makes a file in a directory: numbers of several types, most of them counters. Returns 0 or -errno. */
int file_make(const char *directory, const struct file_format *format, size_t metrics, struct file *file);
void file_remove(const struct file *file);

#endif
