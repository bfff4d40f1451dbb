/* SPDX-License-Identifier: MIT
 *
 * names.c - look-ups in the tables. */

#include "format/parse.h"

static const char unknown[] = "?";

static const char *const status_names[] = {
    [MMS_EXACT] = "exact",
    [MMS_CHECKED] = "checked",
    [MMS_BUSY] = "busy",
};

static const struct mms_id_row opaque = {"?", MMS_LAYOUT_OPAQUE, MMS_TYPE_PAD, 0, MMS_METRIC_UNKNOWN};

const struct mms_id_row *mms_id_row(uint16_t id)
{
    return id < MMS_IDS && mms_table_ids[id].name != NULL ? &mms_table_ids[id] : &opaque;
}

const struct mms_rule_row *mms_rule_row(int rule)
{
    for (size_t i = 0; i < MMS_RULES; i++)
        if ((int)mms_table_rules[i].rule == rule)
            return &mms_table_rules[i];
    return NULL;
}

enum mms_class mms_class_of(enum mms_type type)
{
    return (unsigned)type < MMS_TYPES ? mms_table_types[type].value_class : MMS_CLASS_NONE;
}

size_t mms_type_size(enum mms_type type)
{
    return (unsigned)type < MMS_TYPES ? mms_table_types[type].size : 0;
}

const char *mms_type_name(enum mms_type type)
{
    return (unsigned)type < MMS_TYPES ? mms_table_types[type].name : unknown;
}

const char *mms_id_name(uint16_t id)
{
    return mms_id_row(id)->name;
}

const char *mms_metric_name(uint8_t metric)
{
    return metric < MMS_METRICS ? mms_table_metrics[metric] : unknown;
}

const char *mms_layout_name(enum mms_layout layout)
{
    return (unsigned)layout < MMS_LAYOUTS ? mms_table_layouts[layout] : unknown;
}

const char *mms_status_name(enum mms_status status)
{
    return (size_t)status < sizeof status_names / sizeof *status_names ? status_names[status] : unknown;
}

const char *mms_rule_text(int rule)
{
    const struct mms_rule_row *row = mms_rule_row(rule);
    return row != NULL ? row->text : unknown;
}

const char *mms_rule_name(int rule)
{
    const struct mms_rule_row *row = mms_rule_row(rule);
    return row != NULL ? row->name : unknown;
}

const char *mms_rule_expected(int rule)
{
    const struct mms_rule_row *row = mms_rule_row(rule);
    return row != NULL ? row->expected : unknown;
}

const struct mms_sys_field *mms_sys_field_of(enum mms_sys field)
{
    return (unsigned)field < MMS_SYS_FIELDS ? &mms_table_sys[field] : NULL;
}

/* Only kind 0 leaves it to the data type; a kind that is not in the table is unknown (R411). */
uint8_t mms_metric_of(const struct mms_record *record)
{
    if (record->metric == MMS_METRIC_UNKNOWN)
        return (uint8_t)mms_id_row(record->id)->metric;
    return record->metric < MMS_METRICS ? record->metric : MMS_METRIC_UNKNOWN;
}
