/* SPDX-License-Identifier: MIT
 *
 * Generated from spec/format.toml by `python3 spec/generate.py`: do not edit. */

#include "format/tables.h"

/* By enum mms_type: class, size, name. */
const struct mms_type_row mms_table_types[MMS_TYPES] = {
    [MMS_TYPE_PAD] = {MMS_CLASS_NONE, 1, "pad"},
    [MMS_TYPE_I8] = {MMS_CLASS_INT, 1, "i8"},
    [MMS_TYPE_U8] = {MMS_CLASS_UINT, 1, "u8"},
    [MMS_TYPE_I16] = {MMS_CLASS_INT, 2, "i16"},
    [MMS_TYPE_U16] = {MMS_CLASS_UINT, 2, "u16"},
    [MMS_TYPE_I32] = {MMS_CLASS_INT, 4, "i32"},
    [MMS_TYPE_U32] = {MMS_CLASS_UINT, 4, "u32"},
    [MMS_TYPE_I64] = {MMS_CLASS_INT, 8, "i64"},
    [MMS_TYPE_U64] = {MMS_CLASS_UINT, 8, "u64"},
    [MMS_TYPE_F16] = {MMS_CLASS_FLOAT, 2, "f16"},
    [MMS_TYPE_F32] = {MMS_CLASS_FLOAT, 4, "f32"},
    [MMS_TYPE_F64] = {MMS_CLASS_FLOAT, 8, "f64"},
    [MMS_TYPE_BOOL] = {MMS_CLASS_BOOL, 1, "bool"},
    [MMS_TYPE_CHAR] = {MMS_CLASS_TEXT, 1, "char"},
    [MMS_TYPE_TEXT] = {MMS_CLASS_TEXT, 0, "text"},
    [MMS_TYPE_PASCAL] = {MMS_CLASS_TEXT, 0, "pascal"},
};

/* By character: is it a code, has it a standard type, is a count its size; native type, standard type. */
const struct mms_code_row mms_table_codes[128] = {
    ['x'] = {true, true, false, MMS_TYPE_PAD, MMS_TYPE_PAD},
    ['c'] = {true, true, false, MMS_TYPE_CHAR, MMS_TYPE_CHAR},
    ['b'] = {true, true, false, MMS_TYPE_I8, MMS_TYPE_I8},
    ['B'] = {true, true, false, MMS_TYPE_U8, MMS_TYPE_U8},
    ['?'] = {true, true, false, MMS_TYPE_BOOL, MMS_TYPE_BOOL},
    ['h'] = {true, true, false, MMS_TYPE_I16, MMS_TYPE_I16},
    ['H'] = {true, true, false, MMS_TYPE_U16, MMS_TYPE_U16},
    ['i'] = {true, true, false, MMS_TYPE_I32, MMS_TYPE_I32},
    ['I'] = {true, true, false, MMS_TYPE_U32, MMS_TYPE_U32},
    ['l'] = {true, true, false, MMS_TYPE_I64, MMS_TYPE_I32},
    ['L'] = {true, true, false, MMS_TYPE_U64, MMS_TYPE_U32},
    ['q'] = {true, true, false, MMS_TYPE_I64, MMS_TYPE_I64},
    ['Q'] = {true, true, false, MMS_TYPE_U64, MMS_TYPE_U64},
    ['n'] = {true, false, false, MMS_TYPE_I64, MMS_TYPE_PAD},
    ['N'] = {true, false, false, MMS_TYPE_U64, MMS_TYPE_PAD},
    ['P'] = {true, false, false, MMS_TYPE_U64, MMS_TYPE_PAD},
    ['e'] = {true, true, false, MMS_TYPE_F16, MMS_TYPE_F16},
    ['f'] = {true, true, false, MMS_TYPE_F32, MMS_TYPE_F32},
    ['d'] = {true, true, false, MMS_TYPE_F64, MMS_TYPE_F64},
    ['s'] = {true, true, true, MMS_TYPE_TEXT, MMS_TYPE_TEXT},
    ['p'] = {true, true, true, MMS_TYPE_PASCAL, MMS_TYPE_PASCAL},
};

