/* SPDX-License-Identifier: MIT
 *
 * internal.h - what the files of writer/ share.
 *
 *   writer.c    the procedural interface: every function of it takes the lock and calls one of these
 *   registry.c  the process's list of writers, and the one lock
 *   kinds.c     what each kind of field is in a file; bindings and handles
 *   values.c    what is done to a field's value: load, store, reset, take up
 *   shapes.c    what a field looks like in a file
 *   fields.c    adds one field: record and handle; tables.c adds a table of them
 *   records.c   lays records out behind each other, and publishes a batch of them (R505, R506)
 *   region.c    the memory that handles point into: private, or a file at the same addresses
 *   names.c     the file's path (R509)
 *   publish.c   the file, from its temporary name to its own (R508)
 *   existing.c  what a file that has the name already is; is its writer alive (R511)
 *   resume.c    takes up a dead file
 *   remove.c    removes files
 *   model.c     an instance per thread;  fork.c  children and the end of the process;  clocks.c, tsc.c
 *
 * All functions here that take a writer need the lock, unless they say otherwise.
 * Errors are negative errno values.
 */
#ifndef MMSTATS_WRITER_INTERNAL_H
#define MMSTATS_WRITER_INTERNAL_H

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "mmstats/writer.h"

/* --- kinds.c ------------------------------------------------------------------------------------------------------ */

enum mms_handle { MMS_HANDLE_NONE, MMS_HANDLE_SLOT, MMS_HANDLE_CELL, MMS_HANDLE_STRING, MMS_HANDLE_AVERAGE,
                  MMS_HANDLE_MOVING, MMS_HANDLE_TIMER, MMS_HANDLE_STRUCT, MMS_HANDLE_RING, MMS_HANDLE_HISTOGRAM,
                  MMS_HANDLE_TRANSACTION };

struct mms_kind_row {
    enum mms_handle handle;
    enum mms_type type;
    uint8_t width; /* bytes of a number, element or bucket; 0: a text or tuple */
    bool buffered; /* a number in two buffers */
    char code;     /* version 1; 0: it has no such field, or the program says which */
    enum mms_id id;
    enum mms_metric metric;
};

/* NULL for INCLUDE and what is no kind. */
const struct mms_kind_row *mms_kind_row(enum mms_kind kind);

/* A field, where its value is, and what it is made of. */
struct mms_binding {
    const struct mms_kind_row *row;
    enum mms_kind kind;
    uint8_t metric;
    bool fixed;         /* static, or a default field: never reset */
    bool orphan;        /* added by a thread that has ended: the next one may add it again */
    size_t size;        /* as in the field: bytes, samples, elements, parameters */
    uint64_t form;      /* what else makes two fields differ, as a number: a STRUCT's signature, a HISTOGRAM's scale */
    uint32_t hash;      /* of the label */
    size_t label;       /* where the label is in the file, and how long it is */
    size_t label_size;
    uint8_t *values;    /* value, buffer, element or bucket 0 */
    uint64_t *sequence; /* NULL: none */
    uint32_t stride;    /* bytes of a value, with what aligns the next one; of an element or bucket */
    uint32_t max;       /* bytes of a text or tuple that fit */
    uint32_t slots;     /* RING, HISTOGRAM: elements or buckets */
    enum mms_protocol protocol; /* STRING, STRUCT, static texts */
    union {             /* AVERAGE, MOVING, TIMER; owned, NULL: none */
        struct mms_average_state *average;
        struct mms_moving_state *moving;
        void *any;
    } state;
    mms_timer *timer;   /* TIMER in an instance of the library's own: to reset it; else NULL */
    void *block;        /* private field: the memory of its value; else NULL */
};

/* The write offset of a RING (R414). */
uint16_t *mms_binding_offset(const struct mms_binding *binding);

/* Fills in a handle. */
void mms_bind(const struct mms_binding *binding, const struct mms_field *field, void *handle);

/* Fills in a handle that nothing backs: all such share one scratch value, which nobody should look at. */
void mms_bind_scratch(const struct mms_field *field, void *handle);

/* --- values.c ----------------------------------------------------------------------------------------------------- */

/* The newest value of a number, as bits of its width; publishes one. */
uint64_t mms_binding_load(const struct mms_binding *binding);
void mms_binding_store(const struct mms_binding *binding, uint64_t bits);
void mms_binding_store_text(const struct mms_binding *binding, const char *text, size_t size);

