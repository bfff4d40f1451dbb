/* SPDX-License-Identifier: MIT
 *
 * writer_model.h - what writer_fuzz knows of a writer: its fields, and what their values have to be. */
#ifndef MMSTATS_FUZZ_WRITER_MODEL_H
#define MMSTATS_FUZZ_WRITER_MODEL_H

#include "fuzz/fuzz.h"
#include "mmstats/reader.h"
#include "mmstats/writer.h"

enum { FIELDS = 24, LABEL_SIZE = 300, TEXT_SIZE = 64, RING_SIZE = 8, BUCKETS = 64 };

struct pair { /* the C struct of struct fields: signature "dI" */
    double real;
    uint32_t number, unused;
};

struct field {
    enum mms_kind kind;
    size_t size;
    char label[LABEL_SIZE];
    bool documented;
    int result; /* of adding it: with another one than 0, the handle works on, in private memory */
    union {
        mms_counter counter;
        mms_u64 u64;
        mms_i64 i64;
        mms_u32 u32;
        mms_i32 i32;
        mms_u16 u16;
        mms_i16 i16;
        mms_float f32;
        mms_double f64;
        mms_i8 i8;
        mms_bool boolean;
        mms_string string;
        mms_average average;
        mms_struct structure;
        mms_ring_u32 ring_u32;
        mms_ring_u64 ring_u64;
        mms_ring_double ring_f64;
        mms_histogram histogram;
        mms_transaction transaction;
    } handle;

    /* what it has to be */
    uint64_t number; /* integers, bools; version 1 transactions: not looked at */
    double real, sum;
    uint64_t count; /* samples, additions */
    char text[TEXT_SIZE];
    uint64_t ring[RING_SIZE]; /* the newest last */
    uint64_t buckets[BUCKETS], bucket_sum;
    bool open; /* a transaction */
};

struct model {
    enum mms_output output;
    bool sequence;
    uint8_t options; /* bit 0: prefix, bit 1: reserve, bit 2: small file */
    struct mms_writer *writer;
    bool opened, removed;
    bool grown; /* fields were added after the file was made */
    struct field fields[FIELDS];
    size_t count;
};

/* Another field, at random. */
void model_choose(const struct model *model, struct field *field, struct fuzz_input *in);

/* As the writer wants it; points into field. */
void model_describe(const struct field *field, struct mms_field *description);

/* What adding it now has to return, where there is room. */
int model_expects(const struct model *model, const struct field *field);

/* With the prefix. */
void model_label(const struct model *model, const struct field *field, char out[LABEL_SIZE + 2]);

void model_update(struct field *field, struct fuzz_input *in);

/* The file was taken up; or made anew, where it was not the same. */
void model_resume(struct field *field, bool same);

/* Is that its value? */
void model_require(const struct model *model, const struct field *field, const struct mms_stat *stat);

#endif
