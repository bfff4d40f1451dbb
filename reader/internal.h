/* SPDX-License-Identifier: MIT
 *
 * internal.h - what the parts of the reader share. Private to reader/.
 *
 *   file.c          open and read a file that may be anything
 *   copies.c        copies of it
 *   structure.c     do two copies of a file have one structure?
 *   index.c         the fields of a copy
 *   labels.c        from label to field number
 *   notes.c         what metadata says about fields
 *   view.c          a file as it was taken: structure, index, mapping or copies
 *   observe_live.c  one value from a mapping, and its verdict
 *   observe_copy.c  the same from copies
 *   sample.c        many numbers at once
 *   snapshot.c      all values, as they were at one moment
 *   decode.c        the bytes of a value, as struct mms_stat
 *   guard.c         SIGBUS
 *   reader.c, liveness.c, glob.c, set.c: reader.h
 */
#ifndef MMSTATS_READER_INTERNAL_H
#define MMSTATS_READER_INTERNAL_H

#include <sys/stat.h>

#include "format/bug.h"
#include "mmstats/reader.h"
#include "mmstats/slot.h"

enum {
    MMS_TRIES_DEFAULT = 64, /* of one value (R602) */
    MMS_STRUCTURE_TRIES = 8, /* to find two copies with one structure */
    MMS_COPIES = 3,          /* R607 */
};

/* --- file.c ------------------------------------------------------------------------------------------------------ */

/* Opens a regular file of at most max bytes. Returns 0 with *st filled, or as mms_reader_open. */
int mms_file_open(const char *path, uint64_t max, int *fd, struct stat *st);

/* R108. Returns 0 with *st filled, -ENOTSUP, -EFBIG or -errno of fstat. */
int mms_file_stat(int fd, uint64_t max, struct stat *st);

/* Reads exactly size bytes. Returns 0, -EIO when the file ends before, or -errno of pread. */
int mms_file_read(int fd, void *to, size_t size, uint64_t offset);

/* Reads size bytes, and one more if the file has one; to: room for all of them. Returns 0: the file ends there, 1: it goes
 * on, -EIO: it ended before; or -errno of pread. */
int mms_file_read_more(int fd, void *to, size_t size, uint64_t offset);

/* --- copies.c ---------------------------------------------------------------------------------------------------- */

/* Makes copies[0], of size bytes. Returns 0, -ENOMEM, -EIO (the file is shorter) or -errno. */
int mms_copies_first(int fd, size_t size, uint8_t *copies[MMS_COPIES]);

/* Makes copies[number] after copies[number - 1]: the same memory, where the same bytes are in it. Returns 1 when the file
 * is longer by now, else as above. */
int mms_copies_next(int fd, size_t size, uint8_t *copies[MMS_COPIES], int number);

/* Forgets them all; `but` stays in memory. */
void mms_copies_free(uint8_t *copies[MMS_COPIES], const uint8_t *but);

/* --- structure.c ------------------------------------------------------------------------------------------------- */

/* Two copies of a file, of which one is being scanned. */
struct mms_twin {
    struct mms_scan scan; /* of the other one */
    const uint8_t *mine;
    size_t differs; /* the first byte that is not the same in both, of those that are still to be scanned */
};

/* What a scan found. */
struct mms_found {
    int got;           /* what mms_scan_next returned, but 0 */
    size_t start, end; /* the scan's offset before and after */
    const struct mms_record *record;
    const struct mms_diag *diag;
};

/* scan: at its beginning; other: as many bytes. False: they are of different versions. */
bool mms_twin_begin(struct mms_twin *twin, const struct mms_scan *scan, const uint8_t *other);

/* Has the other copy the very bytes from start to end? Then it says the same: what a record, or an error in it, says
 * depends on its own bytes alone. False for an error that ends the list (start is end), which depends on more. */
static inline bool mms_twin_has(const struct mms_twin *twin, size_t start, size_t end)
{
    return end > start && twin->differs >= end;
}

/* Does the other copy say the same, but for values? To be called for all that the scan finds, in turn, but for what
 * mms_twin_has settles. */
bool mms_twin_agrees(struct mms_twin *twin, const struct mms_found *found);

/* The scan has ended here. Has the other copy no more either? whole: else that is no matter. */
bool mms_twin_ends(struct mms_twin *twin, size_t offset, bool whole);

/* All of it at once. */
bool mms_structure_agrees(const struct mms_scan *scan, const uint8_t *other, bool whole);

/* --- index.c ----------------------------------------------------------------------------------------------------- */

/* How a value is observed (SPEC.md, section 6). */
enum mms_way {
    MMS_WAY_STATIC,    /* R603, R516: does not change */
    MMS_WAY_CELL,      /* R603, unbuffered */
    MMS_WAY_FLIP,      /* R603, buffered */
    MMS_WAY_LATCH,     /* R604 */
    MMS_WAY_COUNTED,   /* R611 */
    MMS_WAY_FLIPS,     /* R605, buffered */
    MMS_WAY_TWICE,     /* R605, unbuffered */
    MMS_WAY_RING,      /* R606: an array with a sequence */
    MMS_WAY_ARRAY,     /* an array without one */
    MMS_WAY_HISTOGRAM, /* R612 */
};