/* An instance's owner changes: all but counters, averages, rings, histograms and static values begin again, by
 * publishing. */
void mms_binding_reset(const struct mms_binding *binding);

/* A child process begins: all but static values are as in a new file. Only in private memory. */
void mms_binding_blank(const struct mms_binding *binding);

/* The bytes of the file that are the binding's value: what may differ between two files of one structure. In the order
 * of the file; returns how many spans there are. */
struct mms_span {
    size_t at, size;
};
enum { MMS_SPANS = 3 };
size_t mms_binding_spans(const struct mms_binding *binding, const uint8_t *base, struct mms_span spans[MMS_SPANS]);

/* The same binding in another image of the file, which begins at `to` instead of `from`. */
struct mms_binding mms_binding_in(const struct mms_binding *binding, const uint8_t *from, uint8_t *to);

/* May the value that stands in the file be taken up: do write buffer (R406), write offset and its sequence (R513) say
 * something? */
bool mms_binding_is_valid(const struct mms_binding *binding);

/* What a writer that died, or a thread that was ended, in the middle of a publication has left: the sequences of rings
 * and histograms say again what is there (R517). */
void mms_binding_mend(const struct mms_binding *binding);

/* A dead writer's file is taken up: publishes into it what this writer has in its own image. Counters, histograms and
 * rings go on; other values are replaced. */
void mms_binding_merge(const struct mms_binding *binding, const struct mms_binding *ours);

/* --- writers ------------------------------------------------------------------------------------------------------ */

struct mms_instance;

struct mms_writer {
    struct mms_writer *next, *previous; /* registry.c */

    /* options: copies, never NULL */
    char *directory, *files, *prefix, *model;
    enum mms_output output;
    uint8_t version;
    unsigned flags;
    mode_t mode;
    bool set_group;
    gid_t group;
    size_t reserve, max_size;
    bool off; /* publishing is turned off */

    /* region.c */
    uint8_t *base;
    size_t reserved; /* address space */
    size_t mapped;   /* of it, memory */
    bool shared;     /* with a file, whether it has a name or not; or with other processes */

    /* records.c */
    size_t end;       /* where the next record begins */
    size_t last;      /* the last record while it may be stretched; 0: none */
    size_t gate;      /* the PADDING record before a batch that is not published yet; 0: none */
    size_t gate_size; /* of that */
    size_t held;      /* version 1: the record that is not published yet; 0: none */
    uint8_t held_low; /* the byte that publishes it */

    /* fields.c */
    struct mms_binding *bindings;
    size_t count, capacity;
    uint32_t *index; /* hash table of numbers into bindings + 1 */
    size_t index_size;
    struct mms_binding sys[MMS_SYS_FIELDS];
    uint64_t *sequence; /* version 1: of sys.sequence (R512); NULL: none */

    /* publish.c */
    bool published, opened;
    char *path;
    size_t path_capacity;
    dev_t device;
    ino_t inode;
    int lock; /* a descriptor that keeps the lock where the mapping does not; -1: none */
    pid_t pid;

    /* whose it is */
    pthread_t thread;
    bool parked; /* its thread has ended */
    struct mms_instance *instance; /* model.c; NULL: made by mms_writer_new */
    bool keeps_handles;            /* they are the library's, and stay where they are: timers can be reset */

    char error[512];
};

/* Writes "what: text of error (hint)" for mms_writer_error; returns error. hint may be NULL. */
int mms_writer_fail(struct mms_writer *writer, int error, const char *what, const char *hint);

/* mms_writer_new without the lock. space: bytes of address space at least, where options name none; 0: the default. */
int mms_writer_make(const struct mms_options *options, size_t space, const char *model, struct mms_writer **writer);
void mms_writer_free(struct mms_writer *writer);

/* mms_writer_open without the lock. */
int mms_writer_publish(struct mms_writer *writer);

/* --- registry.c --------------------------------------------------------------------------------------------------- */

/* The one lock. While it is held, the thread cannot be cancelled: mms_registry_lock returns what mms_registry_unlock
 * takes. */
int mms_registry_lock(void);
void mms_registry_unlock(int cancel_state);

/* The same for the end of the process, which waits for nobody: false when others kept the lock for so long. */
bool mms_registry_lock_in_time(unsigned seconds);
void mms_registry_unlock_only(void);

void mms_registry_add(struct mms_writer *writer);
void mms_registry_drop(struct mms_writer *writer);
struct mms_writer *mms_registry_first(void);

