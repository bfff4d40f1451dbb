/* SPDX-License-Identifier: MIT
 *
 * reader.h - read the metrics that other programs publish, while they publish them.
 *
 * A `struct mms_reader` is one file; a `struct mms_set` is all files of a glob. Every byte of a file is treated as
 * hostile; nothing a reader does reaches the writer. The structure is taken once, from a private copy (R601), and again
 * only when it changed (R610); values are read anew at each mms_reader_get.
 *
 *     struct mms_set *set;
 *     if (mms_set_open(NULL, NULL, &set) == 0) {
 *         struct mms_stat stat;
 *         for (size_t f = 0; f < mms_set_count(set); f++) {
 *             struct mms_reader *reader = mms_set_reader(set, f);    // NULL: mms_set_error says why
 *             for (size_t i = 0; reader && i < mms_reader_count(reader); i++)
 *                 if (mms_reader_get(reader, i, &stat) == 0) ...     // stat.label, stat.value
 *         }
 *         mms_set_close(set);
 *     }
 *
 * Errors are negative errno values, outputs are untouched on failure, nothing is ever printed. Two threads may use two
 * readers at once; one reader belongs to one thread at a time. Nothing here touches process-wide state, except
 * mms_reader_guard. A reader holds one file descriptor: a program with very many may have to raise RLIMIT_NOFILE.
 */
#ifndef MMSTATS_READER_H
#define MMSTATS_READER_H

#include "mmstats/format.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How values are read.
 * COPY  by pread: nothing that happens to the file can hurt the process. Verdicts as R607 says.
 * LIVE  from a shared, read-only mapping: exact values, no syscall to read one. A file that is truncated under a
 *       mapping raises SIGBUS: call mms_reader_guard first, or trust the writers. */
enum mms_reader_mode { MMS_READ_COPY, MMS_READ_LIVE };

/* Zero-initialise, then set what you need; size says which members your program knows. */
struct mms_reader_options {
    size_t size;               /* sizeof(struct mms_reader_options) */
    enum mms_reader_mode mode;
    enum mms_order order;      /* AUTO unless forced (R103) */
    uint64_t max_file_size;    /* bytes; 0: MMS_LIMIT_FILE_SIZE_DEFAULT. Larger: -EFBIG (R108) */
    unsigned tries;            /* per value, before it is busy (R602); 0: 64 */
};

struct mms_reader;

/* One field, or one attribute of it, as it was at one moment. Pointers are valid until the next call with this
 * reader. */
struct mms_stat {
    struct mms_text label;        /* untrusted bytes, R105 */
    const struct mms_record *record;
    enum mms_type type;           /* of the elements; MMS_TYPE_PAD for a tuple of different types */
    uint8_t kind;                 /* enum mms_metric: the record's or its data type's (R210: unknown in version 1) */
    struct mms_text unit, help;   /* from metadata, unescaped; size 0: none */
    bool is_array;                /* values is a list (tuple, array, histogram buckets) even if it has one element */
    size_t count;                 /* elements in values */
    const struct mms_value *values;
    uint64_t sum;                 /* layout HISTOGRAM */
    uint64_t sequence;            /* publications so far, where the record counts them; else 0 */
    enum mms_status status;       /* R602 */
    unsigned retries;             /* extra tries that the value took */
};

/* Opens a regular file (no symbolic link as last component, no device, no FIFO; the call never blocks on one).
 * options may be NULL.
 * A file with malformed records opens when its version is known: the fields that are well-formed can be read, and
 * mms_reader_diag says what is wrong with the rest.
 * Returns 0; -errno of open, fstat or read; -EINVAL (options), -ELOOP (symbolic link), -ENOTSUP (not a regular file),
 * -EFBIG; -EPROTONOSUPPORT, -EBADMSG with *diag (rule 0 in it: no rule is broken); -EAGAIN (the structure changed at
 * every try to take it); -ENOMEM. */
MMS_API int mms_reader_open(const char *path, const struct mms_reader_options *options, struct mms_reader **reader,
                            struct mms_diag *diag);

/* NULL is allowed. */
MMS_API void mms_reader_close(struct mms_reader *reader);

