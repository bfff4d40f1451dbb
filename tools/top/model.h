/* SPDX-License-Identifier: MIT
 *
 * model.h - what mmtop knows: processes, metrics over all of them, and how both went in the last rounds.
 *
 * Built on a watch, which the caller takes from round to round; nothing here knows of a screen. */
#ifndef MMSTATS_TOOLS_TOP_MODEL_H
#define MMSTATS_TOOLS_TOP_MODEL_H

#include "tools/common/options.h"
#include "tools/common/watch.h"

enum { TOP_HISTORY = 120 }; /* rounds that are remembered */

/* How the numbers of several files become one. */
enum top_way {
    TOP_SUM,
    TOP_MEAN,
    TOP_LATEST, /* the largest */
    TOP_SAME,   /* the number where all have the same, else none */
};

/* What is done with the numbers of a metric. */
struct top_rule {
    enum top_way way;
    bool has_rate;  /* its change means something */
    bool draws_rate; /* its history is that of the rate, else of the value */
};

/* A metric, or one place of it, in the last round. */
struct top_reading {
    struct mms_sample value; /* MMS_TYPE_PAD: no number */
    double rate;             /* NaN: none */
    size_t fields, processes; /* that have it */
};

/* Where a metric stands: a file of the model, and a field of it. */
struct top_place {
    uint32_t file, field;
};

/* All fields with the same label, unit and kind. Sorted by label. */
struct top_metric {
    uint64_t id;                 /* stays the same as long as it is there; given to no other one */
    struct mms_text label, unit; /* untrusted */
    uint8_t kind;                /* enum mms_metric */
    struct top_rule rule;
    size_t first, count; /* its places */
    size_t was;          /* index in the metrics before the last change, or SIZE_MAX */
    struct top_reading now; /* over all processes */
    float *history;      /* the same in earlier rounds: TOP_HISTORY numbers, in the order of model.slot */
};

/* A file. Sorted so that those of a process stand together. */
struct top_file {
    uint64_t id;  /* as of a metric */
    size_t index; /* in the watch */
    char *path;
    const struct mms_reader *reader; /* NULL: not readable */
    uint64_t generation, pid;
    enum mms_liveness live;
    size_t process;
    size_t count;      /* fields */
    uint32_t *metrics; /* which metric each field belongs to; UINT32_MAX: to none, a filter left it out */
    float *history;    /* TOP_HISTORY rows of a number for each field */
};

/* All files with the same PID of which a writer lives, or of which it does not. A file that does not say its PID stands
 * for itself. */
struct top_process {
    uint64_t id, pid;
    enum mms_liveness live;
    bool readable;       /* one of its files is */
    size_t first, count; /* its files */
    size_t metrics;      /* that it has */
    double busiest;      /* the highest rate of a metric that counts something; 0: nothing moves */
    size_t busiest_metric;
};

struct top_model {
    struct mms_watch *watch;                /* the caller's */
    const struct mms_tool_options *options; /* for the filters; the caller's */
    struct top_file *files;
    struct top_process *processes;
    struct top_metric *metrics;
    struct top_place *places; /* of each metric, in the order of the files */
    size_t file_count, process_count, metric_count, place_count;
    char *texts; /* what labels and units point into */
    struct mms_sample *scratch;
    uint64_t last_id;
    size_t slot;   /* of the newest numbers in each history */
    size_t rounds; /* how many numbers a history has, at most TOP_HISTORY */
    uint64_t round; /* how many there were */
    size_t widest_label; /* columns that the longest label takes */
};

/* Nothing yet. The watch, which has begun, and the options must live as long. */
void top_model_begin(struct top_model *model, struct mms_watch *watch, const struct mms_tool_options *options);

/* Takes over what a round of the watch found: the first one, and each later one. The number of a histogram is how many
 * samples it has; the watch is told so. Returns 0, or -ENOMEM: no more than top_model_end can be done. */
int top_model_round(struct top_model *model);

void top_model_end(struct top_model *model);

/* Over all processes (NULL), or in one. */
struct top_reading top_model_read(const struct top_model *model, const struct top_metric *metric,
                                  const struct top_process *process);

/* The same of one place. */
struct top_reading top_model_read_place(const struct top_model *model, const struct top_place *place);

/* How it went, oldest first: writes model.rounds numbers, NaN where there was none. */
void top_model_history(const struct top_model *model, const struct top_metric *metric,
                       const struct top_process *process, double out[TOP_HISTORY]);
void top_model_place_history(const struct top_model *model, const struct top_place *place, double out[TOP_HISTORY]);

/* The places of a metric in one process, or all (NULL): returns how many, *first is the first one. */
size_t top_model_places(const struct top_model *model, const struct top_metric *metric,
                        const struct top_process *process, const struct top_place **first);

const struct mms_watch_file *top_model_watched(const struct top_model *model, const struct top_file *file);

/* --- index.c, for model.c ----------------------------------------------------------------------------------------- */

/* Do the index and the watch still say the same of which files and fields there are, and of whose they are? */
bool top_index_is_current(const struct top_model *model);

/* Makes files, processes, metrics and places anew; what was there before keeps its id and its history. */
int top_index_make(struct top_model *model);

#endif
