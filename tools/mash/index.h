/* SPDX-License-Identifier: MIT
 *
 * index.h - the files that are served, kept fresh, and where each label is in them. Of one thread. */
#ifndef MMSTATS_TOOLS_MASH_INDEX_H
#define MMSTATS_TOOLS_MASH_INDEX_H

#include <sys/types.h>

#include "mmstats/reader.h"
#include "tools/common/files.h"

/* Beside each file of the set, under the same number. */
struct mash_file {
    uint64_t id; /* never given again; a file that takes another one's place gets its own */
    char *path;
    struct mms_reader *reader; /* NULL: error says why */
    uint64_t generation;
    int error;
    uint64_t pid; /* 0: unknown */
    dev_t device;
    ino_t inode;
    enum mms_liveness live;
};

/* A field of a file. */
struct mash_place {
    uint32_t file, field;
};

/* A label, and the first field in each file that has it. What is no UTF-8 in a label is replaced, so that those that
 * look the same are the same. */
struct mash_label {
    struct mms_text text;
    struct mash_place *places;
    size_t count, room;
};

struct mash_index {
    struct mms_set *set;
    struct mash_file *files;
    size_t file_count;
    uint64_t files_print, labels_print; /* of all that was seen of the files, and when the labels were listed */
    struct mash_label *labels;          /* sorted by bytes */
    size_t label_count;
    uint64_t next_id;
    uint64_t key[2]; /* of hashes */
    double next_refresh, next_liveness; /* by mash_clock */
    int error;                          /* what the last refresh of the set returned */
    bool starved; /* since mash_index_refresh: there was too little memory for a value; what was told is not all */
};

double mash_clock(void); /* seconds; monotonic */

/* Returns 0 or an error of mms_set_open_globs. */
int mash_index_open(struct mash_index *index, const char *const *globs, size_t count,
                    const struct mms_reader_options *options);
void mash_index_close(struct mash_index *index);

/* Looks at the files again, and lists their labels; but not more often than every 50 ms, and for a fifth of the time at
 * most. Reading goes on with what there was when that fails. Returns 1 when it did so, 0 when it was too early, or
 * -ENOMEM. */
int mash_index_refresh(struct mash_index *index);

/* Finds out, about once a second, who lives. */
void mash_index_look(struct mash_index *index);

/* What is wrong with file i, for a person. false: nothing. */
bool mash_index_file_error(const struct mash_index *index, size_t i, char out[MMS_MESSAGE_SIZE]);

/* Why the files could not be looked for the last time; what is told is what there was before. NULL: they were. */
const char *mash_index_error(const struct mash_index *index);

/* Changes when anything does that a catalog shows: files, their state, and fields. */
uint64_t mash_index_print(const struct mash_index *index);

/* The number of the first label that is not before this text; whether it is that text. */
size_t mash_index_find(const struct mash_index *index, struct mms_text text, bool *found);

/* The value of a label in one of its files. false: it cannot be read; when that is for want of memory, it sets starved. */
bool mash_index_get(struct mash_index *index, const struct mash_place *place, struct mms_stat *stat);

#endif
