/* SPDX-License-Identifier: MIT
 *
 * poll.h - what the parts of pollstats share. */
#ifndef MMSTATS_TOOLS_POLL_H
#define MMSTATS_TOOLS_POLL_H

#include <stdio.h>
#include <time.h>

#include "tools/common/human.h"
#include "tools/common/options.h"
#include "tools/common/watch.h"

/* What rows show of a number that counts: by how much it changed, that per second, or what it is. */
enum poll_show { POLL_CHANGE, POLL_RATE, POLL_TOTAL };
enum poll_stamp { POLL_STAMP_NONE, POLL_STAMP_LOCAL, POLL_STAMP_ISO, POLL_STAMP_UNIX };
/* AUTO: as in all three below, for people on a terminal, else plain. */
enum poll_when { POLL_AUTO, POLL_ALWAYS, POLL_NEVER };

/* `-f label=value`: only files in which the field has that value. */
struct poll_filter {
    struct mms_text label, value; /* both of the argument, which is terminated */
};

struct poll_options {
    struct mms_tool_options common;
    const char *prefix;       /* NULL: none */
    struct mms_text *labels;  /* of the columns, with the prefix; none: the busiest metrics */
    size_t label_count;
    struct poll_filter *filters;
    size_t filter_count;
    double interval;          /* seconds */
    uint64_t rounds;          /* 0: until it is interrupted */
    long lines;               /* between two headings; 0: one heading; below 0: as suits the output */
    enum poll_show show;
    enum mms_aggregate aggregate; /* MMS_AGGREGATES: what suits the field */
    enum poll_stamp stamp;
    enum poll_when color, human;
    bool by_file, json, csv, ascii;
};

/* --- the screen (poll_screen.c) ----------------------------------------------------------------------------------- */

/* What standard output is. */
struct poll_screen {
    bool terminal; /* one that can move its cursor */
    bool color, human;
    size_t columns, lines; /* 80 and 24 where it does not say */
};

/* Call it again after a resize. */
void poll_screen_look(struct poll_screen *screen, const struct poll_options *by);

enum poll_style { POLL_PLAIN, POLL_HEADING, POLL_BAR, POLL_DOUBT };

/* Goes on in that style, where there are colours. */
void poll_put_style(const struct poll_screen *screen, enum poll_style style);

enum poll_align { POLL_LEFT, POLL_CENTRE, POLL_RIGHT };

/* An untrusted text in so many columns: escaped, its beginning left out where it is too long. suffix: ASCII, put behind
 * it whole. */
void poll_put_cut(struct mms_text text, const char *suffix, size_t columns, enum poll_align align);

/* The time of day, as asked for; "" for NONE. */
enum { POLL_STAMP_SIZE = 40 };
void poll_stamp(enum poll_stamp stamp, char out[POLL_STAMP_SIZE]);

/* --- rounds ------------------------------------------------------------------------------------------------------- */

/* What one round is about. */
struct poll_round {
    const struct poll_options *by;
    const struct mms_watch *watch;
    const struct mms_watch_file **files; /* those that pass the filters and can be read */
    size_t count;
    size_t ended;          /* of these: whose writers have ended */
    bool first;            /* nothing to compare with */
    double time;           /* UNIX seconds */
};

/* Does a field count, so that its change means something, or has it a value at each moment? By its kind; numbers
 * without one count when they are integers. */
bool poll_counts(const struct mms_watch_field *field);

/* What a field of a file adds to a row; MMS_TYPE_PAD: nothing. A writer that has ended adds to totals what it counted,
 * and its last change; no more. */
struct mms_sample poll_contribution(const struct poll_round *round, const struct mms_watch_file *file,
                                    const struct mms_watch_field *field);

/* The first field with that label, or NULL. */
const struct mms_watch_field *poll_find(const struct mms_watch_file *file, struct mms_text label);

/* --- cells of a row (poll_cell.c) --------------------------------------------------------------------------------- */

enum poll_is {
    POLL_BLANK,
    POLL_NUMBER,
    POLL_TRUTH,  /* bools: how many files say so */
    POLL_TEXT,   /* also tuples, arrays and histograms */
    POLL_DIFFER, /* texts that are not all the same */
};

struct poll_cell {
    enum poll_is is;
    struct mms_sample number; /* NUMBER; TRUTH: as an integer */
    size_t files;             /* that added to it */
    char *text;               /* TEXT, as the format shows it */
    uint8_t status;           /* enum mms_status, the worst of what it is made of */
    bool counts;              /* poll_counts */
    enum mms_human as;
};

struct poll_column {
    struct mms_text label;
    const struct mms_watch_file *file; /* --by-file; else NULL */
    struct poll_cell cell;
};