/* By data type: name (NULL: no such), layout, type, size of a value (0: it stands elsewhere), metric kind. */
const struct mms_id_row mms_table_ids[MMS_IDS] = {
    [MMS_ID_PADDING] = {"padding", MMS_LAYOUT_PADDING, MMS_TYPE_PAD, 0, MMS_METRIC_UNKNOWN},
    [MMS_ID_COUNTER] = {"counter", MMS_LAYOUT_BUFFERED, MMS_TYPE_U64, 8, MMS_METRIC_COUNTER},
    [MMS_ID_AVERAGE] = {"average", MMS_LAYOUT_BUFFERED, MMS_TYPE_F64, 8, MMS_METRIC_GAUGE},
    [MMS_ID_MOVING_AVERAGE] = {"moving_average", MMS_LAYOUT_BUFFERED, MMS_TYPE_F64, 8, MMS_METRIC_GAUGE},
    [MMS_ID_TIMER] = {"timer", MMS_LAYOUT_BUFFERED, MMS_TYPE_F64, 8, MMS_METRIC_DURATION},
    [MMS_ID_U64] = {"u64", MMS_LAYOUT_BUFFERED, MMS_TYPE_U64, 8, MMS_METRIC_UNKNOWN},
    [MMS_ID_U32] = {"u32", MMS_LAYOUT_BUFFERED, MMS_TYPE_U32, 4, MMS_METRIC_UNKNOWN},
    [MMS_ID_I32] = {"i32", MMS_LAYOUT_BUFFERED, MMS_TYPE_I32, 4, MMS_METRIC_UNKNOWN},
    [MMS_ID_I16] = {"i16", MMS_LAYOUT_BUFFERED, MMS_TYPE_I16, 2, MMS_METRIC_UNKNOWN},
    [MMS_ID_U16] = {"u16", MMS_LAYOUT_BUFFERED, MMS_TYPE_U16, 2, MMS_METRIC_UNKNOWN},
    [MMS_ID_BYTE] = {"byte", MMS_LAYOUT_UNBUFFERED, MMS_TYPE_I8, 1, MMS_METRIC_UNKNOWN},
    [MMS_ID_F32] = {"f32", MMS_LAYOUT_BUFFERED, MMS_TYPE_F32, 4, MMS_METRIC_UNKNOWN},
    [MMS_ID_STATIC_F32] = {"static_f32", MMS_LAYOUT_UNBUFFERED, MMS_TYPE_F32, 4, MMS_METRIC_UNKNOWN},
    [MMS_ID_F64] = {"f64", MMS_LAYOUT_BUFFERED, MMS_TYPE_F64, 8, MMS_METRIC_UNKNOWN},
    [MMS_ID_STATIC_F64] = {"static_f64", MMS_LAYOUT_UNBUFFERED, MMS_TYPE_F64, 8, MMS_METRIC_UNKNOWN},
    [MMS_ID_BOOL] = {"bool", MMS_LAYOUT_UNBUFFERED, MMS_TYPE_BOOL, 1, MMS_METRIC_UNKNOWN},
    [MMS_ID_STRING] = {"string", MMS_LAYOUT_STRING, MMS_TYPE_TEXT, 0, MMS_METRIC_INFO},
    [MMS_ID_STATIC_U32] = {"static_u32", MMS_LAYOUT_UNBUFFERED, MMS_TYPE_U32, 4, MMS_METRIC_UNKNOWN},
    [MMS_ID_STATIC_I64] = {"static_i64", MMS_LAYOUT_UNBUFFERED, MMS_TYPE_I64, 8, MMS_METRIC_UNKNOWN},
    [MMS_ID_STATIC_U64] = {"static_u64", MMS_LAYOUT_UNBUFFERED, MMS_TYPE_U64, 8, MMS_METRIC_UNKNOWN},
    [MMS_ID_STATIC_TEXT] = {"static_text", MMS_LAYOUT_UNBUFFERED, MMS_TYPE_TEXT, 256, MMS_METRIC_INFO},
    [MMS_ID_U32_RING] = {"u32_ring", MMS_LAYOUT_ARRAY, MMS_TYPE_U32, 4, MMS_METRIC_UNKNOWN},
    [MMS_ID_U32_RESERVOIR] = {"u32_reservoir", MMS_LAYOUT_ARRAY, MMS_TYPE_U32, 4, MMS_METRIC_UNKNOWN},
    [MMS_ID_U32_DECAYING] = {"u32_decaying", MMS_LAYOUT_ARRAY, MMS_TYPE_U32, 4, MMS_METRIC_UNKNOWN},
    [MMS_ID_I64] = {"i64", MMS_LAYOUT_BUFFERED, MMS_TYPE_I64, 8, MMS_METRIC_UNKNOWN},
    [MMS_ID_WIDE_STRING] = {"wide_string", MMS_LAYOUT_WIDE, MMS_TYPE_TEXT, 0, MMS_METRIC_INFO},
    [MMS_ID_U64_RING] = {"u64_ring", MMS_LAYOUT_ARRAY, MMS_TYPE_U64, 8, MMS_METRIC_UNKNOWN},
    [MMS_ID_F64_RING] = {"f64_ring", MMS_LAYOUT_ARRAY, MMS_TYPE_F64, 8, MMS_METRIC_UNKNOWN},
    [MMS_ID_HISTOGRAM] = {"histogram", MMS_LAYOUT_HISTOGRAM, MMS_TYPE_U64, 8, MMS_METRIC_HISTOGRAM},
    [MMS_ID_STRUCT] = {"struct", MMS_LAYOUT_STRUCT, MMS_TYPE_PAD, 0, MMS_METRIC_UNKNOWN},
    [MMS_ID_METADATA] = {"metadata", MMS_LAYOUT_METADATA, MMS_TYPE_TEXT, 0, MMS_METRIC_UNKNOWN},
    [MMS_ID_GENERATION] = {"generation", MMS_LAYOUT_UNBUFFERED, MMS_TYPE_U64, 8, MMS_METRIC_UNKNOWN},
};

