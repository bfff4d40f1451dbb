/* SPDX-License-Identifier: MIT
 *
 * slurp.h - what the parts of slurpstats share. */
#ifndef MMSTATS_TOOLS_SLURP_H
#define MMSTATS_TOOLS_SLURP_H

#include "tools/common/files.h"
#include "tools/common/options.h"

struct slurp_options {
    struct mms_tool_options common;
    bool json, csv, units;
};

/* Are the values of a file of one moment? */
enum slurp_snapshot {
    SLURP_SNAPSHOT_NONE,      /* each is of its own: its writer has no transactions */
    SLURP_SNAPSHOT_EXACT,     /* as far as they are changed in transactions */
    SLURP_SNAPSHOT_OPEN,      /* a transaction was open at every try */
    SLURP_SNAPSHOT_UNFINISHED /* the same, and its writer is dead */
};

/* One file of a set: its reader, if it has one, and what is wrong with it. */
struct slurp_file {
    const char *path;
    struct mms_reader *reader;
    int error; /* 0 or -errno; may be set while the file is shown */
    struct mms_diag diag;
    size_t more; /* records with an error besides the first */
    enum slurp_snapshot snapshot;
};

/* How a format shows files. Each show function returns how many fields passed the filters. */
struct slurp_format {
    void (*begin)(void);
    size_t (*show)(struct slurp_file *file, const struct slurp_options *options);
    void (*end)(void);
};

extern const struct slurp_format slurp_text, slurp_json, slurp_csv;

/* Shows all files of a set on standard output, and says on standard error what is wrong with them. Returns the exit
 * status. */
int slurp_show(struct mms_set *set, const struct slurp_options *options);

/* The next field at or after *i that passes the filters and can be read: true, *i behind it. */
bool slurp_next(struct slurp_file *file, const struct slurp_options *options, size_t *i, struct mms_stat *stat);

#endif
