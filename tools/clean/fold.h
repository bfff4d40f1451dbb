/* SPDX-License-Identifier: MIT
 *
 * fold.h - what the parts of --fold share. README.md has the protocol. */
#ifndef MMSTATS_TOOLS_CLEAN_FOLD_H
#define MMSTATS_TOOLS_CLEAN_FOLD_H

#include "tools/clean/archive.h"

#include <limits.h>

enum { CLEAN_APPLICATION = 128, CLEAN_BATCH = 64 };

/* The application of a file: its name less extension, process ID (as the file has it; 0: it has none) and what follows;
 * if nothing stands before the ID, what follows it, less numbers. */
void clean_application(const char *name, uint64_t pid, char out[CLEAN_APPLICATION]);

/* What stands around a name in its second one: ".", "." and 16 digits, ".fold". */
enum { CLEAN_LONGEST_NAME = NAME_MAX - 23 };

/* A dead file that is to be folded. */
struct clean_item {
    struct clean_file file;      /* by its name, or, where a run before did not come to its end, by its second name */
    char *path;                  /* of the second name, where an earlier run gave it; else NULL */
    char name[NAME_MAX + 1];     /* that it had */
    char second[NAME_MAX + 1];   /* .NAME.NUMBER.fold: the second link to it, until all is done */
    struct clean_mark mark;
    bool in, added;              /* the archive has it; the next one will */
};

/* Files of one application and user, which go into the archive at once. */
struct clean_batch {
    int directory; /* locked: no other cleaner folds here */
    const char *directory_path;
    const struct clean_options *options;
    struct clean_report *report;
    char application[CLEAN_APPLICATION];
    uid_t owner;
    struct clean_item items[CLEAN_BATCH];
    size_t count;
    uint64_t *stuck; /* numbers of second names that could not be dealt with */
    size_t stuck_count;
    bool finishing;    /* what earlier runs did not bring to their end */
    bool stuck_missed; /* there was no memory for one */
};

/* APP-UID.archive.mmstats. Returns 0 or -ENAMETOOLONG. */
int clean_archive_name(const struct clean_batch *batch, char out[NAME_MAX + 1]);

/* "is LABEL a counter?" */
void clean_say_undecided(struct clean_file *file, struct mms_text label);

/* Its second name stays: what the archive says of it must stay, too. */
void clean_stuck(struct clean_batch *batch, const struct clean_item *item);

/* Has the batch's archive what the item's mark says? True also where that cannot be found out. */
bool clean_is_counted(const struct clean_batch *batch, const struct clean_item *item);

/* Brings all items of the batch to their end, says what came of each, and empties it. */
void clean_commit(struct clean_batch *batch);

#endif