/* This process's writer whose published file this is, or NULL. */
struct mms_writer *mms_registry_find(dev_t device, ino_t inode);

/* Installs what fork.c and model.c need, once; false: that failed. Needs the lock. */
bool mms_registry_setup(void);
/* Undoes what must not outlive the library. */
void mms_registry_teardown(void);

/* --- shapes.c ----------------------------------------------------------------------------------------------------- */

enum {
    MMS_SIGNATURE_MAX = 1000,                   /* characters of a STRUCT's, as the program gives it */
    MMS_SIGNATURE_SIZE = MMS_SIGNATURE_MAX + 16 /* with what aligns it */
};

/* 0, or -EINVAL when the field's size, parameters or signature say nothing. */
int mms_shape_check(const struct mms_field *field);

/* All that follows from the kind: sizes and protocol. file: NULL for private memory, where anything will do that can be
 * updated safely; stride 0: nothing will. */
void mms_shape_set(struct mms_binding *binding, const struct mms_field *field, const struct mms_writer *file);

/* Bytes of all that is the value: both buffers, or all elements. */
size_t mms_shape_bytes(const struct mms_binding *binding);

/* At most so many bytes does a field's value take in a file, with its signature. */
size_t mms_shape_bound(const struct mms_field *field);

/* What mms_record_layout takes, but for the label. The record's signature is in `signature`, without spaces. */
void mms_shape_describe(const struct mms_writer *writer, const struct mms_binding *binding,
                        const struct mms_field *field, char signature[MMS_SIGNATURE_SIZE], struct mms_record *record);

/* --- fields.c, tables.c ------------------------------------------------------------------------------------------- */

/* The default fields (R510). */
int mms_fields_add_sys(struct mms_writer *writer);
/* Their values: this process, this thread, now. locked: is the file? */
void mms_fields_set_sys(struct mms_writer *writer, bool locked);
void mms_fields_set_tid(struct mms_writer *writer);

/* Adds one field and binds its handle; on failure binds it to private memory. *added: the binding, or NULL; it ends
 * with the next call. A published file does not show the field until mms_records_publish. */
int mms_fields_add(struct mms_writer *writer, const struct mms_field *field, void *handle,
                   const struct mms_binding **added);
void mms_fields_bind_private(struct mms_writer *writer, const struct mms_field *field, void *handle);

const char *mms_field_label(const struct mms_field *field); /* NULL: it has none */
uint32_t mms_fields_hash(const char *label, size_t size);

int mms_tables_add(struct mms_writer *writer, const struct mms_field *fields, size_t count, void *instance);
/* All of a table to scratch. */
void mms_tables_bind_scratch(const struct mms_field *fields, size_t count, void *instance, int depth);
/* At most so many bytes does a file with the table have. */
size_t mms_tables_bound(const struct mms_field *fields, size_t count, size_t prefix, int depth);
enum { MMS_TABLE_DEPTH = 8 };

/* --- records.c ---------------------------------------------------------------------------------------------------- */

/* Puts the record behind the others, its value as a new file has it, and completes *record. Its description is what
 * mms_record_layout takes; a signature of version 1 gets the spaces that align it. Nothing has changed on failure.
 * -ENOSPC, -EMSGSIZE, -ENOMEM, or what mms_region_ensure returns. */
int mms_records_append(struct mms_writer *writer, struct mms_record *record);

/* Version 2: the texts of a METADATA record. room is what it may take. */
size_t mms_records_metadata_bound(size_t label, const char *unit, const char *help);
int mms_records_append_metadata(struct mms_writer *writer, struct mms_text label, const char *unit, const char *help);

/* Makes what was appended visible (R506). Nothing to do in a file that has no name yet. */
void mms_records_publish(struct mms_writer *writer);

/* Ends the first batch: the next record may begin here in a published file. */
int mms_records_finish(struct mms_writer *writer);

/* --- region.c ----------------------------------------------------------------------------------------------------- */

size_t mms_region_page_up(size_t size);

int mms_region_make(struct mms_writer *writer, size_t size);
void mms_region_drop(struct mms_writer *writer);

/* Memory for the first size bytes: private, or more of the published file. -ENOSPC: more than max_size. */
int mms_region_ensure(struct mms_writer *writer, size_t size);

/* Gives the address space above size back. */
void mms_region_trim(struct mms_writer *writer, size_t size);

/* The file over the first size bytes; the memory that was there is gone. On failure there is private memory with the
 * file's bytes. */
