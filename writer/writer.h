/* SPDX-License-Identifier: MIT
 *
 * writer.h - publish metrics: define fields, get handles, update them.
 *
 *     struct web { mms_counter ok; mms_timer request; };
 *
 *     static const struct mms_field web_fields[] = {
 *         MMS_COUNTER(struct web, ok, "web.ok"),
 *         MMS_TIMER(struct web, request, "web.request", "seconds", "time to answer a request"),
 *     };
 *     MMS_MODEL(web_model, struct web, web_fields);
 *
 *     struct web *web = (struct web *)mms_get(&web_model);   // this thread's own, its file made on first use
 *     mms_counter_inc(&web->ok);
 *
 * Each thread that calls mms_get has its own file, and stores into it alone: no lock, no syscall, no allocation in any
 * update. Fields can also be added one by one (mms_writer_new, mms_writer_add, mms_writer_open).
 *
 * Metrics never take a program down: when a file cannot be made, the call says why and the handles work on, in
 * private memory that nobody reads. The library prints nothing, never exits, and leaves signals alone. One thing is
 * beyond it: a file that someone truncates takes the memory away from under its writer (SIGBUS); unlink files instead.
 * Where there is not even memory for a value, handles share one that means nothing.
 *
 * Threads: a handle is updated by one thread at a time (R501). All functions of this header that are not updates may be
 * called from any thread. Nothing here may be called from a signal handler, except updates of handles that the
 * interrupted thread does not use.
 * fork: a child never writes into its parent's file (see MMS_FORK_PRIVATE). Processes made by vfork or a bare clone
 * must not update handles before exec. A daemon makes its metrics after it has forked, as its parents end by _exit,
 * which removes no file.
 * Threads that end: an instance is parked after the destructors of all other thread-specific values have run.
 *
 * C11, and C++11 or later. 64-bit Linux.
 */
#ifndef MMSTATS_WRITER_H
#define MMSTATS_WRITER_H

#include "mmstats/format.h"
#include "mmstats/slot.h"

#if !defined(__linux__) || !defined(__LP64__)
#error "mmstats needs 64-bit Linux"
#endif

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
    uint64_t *sequence; /* NULL: unbuffered (version 1) */
    uint32_t stride;    /* bytes of the value area, or of one of its two buffers */
    uint32_t max;
} mms_string;

/* What a mean is made of is private memory of the writer's, not of the handle: so handles may be copied, and the writer
 * can begin anew in a child process. The state is NULL when there was no memory: then the last sample is the mean. */
struct mms_average_state {
    double sum;
    uint64_t count;
};