/* A field, described. */
struct mms_entry {
    struct mms_record record;
    enum mms_way way;
    size_t from;     /* offset in the file of what is observed: of the first of two buffers */
    size_t bytes;    /* how much that is: one buffer, all elements, sum and buckets */
    size_t sequence; /* offset in the file of its sequence: the record's, or the file's; 0: there is none */
};

/* What is kept of a field: where its record is, to be scanned again, and what it takes to read a number. */
struct mms_place {
    size_t values;   /* offset in the file of its value area: of the first of two buffers */
    uint32_t header; /* how far before that the record begins; less than 2^18 bytes */
    uint8_t type;    /* enum mms_type of a number; MMS_TYPE_PAD: it is none */
    uint8_t access;  /* how one access reads it whole (R603): its bytes, and flags; 0: mms_reader_get knows how */
};

enum { MMS_ACCESS_BYTES = 15, MMS_ACCESS_BUFFERED = 16, MMS_ACCESS_SWAPPED = 32 };

#define MMS_NO_NUMBER UINT32_MAX

/* From label to the first field that has it, and on to the next one. */
struct mms_labels {
    struct mms_label_slot *slots; /* NULL: not made yet */
    size_t mask;
    uint64_t key[2];
    uint32_t *next; /* by field; MMS_NO_NUMBER: it is the last one */
};

/* What the METADATA records with one label say (R418). */
struct mms_note {
    struct mms_text unit, help;
};

struct mms_notes {
    struct mms_note *notes;
    size_t count, room;
    uint32_t *of;   /* by field: its note's number, counted from 1; 0: nothing is said. NULL: not made yet */
    char *texts;    /* those that had escapes */
};

struct mms_index {
    struct mms_scan begin; /* of the copy, which has to stay */
    struct mms_scan scan;  /* at the end of the list */
    struct mms_place *places;
    size_t count, room;
    struct mms_diag diag; /* the first error; error 0: none */
    size_t errors;
    size_t sequence;      /* offset of the value of version 1's sys.sequence (R512); 0: there is none */
    size_t generation;    /* of the file's generation (R515); 0: there is none */
    bool sequences;       /* some field, or the file, has one: R607 */
    bool metadata;        /* there is some */
    struct mms_labels labels;
    struct mms_notes notes;
};

/* Indexes a copy. other: another one to confirm it, or NULL; whole: as in mms_twin_ends.
 * Returns 0, 1 when the other one does not agree, -ENOMEM or -EFBIG (2^32 fields). */
int mms_index_build(struct mms_index *index, struct mms_scan scan, const uint8_t *other, bool whole);
void mms_index_free(struct mms_index *index);

/* Field number i, which there is: its record, or all about it. */
void mms_index_record(const struct mms_index *index, size_t i, struct mms_record *record);
void mms_index_entry(const struct mms_index *index, size_t i, struct mms_entry *entry);
bool mms_index_has_label(const struct mms_index *index, size_t i, struct mms_text label);

/* Makes room for one more. Returns the array, which may have moved, or NULL. */
void *mms_grow(void *array, size_t count, size_t *room, size_t size);

/* --- labels.c ---------------------------------------------------------------------------------------------------- */

/* The first field with a label, or MMS_NO_NUMBER; after mms_labels_make alone. */
uint32_t mms_labels_first(const struct mms_index *index, struct mms_text label);

/* Makes the table, unless it is there. Returns 0 or -ENOMEM. */
int mms_labels_make(struct mms_index *index);
void mms_labels_free(struct mms_labels *labels);

/* --- notes.c ----------------------------------------------------------------------------------------------------- */

/* Reads the metadata, unless that is done. Returns 0 or -ENOMEM. */
int mms_notes_make(struct mms_index *index);
void mms_notes_free(struct mms_notes *notes);

/* Unit and help of field number i; after mms_notes_make alone. */
const struct mms_note *mms_notes_of(const struct mms_index *index, size_t i);

/* --- view.c ------------------------------------------------------------------------------------------------------ */

struct mms_view {
    int fd;
    struct stat stat;          /* when the structure was taken */
    struct mms_scan begin;     /* the structure: a private copy, at its beginning */
    uint8_t *structure;        /* begin.data */
    struct mms_index index;
    const uint8_t *map;        /* LIVE: begin.size bytes, of a file that may be shorter by now */
    /* COPY: begin.size bytes each; one that is the same as the one before is the same memory; [0] may be the structure;
     * [2] only with sequences. */
    uint8_t *copies[MMS_COPIES];
};

/* Takes structure and values of a file. Errors as mms_reader_open; -EAGAIN: the structure did not settle. */
int mms_view_open(const char *path, const struct mms_reader_options *options, struct mms_view **view,
                  struct mms_diag *diag);
void mms_view_close(struct mms_view *view);

/* COPY: takes new copies of the values. LIVE: looks at the end mark. Returns 0, 1 when the structure has to be taken
 * again, or -errno. */
int mms_view_renew(struct mms_view *view);

