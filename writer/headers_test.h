/* SPDX-License-Identifier: MIT
 *
 * headers_test.h - C and C++ alike: a model with every macro, and every update. */
#ifndef MMSTATS_WRITER_HEADERS_TEST_H
#define MMSTATS_WRITER_HEADERS_TEST_H

#include <stdio.h>

struct inner {
    mms_counter counter;
};

struct outer {
    mms_counter counter;
    mms_u64 u64;
    mms_i64 i64;
    mms_u32 u32;
    mms_i32 i32;
    mms_u16 u16;
    mms_i16 i16;
    mms_i8 i8;
    mms_float float_;
    mms_double double_;
    mms_double when;
    mms_bool bool_;
    mms_string string;
    mms_average average;
    mms_moving moving;
    mms_timer timer;
    mms_timer cheap;
    mms_timer fast;
    struct inner inner;
    mms_struct both;
    mms_ring_u32 ring_u32;
    mms_ring_u64 ring_u64;
    mms_ring_double ring_double;
    mms_histogram histogram;
    mms_transaction transaction;
};

struct both {
    double sum;
    uint64_t count;
};

static const struct mms_field inner_fields[] = {
    MMS_COUNTER(struct inner, counter, "inner.counter"),
};

static const struct mms_field outer_fields[] = {
    MMS_COUNTER(struct outer, counter, "counter", "unit", "help"),
    MMS_U64(struct outer, u64, NULL),
    MMS_I64(struct outer, i64, "i64"),
    MMS_U32(struct outer, u32, "u32"),
    MMS_I32(struct outer, i32, "i32"),
    MMS_U16(struct outer, u16, "u16"),
    MMS_I16(struct outer, i16, "i16"),
    MMS_I8(struct outer, i8, "i8"),
    MMS_FLOAT(struct outer, float_, "float"),
    MMS_DOUBLE(struct outer, double_, "double", "bytes"),
    MMS_TIMESTAMP(struct outer, when, "when"),
    MMS_BOOL(struct outer, bool_, "bool"),
    MMS_STRING(struct outer, string, 20, "string"),
    MMS_AVERAGE(struct outer, average, "average"),
    MMS_MOVING(struct outer, moving, 10, "moving"),
    MMS_TIMER(struct outer, timer, "timer"),
    MMS_TIMER_OF(struct outer, cheap, 10, mms_clock_coarse, "cheap"),
    MMS_TIMER_OF(struct outer, fast, 10, mms_clock_tsc, "fast"),
    MMS_STRUCT(struct outer, both, struct both, "dQ", "both", "seconds"),
    MMS_RING_U32(struct outer, ring_u32, 3, "ring_u32"),
    MMS_RING_U64(struct outer, ring_u64, 3, "ring_u64", "unit", "help"),
    MMS_RING_DOUBLE(struct outer, ring_double, 3, "ring_double"),
    MMS_HISTOGRAM(struct outer, histogram, 3, 40, 1e-9, "histogram", "seconds"),
    MMS_TRANSACTION(struct outer, transaction),
    MMS_INCLUDE(struct outer, inner, struct inner, inner_fields),
    MMS_STATIC_FLOAT(1.5, "static_float"),
    MMS_STATIC_DOUBLE(2, "static_double"),
    MMS_STATIC_U32(3, "static_u32", "unit"),
    MMS_STATIC_I64(-4, "static_i64"),
    MMS_STATIC_U64(5u, "static_u64", NULL, "help"),
    MMS_STATIC_TEXT("text", "static_text"),
};

static const struct mms_options options = {
    sizeof(struct mms_options), NULL, NULL, "p.", NULL, MMS_OUTPUT_V2, MMS_PRIVATE, 0, false, 0, 0, 0,
};

MMS_MODEL(outer_model, struct outer, outer_fields);

static inline void update_everything(struct outer *o)
{
    MMS_TIMER_SCOPE(&o->timer);
    mms_counter_inc(&o->counter);
    mms_counter_add(&o->counter, 2);
    mms_counter_set(&o->counter, mms_counter_get(&o->counter));
    mms_u64_set(&o->u64, 1);
    mms_u64_add(&o->u64, mms_u64_get(&o->u64));
    mms_i64_set(&o->i64, -1);
    mms_i64_add(&o->i64, mms_i64_get(&o->i64));
    mms_u32_set(&o->u32, 1);
    mms_u32_add(&o->u32, mms_u32_get(&o->u32));
    mms_i32_set(&o->i32, -1);
    mms_i32_add(&o->i32, mms_i32_get(&o->i32));
    mms_u16_set(&o->u16, 1);
    mms_u16_add(&o->u16, mms_u16_get(&o->u16));
    mms_i16_set(&o->i16, -1);
    mms_i16_add(&o->i16, mms_i16_get(&o->i16));
    mms_i8_set(&o->i8, -1);
    mms_i8_add(&o->i8, mms_i8_get(&o->i8));
    mms_float_set(&o->float_, 1.5f);
    mms_float_add(&o->float_, mms_float_get(&o->float_));
    mms_double_set(&o->double_, 1.5);
    mms_double_add(&o->double_, mms_double_get(&o->double_));
    mms_double_set(&o->when, 1e9);
    mms_bool_set(&o->bool_, !mms_bool_get(&o->bool_));
    mms_string_set(&o->string, "text");
    mms_string_set_n(&o->string, "text", 2);
    mms_average_add(&o->average, mms_average_get(&o->average));
    mms_moving_add(&o->moving, mms_moving_get(&o->moving));
    mms_timer_start(&o->cheap);
    mms_timer_stop(&o->cheap);
    mms_timer_since(&o->cheap, mms_timer_now(&o->cheap));
    mms_timer_add(&o->cheap, mms_timer_last(&o->cheap) + mms_timer_get(&o->cheap));
    mms_timer_start(&o->fast);
    mms_timer_stop(&o->fast);
    mms_transaction_begin(&o->transaction);
    struct both both = { 1.5, 1 };
    mms_struct_set(&o->both, &both, sizeof both);
    mms_struct_get(&o->both, &both, sizeof both);
    mms_ring_u32_add(&o->ring_u32, 1);
    mms_ring_u64_add(&o->ring_u64, both.count);
    mms_ring_double_add(&o->ring_double, both.sum);
    mms_histogram_add(&o->histogram, 1000);
    mms_transaction_end(&o->transaction);
    mms_counter_inc(&o->inner.counter);
}

static inline int use_everything(void)
{
    outer_model.options = &options;
    struct outer *o = MMS_CAST_(struct outer *, mms_get(&outer_model));
    update_everything(o);
    struct mms_writer *writer = mms_model_writer(&outer_model);
    bool good = writer != NULL && mms_writer_path(writer) == NULL && *mms_writer_error(writer) == '\0' &&
                mms_counter_get(&o->counter) == 3 && mms_u64_get(&o->u64) == 2 && mms_i16_get(&o->i16) == -2 &&
                mms_counter_get(&o->inner.counter) == 1 && o->timer.moving.state->count == 1;
    if (!good)
        fprintf(stderr, "the handles do not hold what was stored: %s\n", mms_writer_error(writer));
    return good ? 0 : 1;
}

#endif