struct poll_row {
    const struct poll_round *round;
    struct poll_column *columns;
    size_t count;
    uint8_t status; /* the worst */
};

typedef void poll_put_value(FILE *out, const struct mms_stat *stat);

/* A value as text, terminated; NULL: no memory. The caller frees it. */
char *poll_rendered(const struct mms_stat *stat, poll_put_value *put, size_t *size);

/* Makes a row, its texts by put. Returns 0 or -ENOMEM; poll_row_end in either case. */
int poll_row_make(struct poll_row *row, const struct poll_round *round, poll_put_value *put);
void poll_row_end(struct poll_row *row);

/* --- formats ------------------------------------------------------------------------------------------------------ */

/* How rows are shown. begin: before the first one. */
struct poll_format {
    poll_put_value *put_value;
    void (*begin)(const struct poll_options *by);
    void (*show)(const struct poll_row *row, struct poll_screen *screen);
};

extern const struct poll_format poll_text, poll_json, poll_csv;

/* The beginning of an object of JSON, up to its values. */
void poll_json_head(const struct poll_round *round, const char *show, uint8_t status);

/* The busiest metrics (poll_busy.c, poll_busy_show.c). */
enum { POLL_HISTORY = 60 };

struct poll_metric {
    char *label; /* untrusted; not terminated */
    size_t label_size;
    struct mms_text unit; /* of a file of this round */
    double rates[POLL_HISTORY]; /* of the last rounds, oldest first */
    size_t known;               /* how many of them */
    struct mms_sample total;
    double busy;    /* mean of the sizes of the rates */
    uint8_t status;
};

struct poll_busy {
    struct poll_metric *metrics; /* by label */
    size_t count;
    struct poll_metric **order; /* the busiest first; only those that changed at all */
    size_t changing;
};

/* Adds a round. Returns 0, or -ENOMEM: no more than poll_busy_end can be done. */
int poll_busy_add(struct poll_busy *busy, const struct poll_round *round);
void poll_busy_end(struct poll_busy *busy);
void poll_busy_show(const struct poll_busy *busy, const struct poll_round *round, const struct poll_screen *screen);
double poll_metric_rate(const struct poll_metric *metric);

/* --- files, names, time ------------------------------------------------------------------------------------------- */

/* What is known of a file from round to round. */
struct poll_known;
struct poll_files {
    struct poll_known *known; /* by path */
    size_t count;
    bool failed; /* some could not be read */
};

/* Says what is new of the files of a round: which cannot be read; when asked to say more, which came, went and ended.
 * Returns 0 or -ENOMEM. */
int poll_files_notice(struct poll_files *files, const struct mms_watch *watch, bool verbose);
void poll_files_end(struct poll_files *files);

/* Has a field the value that a filter asks for? Returns 1, 0, or -ENOMEM. */
int poll_filter_passes(const struct poll_filter *filter, const struct mms_watch_file *file);

/* Complains of each label of options and filters that no file has. Returns whether there was one. */
bool poll_names_missing(const struct poll_options *by, const struct mms_watch *watch);

/* Edit distance of two labels, also by swapping neighbours; at most `limit` + 1. */
size_t poll_distance(struct mms_text a, struct mms_text b, size_t limit);

/* FIELDS: labels between commas, `\,` for a comma in one, each with the prefix before it. *labels and its texts are one
 * block of memory. Returns 0; -EINVAL (an empty one), -ENOMEM. */
int poll_fields_split(const char *prefix, const char *fields, struct mms_text **labels, size_t *count);

/* Takes out labels that stand there before. Returns how many are left. */
size_t poll_labels_once(struct mms_text *labels, size_t count);

/* Would two of them, which differ, be the same key in JSON, where U+FFFD stands for what is no UTF-8? */
bool poll_labels_look_the_same(const struct mms_text *labels, size_t count);

enum poll_event { POLL_TICK, POLL_RESIZED, POLL_STOPPED };

/* Ticks at whole intervals after its start: intervals do not add up their errors. What was missed is left out. */
struct poll_clock {
    struct timespec next; /* CLOCK_MONOTONIC */
    double interval;
};

/* The first one after now at a whole number of intervals from next. */
struct timespec poll_clock_after(struct timespec next, double interval, struct timespec now);

/* From here on SIGINT, SIGTERM and SIGWINCH wait for poll_clock_wait, so that none of them cuts a line in two. */
void poll_clock_begin(struct poll_clock *clock, double interval);
enum poll_event poll_clock_wait(struct poll_clock *clock);

/* Looks at the files until it is interrupted. Returns the exit status. */
int poll_run(struct mms_set *set, const struct poll_options *by);

#endif
