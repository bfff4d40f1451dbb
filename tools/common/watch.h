/* SPDX-License-Identifier: MIT
 *
 * watch.h - the fields of many files from round to round: which there are, and how their numbers change. */
#ifndef MMSTATS_TOOLS_WATCH_H
#define MMSTATS_TOOLS_WATCH_H

#include "tools/common/aggregate.h"

/* A field of a file. What is no number (a text, a tuple, a histogram) is in `field`: mms_reader_get. */
struct mms_watch_field {
    struct mms_text label, unit; /* untrusted */
    size_t field;                /* its number in the reader */
    uint8_t kind;                /* enum mms_metric */
    struct mms_sample now;       /* type MMS_TYPE_PAD: no number, or none could be read in this round */
    struct mms_sample before;    /* in the round before; MMS_TYPE_PAD: no number, or the field was not there */
};

/* A file. */
struct mms_watch_file {
    char *path;
    struct mms_reader *reader; /* NULL: mms_set_error says why */
    enum mms_liveness live;    /* of its writer */
    uint64_t pid;              /* of its writer; 0: the file does not say */
    size_t prefix;             /* of its default fields: mms_sys_is */
    bool is_new;               /* it was not there in the round before */
    struct mms_watch_field *fields; /* as many as the reader has, in file order */
    size_t count;
    uint64_t generation; /* of the reader, when fields were taken */
    char *texts;         /* what labels and units point into */
};

struct mms_watch {
    struct mms_set *set;          /* the caller's */
    struct mms_watch_file *files; /* those of the set, in its order */
    size_t count;
    bool changed;  /* files or fields came or went in this round: pointers into the round before have ended */
    double time;   /* of this round: seconds of CLOCK_MONOTONIC */
    double passed; /* seconds since the round before; 0 in the first */
};

/* Looks at everything for the first time. The set stays the caller's, and must live as long; whoever watches it must not
 * refresh it. Returns 0 or -ENOMEM; mms_watch_end in either case. */
int mms_watch_begin(struct mms_watch *watch, struct mms_set *set);

/* The next round: refreshes the set, and takes all numbers. Files that have gone are gone; those whose writer has ended
 * are still there, and DEAD. Returns 0; -ENOMEM: no more than mms_watch_end can be done; or an error of mms_set_refresh:
 * all is as it was, and the next round may work. */
int mms_watch_next(struct mms_watch *watch);

void mms_watch_end(struct mms_watch *watch);

/* By how much a field changed since the round before: exact for integers. A counter that went down has begun anew: then
 * what it has counted since. MMS_TYPE_PAD: nothing to compare. */
struct mms_sample mms_watch_change(const struct mms_watch_field *field);

/* The same in units a second; NaN: nothing to compare, or no time has passed. */
double mms_watch_rate(const struct mms_watch *watch, const struct mms_watch_field *field);

#endif