/* --- observe_live.c, observe_copy.c ------------------------------------------------------------------------------ */

/* A value, as bytes. */
struct mms_seen {
    const uint8_t *bytes; /* private memory: entry->bytes */
    size_t first, shown;  /* arrays: the slot of the oldest element, and how many elements there are */
    uint64_t sequence;
    enum mms_status status;
    unsigned retries;
};

/* buffer: room for 2 * entry->bytes. Loads from the mapping: call it through mms_guarded. */
void mms_observe_live(const struct mms_view *view, const struct mms_entry *entry, unsigned tries, uint8_t *buffer,
                      struct mms_seen *seen);

/* buffer: room for MMS_COPIES * entry->record.size, used when the copies do not settle it. */
void mms_observe_copy(const struct mms_view *view, const struct mms_entry *entry, unsigned tries, uint8_t *buffer,
                      struct mms_seen *seen);

/* A number of 1, 2, 4 or 8 bytes that is aligned, in one access. */
static inline uint64_t mms_number_load(const uint8_t *at, size_t size)
{
    switch (size) {
    case sizeof(uint64_t):
        return mms_cell_load_64(at);
    case sizeof(uint32_t):
        return mms_cell_load_32(at);
    case sizeof(uint16_t):
        return mms_cell_load_16(at);
    default:
        return mms_cell_load_8(at);
    }
}

/* One try at such a number that is published in two buffers (R603). slot: buffer 0, with the flip before it. Leaves what
 * was read in *bits; true: it is exact. */
static inline bool mms_number_try(const uint8_t *slot, size_t size, uint64_t *bits)
{
    uint8_t flip = mms_flip_before(slot - 1);
    *bits = mms_number_load(slot + ((flip ^ 1U) & 1) * size, size);
    return mms_flip_still(slot - 1, flip) && flip <= 1;
}

/* Numbers of the file's own (sequence, sum, write offset), in this machine's order. */
static inline uint64_t mms_own_64(uint64_t raw, bool swapped)
{
    return swapped ? __builtin_bswap64(raw) : raw;
}

static inline uint16_t mms_own_16(uint16_t raw, bool swapped)
{
    return swapped ? __builtin_bswap16(raw) : raw;
}

/* What an array with this write offset shows, of which so many elements are filled (R414). A write offset that is none
 * leads to some slot or other. */
static inline void mms_seen_ring(struct mms_seen *seen, size_t slots, size_t write_offset, size_t shown)
{
    seen->first = MMS_BUG == MMS_BUG_INDEX ? write_offset + slots - shown : (write_offset + slots - shown) % slots;
    seen->shown = shown;
}

/* --- decode.c ---------------------------------------------------------------------------------------------------- */

/* How many elements a value has. */
size_t mms_decode_count(const struct mms_entry *entry, const struct mms_seen *seen);

/* values: room for mms_decode_count. Fills all of stat but unit and help, which it leaves empty. */
void mms_decode(const struct mms_view *view, const struct mms_entry *entry, const struct mms_seen *seen,
                struct mms_value *values, struct mms_stat *stat);

/* --- guard.c ----------------------------------------------------------------------------------------------------- */

/* Calls function(argument); a SIGBUS for an address in the size bytes at start ends it with -EIO, provided that
 * mms_reader_guard was called. The function must hold nothing that it would have to give back. Does not nest. */
int mms_guarded(const void *start, size_t size, void (*function)(void *argument), void *argument);

/* --- glob.c ------------------------------------------------------------------------------------------------------ */

struct mms_paths {
    char **paths;
    size_t count;
};

/* The paths that match, sorted. Returns 0, -ENOMEM, or -errno of reading the directory. */
int mms_paths_of_globs(const char *const *globs, size_t count, struct mms_paths *paths);
void mms_paths_free(struct mms_paths *paths);

/* --- liveness.c -------------------------------------------------------------------------------------------------- */

/* The parts of R511, for tests. created: UNIX seconds, below 0 when there is none. */
enum mms_liveness mms_liveness_of_lock(int fd);
enum mms_liveness mms_liveness_of_pid(uint64_t pid, double created, const char *path, uint64_t inode);

/* --- snapshot.c -------------------------------------------------------------------------------------------------- */

/* Values of one moment. In COPY mode they are in the view's copies, and settled there; all but `taken` is for LIVE. */
struct mms_snapshot {
    bool taken;
    uint8_t *bytes; /* of all fields, one behind the other, and room for one more collect */
    struct mms_seen *seen; /* by field */
};

void mms_snapshot_drop(struct mms_snapshot *snapshot);

/* --- reader.c ---------------------------------------------------------------------------------------------------- */

struct mms_reader {
    char *path;
    struct mms_reader_options options; /* with the defaults filled in */
    struct mms_view *view;
    uint64_t generation;
    struct mms_entry entry; /* scratch of mms_reader_get */
    uint8_t *bytes;
    size_t bytes_size;
    struct mms_value *values;
    size_t values_count;
    struct mms_snapshot snapshot;
};

/* Takes over what a program gave: 0 or -EINVAL. */
int mms_options_take(const struct mms_reader_options *given, struct mms_reader_options *options);

#endif
