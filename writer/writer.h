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
 * The manual is in three files: fields.h (handles, and tables that bind them to fields), update.h (updates), and this.
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
 * which removes no file. A child that has no memory for a copy publishes nothing, and its values begin at 0; only where
 * the system refuses even to replace the mapping, which then stays, do updates of handles of mms_writer_add and
 * mms_writer_add_table reach the parent's file (mms_writer_error says so).
 * Threads that end: an instance is parked after the destructors of all other thread-specific values have run.
 *
 * C11, and C++11 or later. 64-bit Linux.
 */
#ifndef MMSTATS_WRITER_H
#define MMSTATS_WRITER_H

#include "mmstats/fields.h" /* kinds of fields, their handles, tables of them */
#include "mmstats/update.h" /* updates */

#if !defined(__linux__) || !defined(__LP64__)
#error "mmstats needs 64-bit Linux"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* --- options ------------------------------------------------------------------------------------------------------ */

enum mms_output {
    MMS_OUTPUT_V2,       /* version 2 */
    MMS_OUTPUT_V1,       /* version 1, values aligned (R505); old readers read it */
    MMS_OUTPUT_V1_PACKED /* version 1, each record as the original writers make it; values may tear */
};

enum {
    MMS_KEEP = 1,         /* leave the file behind when the process ends normally */
    MMS_RESUME = 2,       /* take up a dead file of the same name and layout with its counters, rings and histograms
                             (in a new file of that name when static texts differ, R516); else it is replaced */
    MMS_FORK_PRIVATE = 4, /* publish nothing in children; else what the forking thread publishes gets a file of the
                             child's own, and what other threads publish becomes private memory there. Either way
                             all values begin anew in a child. For programs that fork just to exec, which would
                             leave a dead file behind each time (posix_spawn, popen and system do not) */
    MMS_PRIVATE = 8,      /* make no file at all (as MMSTATS_DISABLE=1 does) */
    MMS_SEQUENCE = 16     /* MMS_OUTPUT_V1: one more field, sys.sequence (R512), with which readers that know it read
                             strings and structs exactly; others show one more number. Strings are then buffered.
                             Nothing in version 2, which always can; not for MMS_OUTPUT_V1_PACKED (-EINVAL) */
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
 * A field that the thread added which had this instance before (mms_get) can be added again, as the same kind, size,
 * signature and scale.
 * Returns 0; -EINVAL (kind, metric, size, signature, no label); -EEXIST (label taken); -ENOTSUP (the version has no
 * such kind); -EMSGSIZE (label too long, R506: 255 bytes in a published version 1 file); -ENOSPC (max_size reached, or disk full), -ENOMEM; -ENOENT, -ESTALE, -EACCES
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
 * alone. -EAGAIN: a program that looks at the file of a dead writer of that name, such as cleanstats, keeps it locked;
 * that is waited for, a second at most. -ENOSPC: disk full; -EFBIG: RLIMIT_FSIZE; -ENOENT: no such directory; -EINVAL:
 * the template gives no name; -EACCES; -ENAMETOOLONG; ... */
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

/* Ends a writer made by mms_writer_new: its handles end here, and no other call with it may be under way. The file is
 * removed unless MMS_KEEP. NULL is allowed. */
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
 * whose thread ended is parked, and taken up by the model's next new thread: counters, averages, rings and histograms go
 * on, gauges, strings, structs, moving averages and timers begin again, an open transaction ends, `sys.tid` is updated; a
 * file that could not be made, or was removed, is made then. Instances are never freed: pointers to them stay valid.
 * Options that are wrong: private memory, and a message. The first call in a thread takes a lock and makes a file; later
 * ones only look. */
MMS_API void *mms_get(struct mms_model *model);

/* This thread's writer of the model (as mms_get made it), for mms_writer_path, _error, _flush, _remove, _add.
 * NULL when there was no memory for one. Do not close it. */
MMS_API struct mms_writer *mms_model_writer(struct mms_model *model);

/* Removes the files of all threads of this process. Idempotent. Returns 0, or the first error. */
MMS_API int mms_model_remove(struct mms_model *model);

#ifdef __cplusplus
}
#endif
#endif
