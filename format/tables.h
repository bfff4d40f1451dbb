/* SPDX-License-Identifier: MIT
 *
 * tables.h - what tables_gen.c holds. Private to format/. */
#ifndef MMSTATS_FORMAT_TABLES_H
#define MMSTATS_FORMAT_TABLES_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mmstats/tables_gen.h"

struct mms_type_row {
    enum mms_class value_class;
    size_t size; /* 0: the size stands elsewhere */
    const char *name;
};

struct mms_code_row {
    bool known;
    bool standard_known;
    bool counted; /* its count is the size of one item */
    enum mms_type native;
    enum mms_type standard;
};

struct mms_id_row {
    const char *name; /* NULL: there is no such data type */
    enum mms_layout layout;
    enum mms_type type; /* PAD: a signature says it, or there is none */
    size_t size;        /* of a value; 0: it stands elsewhere */
    enum mms_metric metric;
};

struct mms_rule_row {
    enum mms_rule rule;
    int error; /* positive errno */
    const char *name;
    const char *text;
    const char *expected;
};

extern const struct mms_type_row mms_table_types[MMS_TYPES];
extern const struct mms_code_row mms_table_codes[128];
extern const struct mms_id_row mms_table_ids[MMS_IDS];
extern const char *const mms_table_layouts[MMS_LAYOUTS];
extern const char *const mms_table_metrics[MMS_METRICS];
extern const struct mms_rule_row mms_table_rules[MMS_RULES];
extern const struct mms_sys_field mms_table_sys[MMS_SYS_FIELDS];

/* The row of a data type; the one of OPAQUE where there is none. */
__attribute__((returns_nonnull)) const struct mms_id_row *mms_id_row(uint16_t id);

/* The row of a rule, or NULL. */
const struct mms_rule_row *mms_rule_row(int rule);

#endif