MMS_API const char *mms_reader_path(const struct mms_reader *reader);
MMS_API int mms_reader_version(const struct mms_reader *reader);        /* 1 or 2 */
MMS_API enum mms_order mms_reader_order(const struct mms_reader *reader); /* LITTLE or BIG: the one in use */

/* The first error in the structure: returns 0 when there is none, else its -errno with *diag filled. `errors` (may be
 * NULL) is the number of records that could not be read. */
MMS_API int mms_reader_diag(const struct mms_reader *reader, struct mms_diag *diag, size_t *errors);

/* Fields in file order. PADDING, OPAQUE, METADATA and GENERATION records are no fields. */
MMS_API size_t mms_reader_count(const struct mms_reader *reader);

/* Reads field number i: in LIVE mode its present value; in COPY mode that of the last open or refresh, or, where those
 * copies do not settle it, of new copies of this record.
 * After mms_reader_snapshot, in either mode: that of the snapshot.
 * Returns 0; -ERANGE (no such field); -EIO (the file was truncated under the mapping: refresh or close); -ENOMEM (a
 * value takes up to 24 times its bytes in the file). */
MMS_API int mms_reader_get(struct mms_reader *reader, size_t i, struct mms_stat *stat);

/* A number, and how sure it is. */
struct mms_sample {
    union {
        int64_t i;  /* MMS_CLASS_INT */
        uint64_t u; /* MMS_CLASS_UINT; MMS_CLASS_BOOL: 0 or 1 */
        double f;   /* MMS_CLASS_FLOAT */
    };
    uint8_t type;     /* enum mms_type; mms_class_of says which member counts. MMS_TYPE_PAD: no number, all else is 0 */
    uint8_t status;   /* enum mms_status (R602) */
    uint32_t retries; /* extra tries that the value took */
};

/* Reads many numbers at once: what mms_reader_get delivers of each, in a few nanoseconds a field. A number is a field with
 * one elementary value that is a number or a bool, of either version and byte order, aligned or not; not a text, a tuple of
 * several, an array or a histogram: of these type says that they are none. Which fields are numbers changes with the
 * structure alone, when a refresh returns 1.
 * fields: `count` field numbers, in any order; NULL: the first `count` fields. samples: one for each; the caller's.
 * Each number is read by itself, one after the other; for numbers of one moment call mms_reader_snapshot before.
 * Returns 0; -ERANGE (there is no such field; samples are untouched); -EIO, -ENOMEM as mms_reader_get: what samples hold
 * then means nothing. */
MMS_API int mms_reader_sample(struct mms_reader *reader, const size_t *fields, size_t count,
                              struct mms_sample *samples);

/* Several fields as they were at one moment, of writers that change them in transactions (R515, R613): reads all fields,
 * so that mms_reader_get delivers what was read now, and no newer value, until the next mms_reader_refresh or
 * mms_reader_snapshot. That holds for the fields that are changed inside of transactions only; the verdict on each single
 * value is as ever. Waits for a transaction that is open, at most a few milliseconds.
 * In COPY mode this takes new copies of the file; the structure stays that of the last open or refresh.
 * Returns 1; 0 when the file knows no transactions, -EBUSY when one was open at every try (a long one, or its writer died
 * inside: mms_reader_liveness) - then there is no snapshot, and mms_reader_get reads each value by itself; -EIO (the file
 * was truncated: refresh or close), -ESTALE (COPY: the structure changed: refresh), -ENOMEM, -errno of pread. */
MMS_API int mms_reader_snapshot(struct mms_reader *reader);

/* The number of the first field at or after `from` with this label, or -ENOENT. Expected O(1) per call. */
MMS_API int64_t mms_reader_find(const struct mms_reader *reader, const char *label, size_t label_size, size_t from);

/* The number of a default field (R510): of its label as such, else of the first label that has a prefix before it (R511).
 * Expected O(1) per call where no prefix is used, else O(fields). Returns -ENOENT, or -ENOMEM. */
MMS_API int64_t mms_reader_find_sys(const struct mms_reader *reader, enum mms_sys field);