int mms_region_map(struct mms_writer *writer, int fd, size_t size);

/* Private memory with the same bytes in place of a file. Calls nothing that allocates. */
int mms_region_privatise(struct mms_writer *writer);

/* Disk space for a file (-ENOSPC now rather than SIGBUS later), with no signal when a resource limit forbids it. */
int mms_region_allocate(int fd, size_t size);

/* openat that goes on after a signal: the descriptor or -errno. */
int mms_open_at(int directory, const char *path, int flags, mode_t mode);

/* Reads size bytes from offset on, or what there is of them: how many, or -errno. */
ssize_t mms_read_at(int fd, void *to, size_t size, size_t offset);

/* --- names.c ------------------------------------------------------------------------------------------------------ */

struct mms_place {
    char directory[PATH_MAX]; /* absolute */
    char name[NAME_MAX + 1];
};

/* What the templates say now; tid: in place of {TID}, NULL: this thread's. On failure mms_writer_error is set. */
int mms_place_find(struct mms_writer *writer, const char *tid, struct mms_place *place);

/* Puts -number before the extension of name. */
int mms_place_number(const char *name, unsigned number, char *out, size_t capacity);

char *mms_names_default_directory(void); /* malloc'd; NULL: no memory */
char *mms_names_default_files(void);
bool mms_names_turned_off(void);

/* --- existing.c --------------------------------------------------------------------------------------------------- */

enum mms_existing_is { MMS_EXISTING_NONE, MMS_EXISTING_OURS, MMS_EXISTING_LIVE, MMS_EXISTING_DEAD };

struct mms_existing {
    int fd;           /* of a dead file, -1: none. Locked, so that no one else can take it */
    bool locked;      /* with a write lock */
    struct stat stat;
};

/* Looks at a name. Returns enum mms_existing_is; -ELOOP (symbolic link), -EISDIR, -EEXIST (no file of mmstats, or no
 * way to tell whether its writer is alive), -EAGAIN (somebody looks at it and will soon be done: a cleaner), -EACCES
 * ... */
int mms_existing_look(int directory, const char *name, struct mms_existing *existing);

/* A write lock on the whole file, owned by its description. 0, -EAGAIN (someone has one), or -errno. */
int mms_existing_lock(int fd, bool write);

/* --- publish.c, resume.c, remove.c -------------------------------------------------------------------------------- */

/* Makes the file and maps it. */
int mms_publish(struct mms_writer *writer);

/* What a dead file's values have displaced in the writer's memory. */
struct mms_carried {
    void *block; /* NULL: nothing was carried over */
    const uint8_t *before;
};

/* Takes up a dead file: 1, or -errno. 0: it has to be replaced; *carried says whether its values are in the writer's
 * memory now. Then mms_resume_end must follow, done or not: without a new file, the old one still has its values. */
int mms_resume(struct mms_writer *writer, const struct mms_existing *existing, struct mms_carried *carried);
void mms_resume_end(struct mms_writer *writer, struct mms_carried *carried, bool done);

/* What counts transactions (R515), or NULL. image: the file, or a copy of it. */
uint64_t *mms_writer_generation(const struct mms_writer *writer, uint8_t *image);

/* Version 1: one may have died between a flip and the sequence of the file, which moves on for that (R517). */
void mms_writer_mend_sequence(const struct mms_writer *writer, uint8_t *image);

/* The writer's file gets this path. Allocates unless there is room. */
int mms_publish_set_path(struct mms_writer *writer, const char *directory, const char *name);

/* Closes the descriptor that keeps the lock, if there is one. */
void mms_publish_drop_lock(struct mms_writer *writer);

/* Is what the path means still the writer's file? 1, 0, or -errno. */
int mms_publish_is_ours(const struct mms_writer *writer);

/* The writer's own file. Needs no lock when no one else can use the writer. */
int mms_remove_own(struct mms_writer *writer);
/* The files of ended threads, by the same template. */
void mms_remove_others(struct mms_writer *writer);

/* --- tsc.c -------------------------------------------------------------------------------------------------------- */

/* Measures the rate of mms_clock_tsc, the first time. */
void mms_tsc_prepare(void);

/* --- model.c, fork.c ---------------------------------------------------------------------------------------------- */

bool mms_model_setup(void);
void mms_model_teardown(void);
bool mms_fork_setup(void);
/* No new instance of its model is published, either. */
void mms_instance_turn_off(struct mms_instance *instance);

#endif
