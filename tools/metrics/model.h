/* SPDX-License-Identifier: MIT
 *
 * model.h - families and series: what the files say becomes these, and these are printed.
 *
 * A field is an entry of a family; each of its values, in each group of files, is one series. All memory comes from one
 * arena. */
#ifndef MMSTATS_TOOLS_METRICS_MODEL_H
#define MMSTATS_TOOLS_METRICS_MODEL_H

#include "tools/common/memory.h"
#include "tools/common/number.h"
#include "tools/metrics/metrics.h"

/* --- memory and tables -------------------------------------------------------------------------------------------- */

struct metrics_arena {
    struct metrics_chunk *chunks;
    char *at;
    size_t left;
};

/* Zeroed and aligned for anything; NULL: no memory. */
void *metrics_alloc(struct metrics_arena *arena, size_t size);
/* With a NUL behind; data NULL: no memory. */
struct mms_text metrics_copy(struct metrics_arena *arena, struct mms_text text);
void metrics_arena_free(struct metrics_arena *arena);

/* What is in a table begins with one. */
struct metrics_node {
    struct metrics_node *next;
    uint64_t hash;
};

struct metrics_table {
    struct metrics_node **buckets;
    size_t mask, count;
};

/* The first with that hash at or behind `node`; begin with metrics_table_first. */
struct metrics_node *metrics_table_first(const struct metrics_table *table, uint64_t hash);
struct metrics_node *metrics_table_next(const struct metrics_node *node);
bool metrics_table_add(struct metrics_table *table, struct metrics_node *node); /* false: no memory */
void metrics_table_free(struct metrics_table *table);

/* --- what a field is ---------------------------------------------------------------------------------------------- */

/* In the order in which they get a name that several want. */
enum metrics_type {
    METRICS_COUNTER,
    METRICS_HISTOGRAM,
    METRICS_GAUGE,
    METRICS_UNKNOWN,
    METRICS_STATESET,
    METRICS_INFO,
    METRICS_TYPES,
};

/* What values of one series become. */
enum metrics_how { METRICS_SUM, METRICS_MEAN, METRICS_MAX };

/* value x factor / 10^decimals is the value in base units. */
struct metrics_unit {
    struct mms_text name; /* of the base unit, mapped; empty: none */
    uint64_t factor;
    unsigned decimals;
    bool adds; /* may values of several processes be added? */
};

struct metrics_what {
    enum metrics_type type;
    enum metrics_how how;
    struct metrics_unit unit;
};

enum { METRICS_UNIT_SIZE = 64 }; /* what is longer is no unit */

/* text: is the value a text? kind: mms_stat's, or the one that was declared. room: where the unit's name may stand. */
struct metrics_what metrics_what_of(const struct mms_stat *stat, uint8_t kind, bool text,
                                    char room[METRICS_UNIT_SIZE]);

/* 10^decimals, at most 9 of them. */
double metrics_power(unsigned decimals);

/* --- families ----------------------------------------------------------------------------------------------------- */

enum { METRICS_NO_INDEX = UINT32_MAX };

struct metrics_histogram {
    double sum; /* in base units */
    uint64_t counts[]; /* of family->bounds, and above them */
};

struct metrics_series {
    struct metrics_node node;
    struct metrics_series *next; /* of the family */
    struct metrics_family *family;
    uint32_t group, index;
    struct mms_text text; /* of an INFO or STATESET, as it is printed */
    mms_wide integers; /* x 10^decimals */
    double floats;
    double created;  /* the earliest; NaN: one of its files does not say it */
    uint32_t count; /* of values in it */
    bool is_float, has_nan, broken; /* broken: a part of it is not known */
    struct metrics_histogram *histogram;
};

enum { METRICS_BUCKETS = 200 }; /* that are printed, at most */

struct metrics_bounds {
    size_t count;    /* of buckets, the last one has no bound */
    uint8_t sub_bits, max_bits; /* sub_bits: of those that are printed */
    double scale;
};

struct metrics_family {
    struct metrics_node node;
    struct mms_text label, help, unit;
    enum metrics_type type;
    enum metrics_how how;
    unsigned decimals;
    struct metrics_bounds bounds; /* HISTOGRAM */
    struct metrics_series *first, *last;
    size_t count; /* of series */
    bool own;     /* of mmstats itself: its name is as it is */
    bool exact;   /* the label could be taken as it is */
    struct mms_text stem; /* the label as a name, without unit and suffix */
    const char *name;
    bool renamed;
};

/* Files whose values go together. */
struct metrics_group {
    struct metrics_node node;
    struct mms_text labels; /* `pid="1"`; may be empty */
    uint32_t number;
};

enum metrics_left_out {
    METRICS_BUSY,
    METRICS_COUNTER_BAD,
    METRICS_NAN,
    METRICS_ABOVE_LIMIT,
    METRICS_BAD_SCALE,
    METRICS_LEFT_OUT
};

struct metrics_model {
    const struct mms_metrics_options *options;
    struct metrics_arena arena;
    uint64_t key[2];
    struct metrics_table families, series, groups, names;
    struct metrics_family **sorted;        /* by name, after metrics_finish */
    const struct metrics_group **numbered; /* groups by number, after metrics_finish */
    uint64_t files, failed, left_out[METRICS_LEFT_OUT];
    FILE *scratch; /* a memory stream: texts are escaped into it */
    struct mms_memory scratch_made;
    bool no_memory;
};

void metrics_model_begin(struct metrics_model *model, const struct mms_metrics_options *options);
void metrics_model_end(struct metrics_model *model);

/* What the caller asks for, made where it is not there yet; NULL: the limit, or no memory (then model->no_memory). */
struct metrics_family *metrics_family_of(struct metrics_model *model, const struct mms_stat *stat,
                                         const struct metrics_what *what, const struct metrics_bounds *bounds);
struct metrics_series *metrics_series_of(struct metrics_model *model, struct metrics_family *family, uint32_t group,
                                         uint32_t index, struct mms_text text);
const struct metrics_group *metrics_group_of(struct metrics_model *model, struct mms_text labels);

/* What is written into model->scratch between these two; valid until the next begin. */
FILE *metrics_scratch_begin(struct metrics_model *model);
struct mms_text metrics_scratch_end(struct metrics_model *model);

/* --- the steps ---------------------------------------------------------------------------------------------------- */

/* Reads all files. */
void metrics_collect(struct metrics_model *model, struct mms_set *set);

/* Of a histogram: adds it to a series, or says that its parameters make no sense. */
bool metrics_bounds_of(const struct mms_stat *stat, const struct metrics_unit *unit, struct metrics_bounds *bounds);
bool metrics_histogram_add(struct metrics_model *model, struct metrics_series *series, const struct mms_stat *stat);
/* The largest sample that a bucket counts. */
uint64_t metrics_bound(const struct metrics_bounds *bounds, size_t bucket);

/* Gives each family its name. Changes their order. */
void metrics_name(struct metrics_model *model, struct metrics_family **families, size_t count);

/* Adds the families about the collection itself, names all, and sorts families and series. */
void metrics_finish(struct metrics_model *model);

void metrics_render(FILE *out, const struct metrics_model *model);

/* --- texts -------------------------------------------------------------------------------------------------------- */

void metrics_put_float(FILE *out, double number);
void metrics_bound_text(double number, char *out, size_t size); /* canonical, for le */

/* Letters, digits and `_` stay, everything else becomes `_`, none at the start. Returns its size. */
size_t metrics_map(struct mms_text text, char *out);

#endif