/* Takes the present values (COPY), and the structure again if the file's structure grew or the path means another
 * file now (R610). Call it before each round of reads: a file that was laid out anew in place, as the original
 * writers do it, is noticed here and nowhere else. Pointers from earlier calls end here.
 * Returns 1 when field numbers may have changed, 0 when not; -ENOENT when the path has gone (what is open can still be
 * read), or another error of mms_reader_open, with *diag as there: the reader keeps what it had. */
MMS_API int mms_reader_refresh(struct mms_reader *reader, struct mms_diag *diag);

/* How many times a refresh has returned 1: who keeps field numbers and does not refresh himself (mms_set_refresh does)
 * compares this. */
MMS_API uint64_t mms_reader_generation(const struct mms_reader *reader);

/* --- is the writer alive? ---------------------------------------------------------------------------------------- */

enum mms_liveness { MMS_LIVE, MMS_DEAD, MMS_LIVENESS_UNKNOWN };

/* R511: by the lock where the file has a true `sys.lock`; else by PID and start time where it has `sys.pid`. A label
 * prefix may stand before these; the label without one goes first. UNKNOWN: neither is there, or the system does not
 * say. Pointers from earlier calls end here. */
MMS_API enum mms_liveness mms_reader_liveness(struct mms_reader *reader);

/* The process ID in `sys.pid`, with a prefix or without one (R511): of the writer, in its own PID namespace. 0: the file
 * does not say it, or it cannot be read. Pointers from earlier calls end here. */
MMS_API uint64_t mms_reader_pid(struct mms_reader *reader);

/* --- many files -------------------------------------------------------------------------------------------------- */

struct mms_set;

/* The glob that readers use when they are told none: MMSTATS_GLOB, else all files *.mmstats in the directory
 * MMSTATS_PATH, else in the temporary directory (R509). A variable that is empty counts as not set. Writes at most
 * capacity bytes, NUL-terminated; returns the length of the whole. */
MMS_API size_t mms_default_glob(char *out, size_t capacity);

/* Opens every file that matches, sorted by path. glob NULL: the default one. No match is a set of no files. A file that
 * cannot be opened keeps its place, with its error; a file that went away between listing and opening is left out.
 * Returns 0, -ENOMEM, -EINVAL, or -errno of reading the directory. */
MMS_API int mms_set_open(const char *glob, const struct mms_reader_options *options, struct mms_set **set);

/* The same for several globs, of which each may be NULL: a file that several of them match stands once. An unreadable
 * directory is an error only when nothing was found at all; too few descriptors or too little memory to look is one. */
MMS_API int mms_set_open_globs(const char *const *globs, size_t count, const struct mms_reader_options *options,
                               struct mms_set **set);

/* The same for a list of paths: each stands once, in the order given; a missing one keeps its place with -ENOENT. */
MMS_API int mms_set_open_paths(const char *const *paths, size_t count, const struct mms_reader_options *options,
                               struct mms_set **set);

MMS_API void mms_set_close(struct mms_set *set);
MMS_API size_t mms_set_count(const struct mms_set *set);
MMS_API const char *mms_set_path(const struct mms_set *set, size_t i);
MMS_API struct mms_reader *mms_set_reader(struct mms_set *set, size_t i); /* NULL: not readable, see mms_set_error */

/* Why file i has no reader, or what is wrong in it: 0, or -errno with *diag (diag->rule 0 where no rule is broken). */
MMS_API int mms_set_error(const struct mms_set *set, size_t i, struct mms_diag *diag);

/* Lists the glob (or looks at the paths) again and refreshes every reader; readers of files that stay stay valid.
 * Returns 1 when files came or went, else 0, or an error of mms_set_open. */
MMS_API int mms_set_refresh(struct mms_set *set);

/* --- files that are truncated under a mapping -------------------------------------------------------------------- */

/* Installs a SIGBUS handler for the whole process, once: a fault in the mapping that this thread's reader is reading
 * ends that read with -EIO, any other fault goes on to the handler that was there before. Handlers that are installed
 * later should hand on in the same way. Returns 0 or -errno of sigaction. Thread-safe. */
MMS_API int mms_reader_guard(void);

#ifdef __cplusplus
}
#endif
#endif
