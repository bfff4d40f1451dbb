/* SPDX-License-Identifier: MIT
 *
 * fields.h - handles, and the tables that bind them to fields: a part of writer.h, which programs include.
 */
#ifndef MMSTATS_FIELDS_H
#define MMSTATS_FIELDS_H

#include "mmstats/format.h"
#include "mmstats/slot.h"

#ifdef __cplusplus
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast" /* this is C, too */
extern "C" {
#endif

/* --- handles ---------------------------------------------------------------------------------------------------------
 * A handle is filled in by mms_get or mms_writer_add, and then stays valid until the process ends (mms_get) or
 * mms_writer_close. It may be copied: copies mean the same field (copies of a timer are started and stopped apart).
 * Members are the library's. A handle that was never filled in must not be used. */

typedef struct mms_counter { void *slot; } mms_counter; /* u64 that only goes up */
typedef struct mms_u64 { void *slot; } mms_u64;         /* gauges: numbers that are set, added to, subtracted from */
typedef struct mms_i64 { void *slot; } mms_i64;
typedef struct mms_u32 { void *slot; } mms_u32;
typedef struct mms_i32 { void *slot; } mms_i32;
typedef struct mms_u16 { void *slot; } mms_u16;
typedef struct mms_i16 { void *slot; } mms_i16;
typedef struct mms_float { void *slot; } mms_float;
typedef struct mms_double { void *slot; } mms_double;
typedef struct mms_i8 { void *cell; } mms_i8;           /* unbuffered: one byte needs no second */
typedef struct mms_bool { void *cell; } mms_bool;

/* Text of at most `max` bytes of UTF-8. */
typedef struct mms_string {
    void *slot;
    uint64_t *sequence; /* of the protocols COUNTED and LATCH */
    uint32_t stride;    /* bytes of the value area of one value */
    uint32_t max;
    enum mms_protocol protocol;
} mms_string;

/* Several values that are published at once: a C struct of the program's. */
typedef struct mms_struct {
    void *slot;
    uint64_t *sequence;
    uint32_t stride;
    uint32_t size; /* of the C struct */
    enum mms_protocol protocol;
} mms_struct;

/* The last so many numbers. */
typedef struct mms_ring {
    void *elements;
    uint16_t *offset;
    uint64_t *sequence;
    uint32_t slots; /* one more than readers are shown */
} mms_ring;
typedef struct mms_ring_u32 { mms_ring ring; } mms_ring_u32;
typedef struct mms_ring_u64 { mms_ring ring; } mms_ring_u64;
typedef struct mms_ring_double { mms_ring ring; } mms_ring_double;

/* How many samples fell into which bucket (R417). */
typedef struct mms_histogram {
    uint64_t *buckets;
    uint64_t *sequence;
    uint8_t sub_bits, max_bits;
} mms_histogram;

/* Marks changes of several fields that belong together (R515). */
typedef struct mms_transaction { uint64_t *generation; } mms_transaction;

/* What a mean is made of is private memory of the writer's, not of the handle: so handles may be copied, and the writer
 * can begin anew in a child process. The state is NULL when there was no memory: then the last sample is the mean. */
struct mms_average_state {
    double sum;
    uint64_t count;
};

struct mms_moving_state {
    double sum;
    double inverse;             /* of size */
    uint32_t size, next, count; /* of the samples, which stand behind this */
};

/* Mean of all samples since the instance was made. */
typedef struct mms_average {
    void *slot;
    struct mms_average_state *state;
} mms_average;

/* Mean of the last `size` samples. */
typedef struct mms_moving {
    void *slot;
    struct mms_moving_state *state;
} mms_moving;

/* A clock: nanoseconds since some fixed moment. */
typedef uint64_t mms_clock(void);
MMS_API uint64_t mms_clock_monotonic(void); /* the default: CLOCK_MONOTONIC, through the vDSO: no syscall */
MMS_API uint64_t mms_clock_coarse(void);    /* CLOCK_MONOTONIC_COARSE: cheaper, steps of a few milliseconds */
MMS_API uint64_t mms_clock_thread(void);    /* CPU time of this thread: a syscall each */
/* The processor's own counter (x86-64: the time-stamp counter; arm64: the virtual counter), scaled to nanoseconds: half
 * the price. Only where it runs at one rate on all processors; elsewhere it is mms_clock_monotonic. NTP does not
 * correct it: it may differ from mms_clock_monotonic by some parts in 10^5. Its rate is measured once, within 2 ms, when
 * the first timer that uses it is added (or at its first call, if that is before). Other threads do not wait for that:
 * until then they get mms_clock_monotonic, and so does a child that is forked meanwhile. */
MMS_API uint64_t mms_clock_tsc(void);

/* Moving mean of durations, in seconds. */
typedef struct mms_timer {
    mms_moving moving;
    mms_clock *clock;
    uint64_t started;
    bool running;
    double last;
} mms_timer;

/* --- fields ------------------------------------------------------------------------------------------------------- */

enum mms_kind {
    MMS_KIND_COUNTER, MMS_KIND_U64, MMS_KIND_I64, MMS_KIND_U32, MMS_KIND_I32, MMS_KIND_U16, MMS_KIND_I16,
    MMS_KIND_FLOAT, MMS_KIND_DOUBLE, MMS_KIND_I8, MMS_KIND_BOOL, MMS_KIND_STRING, MMS_KIND_AVERAGE, MMS_KIND_MOVING,
    MMS_KIND_TIMER, MMS_KIND_STRUCT, MMS_KIND_RING_U32, MMS_KIND_RING_U64, MMS_KIND_RING_DOUBLE, MMS_KIND_HISTOGRAM,
    MMS_KIND_TRANSACTION,
    /* values that are there for good; they have no handle */
    MMS_KIND_STATIC_FLOAT, MMS_KIND_STATIC_DOUBLE, MMS_KIND_STATIC_U32, MMS_KIND_STATIC_I64, MMS_KIND_STATIC_U64,
    MMS_KIND_STATIC_TEXT,
    /* another table of fields, bound to a struct inside the struct */
    MMS_KIND_INCLUDE
};

/* One field of a table. Made by the macros below, so that the type of the handle is checked when the program is
 * compiled; programs that make fields while they run may fill it in themselves. Texts are copied when the field is
 * added. */
struct mms_field {
    enum mms_kind kind;
    uint8_t metric;                  /* enum mms_metric; 0: what the kind implies */
    size_t offset;                   /* of the handle in the struct */
    size_t size;                     /* STRING, STRUCT: bytes; MOVING, TIMER: samples (0: the default); RING: elements;
                                        HISTOGRAM: sub_bits + 256 * max_bits; INCLUDE: fields */
    uint64_t integer;                /* STATIC_U32, I64, U64 */
    double number;                   /* STATIC_FLOAT, DOUBLE; HISTOGRAM: scale */
    const char *text;                /* STATIC_TEXT: UTF-8, cut at a whole character within 256 bytes;
                                        STRUCT: type signature */
    mms_clock *clock;                /* TIMER; NULL: mms_clock_monotonic */
    const struct mms_field *include; /* INCLUDE */
    const char *name;                /* of the member */
    const char *label;               /* UTF-8; NULL or empty: the name */
    const char *unit, *help;         /* NULL: none. Written in version 2 only */
};

/* The offset of a member, with a compile error when the member is no such handle. */
#ifdef __cplusplus
extern "C++" {
template <class Handle> char mms_same_handle_(Handle *);
}
#define MMS_CAST_(type, value) static_cast<type>(value)
#define MMS_OFFSET_(type, member, handle) \
    (offsetof(type, member) + 0 * sizeof(mms_same_handle_<handle>(&static_cast<type *>(nullptr)->member)))
#else
#define MMS_CAST_(type, value) ((type)(value))
#define MMS_OFFSET_(type, member, handle) \
    (offsetof(type, member) + 0 * sizeof(_Generic(((type *)0)->member, handle: 1)))
#endif
#define MMS_DOC_(...) MMS_DOC3_(__VA_ARGS__, NULL, NULL, NULL)
#define MMS_DOC3_(label, unit, help, ...) label, unit, help
#define MMS_FIELD_(kind, type, member, handle, metric, size, clock, ...) \
    { kind, metric, MMS_OFFSET_(type, member, handle), size, 0, 0, NULL, clock, NULL, #member, MMS_DOC_(__VA_ARGS__) }
#define MMS_FIELD_OF_(kind, type, member, handle, size, number, text, ...) \
    { kind, 0, MMS_OFFSET_(type, member, handle), size, 0, number, text, NULL, NULL, #member, MMS_DOC_(__VA_ARGS__) }
#define MMS_STATIC_(kind, integer, number, text, ...) \
    { kind, 0, 0, 0, integer, number, text, NULL, NULL, NULL, MMS_DOC_(__VA_ARGS__) }

/* MMS_xxx(struct type, member, label [, unit [, help]]). A label of NULL is the member's name. */
#define MMS_COUNTER(type, member, ...) MMS_FIELD_(MMS_KIND_COUNTER, type, member, mms_counter, 0, 0, NULL, __VA_ARGS__)
#define MMS_U64(type, member, ...) MMS_FIELD_(MMS_KIND_U64, type, member, mms_u64, 0, 0, NULL, __VA_ARGS__)
#define MMS_I64(type, member, ...) MMS_FIELD_(MMS_KIND_I64, type, member, mms_i64, 0, 0, NULL, __VA_ARGS__)
#define MMS_U32(type, member, ...) MMS_FIELD_(MMS_KIND_U32, type, member, mms_u32, 0, 0, NULL, __VA_ARGS__)
#define MMS_I32(type, member, ...) MMS_FIELD_(MMS_KIND_I32, type, member, mms_i32, 0, 0, NULL, __VA_ARGS__)
#define MMS_U16(type, member, ...) MMS_FIELD_(MMS_KIND_U16, type, member, mms_u16, 0, 0, NULL, __VA_ARGS__)
#define MMS_I16(type, member, ...) MMS_FIELD_(MMS_KIND_I16, type, member, mms_i16, 0, 0, NULL, __VA_ARGS__)
#define MMS_FLOAT(type, member, ...) MMS_FIELD_(MMS_KIND_FLOAT, type, member, mms_float, 0, 0, NULL, __VA_ARGS__)
#define MMS_DOUBLE(type, member, ...) MMS_FIELD_(MMS_KIND_DOUBLE, type, member, mms_double, 0, 0, NULL, __VA_ARGS__)
#define MMS_I8(type, member, ...) MMS_FIELD_(MMS_KIND_I8, type, member, mms_i8, 0, 0, NULL, __VA_ARGS__)
#define MMS_BOOL(type, member, ...) MMS_FIELD_(MMS_KIND_BOOL, type, member, mms_bool, 0, 0, NULL, __VA_ARGS__)
#define MMS_AVERAGE(type, member, ...) MMS_FIELD_(MMS_KIND_AVERAGE, type, member, mms_average, 0, 0, NULL, __VA_ARGS__)
/* A double that is a moment in UNIX seconds. */
#define MMS_TIMESTAMP(type, member, ...) \
    MMS_FIELD_(MMS_KIND_DOUBLE, type, member, mms_double, MMS_METRIC_TIMESTAMP, 0, NULL, __VA_ARGS__)
/* MMS_STRING(struct type, member, bytes, label ...), MMS_MOVING(struct type, member, samples, label ...),
 * MMS_TIMER(struct type, member, label ...): 100 samples, monotonic clock;
 * MMS_TIMER_OF(struct type, member, samples, clock, label ...) */
#define MMS_STRING(type, member, bytes, ...) \
    MMS_FIELD_(MMS_KIND_STRING, type, member, mms_string, 0, MMS_CAST_(size_t, bytes), NULL, __VA_ARGS__)
#define MMS_MOVING(type, member, samples, ...) \
    MMS_FIELD_(MMS_KIND_MOVING, type, member, mms_moving, 0, MMS_CAST_(size_t, samples), NULL, __VA_ARGS__)
#define MMS_TIMER(type, member, ...) MMS_FIELD_(MMS_KIND_TIMER, type, member, mms_timer, 0, 0, NULL, __VA_ARGS__)
#define MMS_TIMER_OF(type, member, samples, clock, ...) \
    MMS_FIELD_(MMS_KIND_TIMER, type, member, mms_timer, 0, MMS_CAST_(size_t, samples), clock, __VA_ARGS__)
/* MMS_STRUCT(struct type, member, struct value, signature, label ...): a C struct without pointers, and its members'
 * types as Python's struct module has them (SPEC.md, section 3): "dQ" for { double sum; uint64_t count; }. No byte-order
 * mark; at most 1000 characters. Where it does not describe a struct of that size, adding the field fails (-EINVAL). */
#define MMS_STRUCT(type, member, value, signature, ...) \
    MMS_FIELD_OF_(MMS_KIND_STRUCT, type, member, mms_struct, sizeof(value), 0, signature, __VA_ARGS__)
/* MMS_RING_xxx(struct type, member, elements, label ...): readers are shown the last so many, oldest first; 1 to 65535.
 * Version 2 only (-ENOTSUP in version 1). */
#define MMS_RING_U32(type, member, elements, ...) \
    MMS_FIELD_OF_(MMS_KIND_RING_U32, type, member, mms_ring_u32, MMS_CAST_(size_t, elements), 0, NULL, __VA_ARGS__)
#define MMS_RING_U64(type, member, elements, ...) \
    MMS_FIELD_OF_(MMS_KIND_RING_U64, type, member, mms_ring_u64, MMS_CAST_(size_t, elements), 0, NULL, __VA_ARGS__)
#define MMS_RING_DOUBLE(type, member, elements, ...) \
    MMS_FIELD_OF_(MMS_KIND_RING_DOUBLE, type, member, mms_ring_double, MMS_CAST_(size_t, elements), 0, NULL, __VA_ARGS__)
/* MMS_HISTOGRAM(struct type, member, sub_bits, max_bits, scale, label ...): 2^sub_bits buckets in each power of two, so
 * that a bucket is at most 2^-sub_bits wide in proportion; samples of 2^max_bits and more share the last one; a sample
 * of 1 stands for `scale` in the unit. 0 <= sub_bits <= 16, sub_bits <= max_bits <= 64. (3, 40, 1e-9): durations in
 * nanoseconds, to 12 %, up to 18 minutes, in 305 buckets. Version 2 only (-ENOTSUP in version 1). */
#define MMS_HISTOGRAM(type, member, sub_bits, max_bits, scale, ...)                                                 \
    MMS_FIELD_OF_(MMS_KIND_HISTOGRAM, type, member, mms_histogram, MMS_CAST_(size_t, (sub_bits) + 256 * (max_bits)), \
                  scale, NULL, __VA_ARGS__)
/* MMS_TRANSACTION(struct type, member): one in a file, labelled sys.generation (another label: -EINVAL). Not in
 * packed version 1 (-ENOTSUP). */
#define MMS_TRANSACTION(type, member) \
    MMS_FIELD_OF_(MMS_KIND_TRANSACTION, type, member, mms_transaction, 0, 0, NULL, MMS_LABEL_GENERATION)
/* MMS_STATIC_xxx(value, label [, unit [, help]]) */
#define MMS_STATIC_FLOAT(value, ...) \
    MMS_STATIC_(MMS_KIND_STATIC_FLOAT, 0, MMS_CAST_(double, MMS_CAST_(float, value)), NULL, __VA_ARGS__)
#define MMS_STATIC_DOUBLE(value, ...) MMS_STATIC_(MMS_KIND_STATIC_DOUBLE, 0, MMS_CAST_(double, value), NULL, __VA_ARGS__)
#define MMS_STATIC_U32(value, ...) MMS_STATIC_(MMS_KIND_STATIC_U32, MMS_CAST_(uint32_t, value), 0, NULL, __VA_ARGS__)
#define MMS_STATIC_I64(value, ...) \
    MMS_STATIC_(MMS_KIND_STATIC_I64, MMS_CAST_(uint64_t, MMS_CAST_(int64_t, value)), 0, NULL, __VA_ARGS__)
#define MMS_STATIC_U64(value, ...) MMS_STATIC_(MMS_KIND_STATIC_U64, MMS_CAST_(uint64_t, value), 0, NULL, __VA_ARGS__)
#define MMS_STATIC_TEXT(value, ...) MMS_STATIC_(MMS_KIND_STATIC_TEXT, 0, 0, value, __VA_ARGS__)
/* All fields of another table (an array), whose struct is a member of this one. A later field with the same label takes
 * the place of the earlier one in the file; the earlier one's handle goes on working: on the same slot when the
 * kinds are the same, else in private memory. Tables may be nested 8 deep. */
#define MMS_INCLUDE(type, member, member_type, table)                                                        \
    { MMS_KIND_INCLUDE, 0, MMS_OFFSET_(type, member, member_type), sizeof(table) / sizeof((table)[0]), 0, 0, \
      NULL, NULL, table, #member, NULL, NULL, NULL }

#ifdef __cplusplus
}
#pragma GCC diagnostic pop
#endif
#endif