struct mms_moving_state {
    double sum;
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
    MMS_KIND_TIMER,
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
    size_t size;                     /* STRING: bytes; MOVING, TIMER: samples (0: the default); INCLUDE: fields */
    uint64_t integer;                /* STATIC_U32, I64, U64 */
    double number;                   /* STATIC_FLOAT, DOUBLE */
    const char *text;                /* STATIC_TEXT: UTF-8, cut at a whole character within 256 bytes */
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
/* MMS_STATIC_xxx(value, label [, unit [, help]]) */
#define MMS_STATIC_FLOAT(value, ...) \
    MMS_STATIC_(MMS_KIND_STATIC_FLOAT, 0, MMS_CAST_(double, MMS_CAST_(float, value)), NULL, __VA_ARGS__)
#define MMS_STATIC_DOUBLE(value, ...) MMS_STATIC_(MMS_KIND_STATIC_DOUBLE, 0, MMS_CAST_(double, value), NULL, __VA_ARGS__)
#define MMS_STATIC_U32(value, ...) MMS_STATIC_(MMS_KIND_STATIC_U32, MMS_CAST_(uint32_t, value), 0, NULL, __VA_ARGS__)
#define MMS_STATIC_I64(value, ...) MMS_STATIC_(MMS_KIND_STATIC_I64, MMS_CAST_(uint64_t, MMS_CAST_(int64_t, value)), 0, NULL, __VA_ARGS__)
#define MMS_STATIC_U64(value, ...) MMS_STATIC_(MMS_KIND_STATIC_U64, MMS_CAST_(uint64_t, value), 0, NULL, __VA_ARGS__)
#define MMS_STATIC_TEXT(value, ...) MMS_STATIC_(MMS_KIND_STATIC_TEXT, 0, 0, value, __VA_ARGS__)
/* All fields of another table (an array), whose struct is a member of this one. A later field with the same label takes
 * the place of the earlier one in the file; the earlier one's handle goes on working: on the same slot when the
 * kinds are the same, else in private memory. Tables may be nested 8 deep. */
#define MMS_INCLUDE(type, member, member_type, table)                                                        \
    { MMS_KIND_INCLUDE, 0, MMS_OFFSET_(type, member, member_type), sizeof(table) / sizeof((table)[0]), 0, 0, \
      NULL, NULL, table, #member, NULL, NULL, NULL }

/* --- options ------------------------------------------------------------------------------------------------------ */

enum mms_output {
    MMS_OUTPUT_V2,       /* version 2 */
    MMS_OUTPUT_V1,       /* version 1, values aligned (R505); old readers read it */
    MMS_OUTPUT_V1_PACKED /* version 1, each record as the original writers make it; values may tear */
};

enum {
    MMS_KEEP = 1,         /* leave the file behind when the process ends normally */
    MMS_RESUME = 2,       /* take up a dead file of the same name and layout with its counters; else it is replaced */
    MMS_FORK_PRIVATE = 4, /* publish nothing in children; else what the forking thread publishes gets a file of the
                             child's own, and what other threads publish becomes private memory there. Either way
                             all values begin anew in a child. For programs that fork just to exec, which would
                             leave a dead file behind each time (posix_spawn, popen and system do not) */
    MMS_PRIVATE = 8       /* make no file at all (as MMSTATS_DISABLE=1 does) */
};

/* Zero-initialise, then set what you need. NULL and 0 are the defaults. Texts are copied. */
struct mms_options {
    size_t size;            /* sizeof(struct mms_options) */
    const char *directory;  /* default: MMSTATS_PATH, else TMPDIR, else /tmp; {CMD} {PID} {TID} {MODEL} {UID} as R509 */
    const char *files;      /* default: MMSTATS_FILES, else {CMD}-{PID}-{TID}.mmstats; no slash */
    const char *prefix;     /* stands before every label, the default fields' too */
    const char *model;      /* for {MODEL}; default: the model's variable name; "mmstats" for mms_writer_new */
    enum mms_output output;
    unsigned flags;         /* MMS_KEEP ... */
    unsigned mode;          /* of the file; default 0644 */
    bool set_group;         /* give the file to `group` */
    unsigned group;
    size_t reserve;         /* bytes of the file kept free for fields that are added later. Beyond them the file is
                               opened again to grow: a program that has given up its rights by then, or whose mode
                               forbids its owner to write, needs a reserve */
    size_t max_size;        /* bytes to which the file can grow, rounded up to pages; default: 1 MiB more than it
                               begins with */
};

/* --- one file: the procedural interface --------------------------------------------------------------------------- */

struct mms_writer;

/* A writer in private memory, with the default fields (R510) in it. options may be NULL. Returns 0; -EINVAL
 * (options), -ENOMEM. */
MMS_API int mms_writer_new(const struct mms_options *options, struct mms_writer **writer);

/* Adds a field and fills in its handle (of the type that the kind asks for; NULL for static fields). Before
 * mms_writer_open the field becomes part of the file's first batch; after it, the file grows: readers see the field
 * whole or not at all (R506), and all handles stay valid.
 * A field that the thread added which had this instance before (mms_get) can be added again, as the same kind and
 * size.
 * Returns 0; -EINVAL (kind, metric, size, no label); -EEXIST (label taken); -EMSGSIZE (label too long, R506: 255
 * bytes in a published version 1 file); -ENOSPC (max_size reached, or disk full), -ENOMEM; -ENOENT, -ESTALE, -EACCES
 * ... (the file has gone, was replaced or cannot be opened, so that it cannot grow). On failure the handle works, in
 * private memory; only a kind that is none fills in nothing. */
MMS_API int mms_writer_add(struct mms_writer *writer, const struct mms_field *field, void *handle);

/* Several fields at once, their handles in a struct: what mms_get does with a model's table. In version 2, readers
 * see all of them or none. The first error is returned; the other fields are added all the same. */
MMS_API int mms_writer_add_table(struct mms_writer *writer, const struct mms_field *fields, size_t count,
                                 void *instance);

/* Publishes: makes the file, complete, under its name (R508), locked (R511). Values so far are kept; no handle of this
 * writer may be updated meanwhile.
 * Returns 0, also when publishing is turned off; -EALREADY (called before). Else -errno, and mms_writer_error has a
 * message; handles go on working in private memory, and the call may be made again. -EBUSY: a live writer has that
 * name (where it is one of this process, -1, -2 ... is put before the extension instead). -ELOOP, -EISDIR, -EEXIST:
 * a symbolic link, a directory, or something that is no file of a writer known to be dead has that name; it is left
 * alone. -ENOSPC: disk full; -EFBIG: RLIMIT_FSIZE; -ENOENT: no such directory; -EINVAL: the template gives no name;
 * -EACCES; -ENAMETOOLONG; ... */
MMS_API int mms_writer_open(struct mms_writer *writer);

/* The file's path; NULL when there is none (not opened, failed, turned off, removed). Valid until the next call with
 * this writer that changes it, or fork. */
MMS_API const char *mms_writer_path(const struct mms_writer *writer);

/* What the last failure was, for a person: "/var/x: No such file or directory (make it, or set MMSTATS_PATH)". ""
 * when there was none. Valid as long as the writer. */
MMS_API const char *mms_writer_error(const struct mms_writer *writer);

/* msync: readers need none, it is for files that are to survive a crash of the machine. Returns 0 or -errno. */
MMS_API int mms_writer_flush(struct mms_writer *writer, bool async);

/* Removes the file, and the files that ended threads of this process left by the same template. Handles go on working.
 * Idempotent. Returns 0 or -errno of unlink (a file that is gone is no error). */
MMS_API int mms_writer_remove(struct mms_writer *writer);

/* Ends a writer made by mms_writer_new: its handles end here, and no other call with it may be under way. The file is removed unless MMS_KEEP. NULL is allowed. */
MMS_API void mms_writer_close(struct mms_writer *writer);

/* --- an instance per thread: the declarative interface ------------------------------------------------------------ */

/* A model: a struct of handles, and the table that binds its members to fields. */
struct mms_model {
    const char *name;
    const struct mms_field *fields;
    size_t count;
    size_t size;                       /* of the struct */
    void *spare;                       /* an instance for when there is no memory at all */
    const struct mms_options *options; /* may be set before the first mms_get; must stay */
    void *state;                       /* the library's, as is the rest */
    bool spare_bound;
};

/* Defines `struct mms_model variable`. table must be an array. */
#define MMS_MODEL(variable, type, table)                                                          \
    static type variable##_spare_;                                                                \
    struct mms_model variable = { #variable, table, sizeof(table) / sizeof((table)[0]), sizeof(type), \
                                  &variable##_spare_, NULL, NULL, false }

/* This thread's instance of the struct; made, with its file, on the thread's first call. Never NULL. An instance
 * whose thread ended is parked, and taken up by the model's next new thread: counters and averages go on, gauges,
 * strings, moving averages and timers begin again, `sys.tid` is updated; a file that could not be made, or was
 * removed, is made then. Instances are never freed: pointers to them stay valid. Options that are wrong: private
 * memory, and a message. The first call in a thread takes a lock and makes a file; later ones only look. */
MMS_API void *mms_get(struct mms_model *model);

/* This thread's writer of the model (as mms_get made it), for mms_writer_path, _error, _flush, _remove, _add.
 * NULL when there was no memory for one. Do not close it. */
MMS_API struct mms_writer *mms_model_writer(struct mms_model *model);

/* Removes the files of all threads of this process. Idempotent. Returns 0, or the first error. */
MMS_API int mms_model_remove(struct mms_model *model);

/* --- updates ---------------------------------------------------------------------------------------------------------
 * No syscall, no lock, no allocation; no division for integers. Integers wrap as C's unsigned (or two's complement) do.
 * _get is what this writer last stored. */

static inline void mms_counter_inc(mms_counter *field) { mms_slot_add_64(field->slot, 1); }
static inline void mms_counter_add(mms_counter *field, uint64_t n) { mms_slot_add_64(field->slot, n); }
static inline void mms_counter_set(mms_counter *field, uint64_t value) { mms_slot_store_64(field->slot, value); }
static inline uint64_t mms_counter_get(const mms_counter *field) { return mms_slot_load_64(field->slot); }

#define MMS_INTEGER_(name, type, bits)                                                          \
    static inline void mms_##name##_set(mms_##name *field, type value)                          \
    {                                                                                           \
        mms_slot_store_##bits(field->slot, (uint##bits##_t)value);                              \
    }                                                                                           \
    static inline void mms_##name##_add(mms_##name *field, type n)                              \
    {                                                                                           \
        mms_slot_add_##bits(field->slot, (uint##bits##_t)n);                                    \
    }                                                                                           \
    static inline type mms_##name##_get(const mms_##name *field)                                \
    {                                                                                           \
        return (type)mms_slot_load_##bits(field->slot);                                         \
    }
MMS_INTEGER_(u64, uint64_t, 64)
MMS_INTEGER_(i64, int64_t, 64)
MMS_INTEGER_(u32, uint32_t, 32)
MMS_INTEGER_(i32, int32_t, 32)
MMS_INTEGER_(u16, uint16_t, 16)
MMS_INTEGER_(i16, int16_t, 16)
#undef MMS_INTEGER_

static inline void mms_float_set(mms_float *field, float value)
{
    mms_slot_store_32(field->slot, mms_bits_of_float(value));
}
static inline float mms_float_get(const mms_float *field) { return mms_float_of_bits(mms_slot_load_32(field->slot)); }
static inline void mms_float_add(mms_float *field, float n) { mms_float_set(field, mms_float_get(field) + n); }

static inline void mms_double_set(mms_double *field, double value)
{
    mms_slot_store_64(field->slot, mms_bits_of_double(value));
}
static inline double mms_double_get(const mms_double *field)
{
    return mms_double_of_bits(mms_slot_load_64(field->slot));
}
static inline void mms_double_add(mms_double *field, double n) { mms_double_set(field, mms_double_get(field) + n); }

static inline void mms_i8_set(mms_i8 *field, int8_t value) { mms_cell_store_8(field->cell, (uint8_t)value); }
static inline int8_t mms_i8_get(const mms_i8 *field) { return (int8_t)mms_cell_load_8(field->cell); }
static inline void mms_i8_add(mms_i8 *field, int8_t n) { mms_i8_set(field, (int8_t)(mms_i8_get(field) + n)); }

static inline void mms_bool_set(mms_bool *field, bool value) { mms_cell_store_8(field->cell, value); }
static inline bool mms_bool_get(const mms_bool *field) { return mms_cell_load_8(field->cell) != 0; }

/* Publishes size bytes of UTF-8, cut at a whole character when they are more than the field's. A NUL in them ends the
 * text for readers. */
static inline void mms_string_set_n(mms_string *field, const char *text, size_t size)
{
    if (size > field->max)
        size = mms_utf8_cut(text, size, field->max);
    if (field->sequence) {
        mms_latch_store(field->slot, field->stride, field->sequence, text, size);
        return;
    }
    mms_slot_copy_in(field->slot, text, size); /* R504: unbuffered, readers may see a mix */
    if (size < field->stride)
        mms_cell_store_8((char *)field->slot + size, 0);
}
static inline void mms_string_set(mms_string *field, const char *text) { mms_string_set_n(field, text, strlen(text)); }

/* Adds a sample and publishes the mean. */
static inline void mms_average_add(mms_average *field, double sample)
{
    struct mms_average_state *state = field->state;
    if (state) {
        state->sum += sample;
        state->count++;
        sample = state->sum / (double)state->count;
    }
    mms_slot_store_64(field->slot, mms_bits_of_double(sample));
}
static inline double mms_average_get(const mms_average *field)
{
    return mms_double_of_bits(mms_slot_load_64(field->slot));
}

/* Adds a sample and publishes the mean of the window: of the samples so far until it is full. */
MMS_API void mms_moving_resum(mms_moving *field); /* sums the window anew, against the drift of += and -= */
static inline void mms_moving_add(mms_moving *field, double sample)
{
    struct mms_moving_state *state = field->state;
    if (state) {
        double *window = (double *)(void *)(state + 1);
        if (state->count == state->size)
            state->sum -= window[state->next];
        else
            state->count++;
        window[state->next] = sample;
        state->sum += sample;
        if (++state->next == state->size) {
            state->next = 0;
            mms_moving_resum(field); /* once in `size` samples */
        }
        sample = state->sum / (double)state->count;
    }
    mms_slot_store_64(field->slot, mms_bits_of_double(sample));
}
static inline double mms_moving_get(const mms_moving *field)
{
    return mms_double_of_bits(mms_slot_load_64(field->slot));
}

/* Adds a duration that was measured elsewhere, in seconds. */
static inline void mms_timer_add(mms_timer *field, double seconds)
{
    field->last = seconds;
    mms_moving_add(&field->moving, seconds);
}
/* For durations that overlap: now, and then the time since. Returns the seconds that were added. */
static inline uint64_t mms_timer_now(const mms_timer *field) { return field->clock(); }
static inline double mms_timer_since(mms_timer *field, uint64_t then)
{
    double seconds = (double)(int64_t)(field->clock() - then) * 1e-9;
    mms_timer_add(field, seconds);
    return seconds;
}
/* start again restarts; stop without start adds nothing and returns 0. */
static inline void mms_timer_start(mms_timer *field)
{
    field->started = field->clock();
    field->running = true;
}
static inline double mms_timer_stop(mms_timer *field)
{
    if (!field->running)
        return 0;
    field->running = false;
    return mms_timer_since(field, field->started);
}
/* Seconds: of the last duration that was added; while the timer runs, those since its start. */
static inline double mms_timer_last(const mms_timer *field)
{
    return field->running ? (double)(int64_t)(field->clock() - field->started) * 1e-9 : field->last;
}
static inline double mms_timer_get(const mms_timer *field) { return mms_moving_get(&field->moving); }

/* MMS_TIMER_SCOPE(&web->request); times from here to the end of the block, however it is left (return, break, C++
 * exception). Several may overlap. */
struct mms_timer_scope {
    mms_timer *timer;
    uint64_t then;
};
static inline struct mms_timer_scope mms_timer_scope_begin_(mms_timer *timer)
{
    struct mms_timer_scope scope = { timer, timer->clock() };
    return scope;
}
static inline void mms_timer_scope_end_(struct mms_timer_scope *scope) { mms_timer_since(scope->timer, scope->then); }
#define MMS_PASTE2_(a, b) a##b
#define MMS_PASTE_(a, b) MMS_PASTE2_(a, b)
#define MMS_TIMER_SCOPE(timer)                                                                                \
    __attribute__((cleanup(mms_timer_scope_end_), unused)) struct mms_timer_scope MMS_PASTE_(mms_scope_, __COUNTER__) = \
        mms_timer_scope_begin_(timer)

#ifdef __cplusplus
}
#pragma GCC diagnostic pop
#endif
#endif