/* Names by enum mms_layout. */
const char *const mms_table_layouts[MMS_LAYOUTS] = {
    [MMS_LAYOUT_PADDING] = "padding",
    [MMS_LAYOUT_UNBUFFERED] = "unbuffered",
    [MMS_LAYOUT_BUFFERED] = "buffered",
    [MMS_LAYOUT_STRING] = "string",
    [MMS_LAYOUT_WIDE] = "wide",
    [MMS_LAYOUT_ARRAY] = "array",
    [MMS_LAYOUT_HISTOGRAM] = "histogram",
    [MMS_LAYOUT_STRUCT] = "struct",
    [MMS_LAYOUT_METADATA] = "metadata",
    [MMS_LAYOUT_OPAQUE] = "opaque",
};

/* Names by metric kind. */
const char *const mms_table_metrics[MMS_METRICS] = {
    [MMS_METRIC_UNKNOWN] = "unknown",
    [MMS_METRIC_GAUGE] = "gauge",
    [MMS_METRIC_COUNTER] = "counter",
    [MMS_METRIC_INFO] = "info",
    [MMS_METRIC_STATESET] = "stateset",
    [MMS_METRIC_HISTOGRAM] = "histogram",
    [MMS_METRIC_SUMMARY] = "summary",
    [MMS_METRIC_TIMESTAMP] = "timestamp",
    [MMS_METRIC_DURATION] = "duration",
};

/* The rules that a decoder checks: number, error, text. */
const struct mms_rule_row mms_table_rules[MMS_RULES] = {
    {MMS_RULE_VERSION, EPROTONOSUPPORT, "the version byte is neither 01 nor 02"},
    {MMS_RULE_EMPTY, EBADMSG, "the file has no byte at all"},
    {MMS_RULE_V1_LABEL, EBADMSG, "the label reaches past the end of the file"},
    {MMS_RULE_V1_SIGNATURE_SIZE, EBADMSG, "the file ends before the size of the type signature"},
    {MMS_RULE_V1_SIGNATURE, EBADMSG, "the type signature reaches past the end of the file"},
    {MMS_RULE_V1_NO_WRITE_BUFFER, EBADMSG, "the file ends before the write buffer byte"},
    {MMS_RULE_V1_WRITE_BUFFER, EBADMSG, "the write buffer byte is not 00, 01 or ff"},
    {MMS_RULE_V1_VALUE, EBADMSG, "the value area reaches past the end of the file"},
    {MMS_RULE_SIGNATURE_CODE, EBADMSG, "the type signature has a character that is no code, or one that native sizes need"},
    {MMS_RULE_SIGNATURE_COUNT, EBADMSG, "a count in the type signature has no code behind it"},
    {MMS_RULE_SIGNATURE_SIZE, EBADMSG, "the type signature means a value of more than 2^63 - 1 bytes"},
    {MMS_RULE_SIGNATURE_NO_ITEM, EBADMSG, "the type signature yields no item"},
    {MMS_RULE_V2_RECORD, EBADMSG, "the record reaches past the end of the file"},
    {MMS_RULE_V2_FIELD_SIZE, EBADMSG, "the field size is below 6"},
    {MMS_RULE_V2_LABEL, EBADMSG, "the label, the data type or the metric type reaches past the end of the record"},
    {MMS_RULE_V2_BODY, EBADMSG, "the body reaches past the end of the record"},
    {MMS_RULE_V2_WRITE_BUFFER, EBADMSG, "the write buffer byte is not 00 or 01"},
    {MMS_RULE_V2_WRITE_OFFSET, EBADMSG, "the write offset of an array is above its array size"},
    {MMS_RULE_V2_SEQUENCE, EBADMSG, "the sequence trailer has no room, is not 8-aligned, or the data type can have none"},
    {MMS_RULE_V2_HISTOGRAM, EBADMSG, "the parameters of a histogram do not agree with each other"},
};

/* By enum mms_sys: label, signature of version 1, data type and metric kind of version 2. */
const struct mms_sys_field mms_table_sys[MMS_SYS_FIELDS] = {
    [MMS_SYS_PID] = {"sys.pid", "I", MMS_ID_STATIC_U32, MMS_METRIC_UNKNOWN},
    [MMS_SYS_TID] = {"sys.tid", "q", MMS_ID_STATIC_I64, MMS_METRIC_UNKNOWN},
    [MMS_SYS_UID] = {"sys.uid", "Q", MMS_ID_STATIC_U64, MMS_METRIC_UNKNOWN},
    [MMS_SYS_GID] = {"sys.gid", "Q", MMS_ID_STATIC_U64, MMS_METRIC_UNKNOWN},
    [MMS_SYS_CREATED] = {"sys.created", "d", MMS_ID_STATIC_F64, MMS_METRIC_TIMESTAMP},
    [MMS_SYS_LOCK] = {"sys.lock", "?", MMS_ID_BOOL, MMS_METRIC_UNKNOWN},
    [MMS_SYS_VERSION] = {"org.mmstats.version", "256s", MMS_ID_STATIC_TEXT, MMS_METRIC_INFO},
};
