/* SPDX-License-Identifier: MIT
 *
 * clean.h - what the parts of cleanstats share.
 *
 *   look.c         one file: opened, locked and judged; removed
 *   second.c       its hidden names: the second one, and that of a file that was set aside
 *   aside.c        removes what earlier runs set aside
 *   elsewhere.c    may its writer live in another PID namespace?
 *   report.c       what is said of a file, as text or JSON
 *   remove.c       removes the files of dead writers
 *   fold.c         adds their values to an archive before that; README.md has the protocol
 *   application.c  which archive a file belongs to
 *   totals.c       sums
 *   archive.c      the file that holds them
 */
#ifndef MMSTATS_TOOLS_CLEAN_H
#define MMSTATS_TOOLS_CLEAN_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

#include "mmstats/reader.h"
#include "tools/common/kinds.h"

/* --- options ------------------------------------------------------------------------------------------------------ */

struct clean_options {
    bool dry_run, fold, json, verbose;
    bool here;      /* no writer lives in another PID namespace */
    bool named;     /* the files were: one that is not there is a failure */
    double min_age; /* seconds */
    enum mms_order order;
    struct mms_kinds kinds;
};

/* --- one file ----------------------------------------------------------------------------------------------------- */

enum clean_verdict {
    CLEAN_DEAD,    /* its writer has ended: it may be removed */
    CLEAN_ALIVE,
    CLEAN_KEPT,    /* there is nothing that proves it dead, or something says that it is to stay */
    CLEAN_FAILED,  /* it could not be read or removed */
    CLEAN_GONE,    /* there is no such file any more */
    CLEAN_REMOVED,
    CLEAN_FOLDED,  /* its values are in the archive, and it is removed */
};

enum { CLEAN_WORDS = 320 };
#define CLEAN_INTO " into " /* with FOLDED: what `after` is, and the archive's name */

struct clean_file {
    const char *path; /* to be shown */
    const char *name; /* in the directory, which is the working directory, too */
    int directory;    /* a descriptor of it */
    int fd;           /* -1: not open. Has the locks */
    struct stat stat;
    struct mms_reader *reader;
    enum clean_verdict verdict;
    bool has_pid, archive;
    bool locked; /* by a writer: one that goes on in it, or that is about to put a new file in its place */
    bool leased; /* no one opens it for writing without our knowing (elsewhere.c) */
    uint64_t pid;
    char before[CLEAN_WORDS], after[CLEAN_WORDS]; /* what is said of it, before the path and behind it */
};

/* Opens, locks (unless it is a dry run) and judges a file of which path, name and directory are set. The locks keep
 * writers that lock from taking the file up, and other cleaners from removing it, until clean_forget. */
void clean_look(struct clean_file *file, const struct clean_options *options);

/* Is the file that was looked at still the one with this name? Returns 1, 0, or -errno: not known. */
int clean_is_named(const struct clean_file *file, const char *name);

/* Is another cleaner at work on it? */
bool clean_is_contended(const struct clean_file *file);

/* Does somebody wait to open it for writing? */
bool clean_is_wanted(const struct clean_file *file);

/* Gives it a second name .NAME.NUMBER.fold, with a number that no other ever had. `second` has room for NAME_MAX + 1.
 * Returns 0, -ENAMETOOLONG, -ESTALE (the name is another file's) or -errno of linkat. */
int clean_link(const struct clean_file *file, const char *name, char *second, uint64_t *number);

/* Renames it to .NAME.NUMBER.remove: a hidden name, which says that it is about to go. `aside` has room for NAME_MAX +
 * 1. Returns 0, -ENAMETOOLONG, 1 (somebody waits to open it for writing, or the name is another file's: nothing done)
 * or -errno of renameat. */
int clean_set_aside(const struct clean_file *file, char *aside);

/* Gives the name back, unless another file has it by now: also then the file is there, by the hidden one. Returns 0, or
 * -1 and errno. */
int clean_give_back(const struct clean_file *file, const char *aside, const char *name);

struct clean_report;

/* In a directory, which is the working directory, too: removes what runs set aside that did not come to their end. What
 * is not dead gets its name back. `path`: of the directory, to be shown. */
void clean_finish_removals(int directory, const char *path, const struct clean_options *options,
                           struct clean_report *report);

/* Directory and name, to be shown; the caller frees it. */
char *clean_path(const char *directory, const char *name);

/* The names in the working directory that end with a number and a suffix, as clean_link and clean_set_aside make them.
 * The caller frees them, also after a failure. Returns 0 or -errno. */
int clean_list_names(const char *suffix, char ***names, size_t *count);
#define CLEAN_FOLD ".fold"
#define CLEAN_REMOVE ".remove"

/* .NAME.NUMBER and a suffix: name and number; false: it is another one. */
bool clean_parse_name(const char *hidden, const char *suffix, char *name, uint64_t *number);

/* Takes the name away, if it is still this file's. Returns 0, or -errno of unlinkat; 1: somebody waits to open it for
 * writing, and it has its name, which is given back by the second one where there is one. */
int clean_unlink_name(const struct clean_file *file, const char *name, const char *second);

/* Removes a dead one by its name: verdict REMOVED, GONE or FAILED. */
void clean_unlink(struct clean_file *file);

void clean_forget(struct clean_file *file);

/* A verdict, and what is to be said: `before`, the path, `after`. */
__attribute__((format(printf, 3, 4))) void clean_say(struct clean_file *file, enum clean_verdict verdict,
                                                     const char *before, ...);

/* "Could not ...: %s" of the system: verdict FAILED. EACCES and EPERM are "Permission denied: %s". */
void clean_fail(struct clean_file *file, int error, const char *before);

/* Is there anything that speaks for a writer that this PID namespace does not show? Returns NULL or what it is, to be
 * said before the path; sets `leased`. Called for writers that do not lock, and whose process is not found here. */
const char *clean_elsewhere(struct clean_file *file, const struct clean_options *options);

/* --- what came of it ---------------------------------------------------------------------------------------------- */

struct clean_report {
    bool json, verbose, dry_run, failed;
    size_t removed, alive, listed;
};

void clean_report_begin(struct clean_report *report, const struct clean_options *options);
void clean_report_file(struct clean_report *report, const struct clean_file *file);
void clean_report_end(struct clean_report *report);

/* --- all files ---------------------------------------------------------------------------------------------------- */

/* Judges and removes, or folds, them all. glob: in whose directory earlier runs are brought to their end when there is
 * no file; may be NULL. */
void clean_all(const char *glob, const char *const *paths, size_t count, const struct clean_options *options,
               struct clean_report *report);

/* What stands behind the last slash of a path. */
const char *clean_name(const char *path);

/* Folds files of one directory, which is open as `directory`, and is the working directory. */
void clean_fold_all(int directory, const char *directory_path, const char *const *paths, size_t count,
                    const struct clean_options *options, struct clean_report *report);

#endif
