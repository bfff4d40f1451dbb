/* SPDX-License-Identifier: MIT
 *
 * Generated from spec/format.toml by `python3 spec/generate.py`: do not edit. */

#ifndef MMSTATS_TABLES_GEN_H
#define MMSTATS_TABLES_GEN_H

/* bytes of a label (its size is a u16) */
#define MMS_LIMIT_LABEL             65535
/* bytes of a type signature (its size is a u16) */
#define MMS_LIMIT_SIGNATURE         65535
/* bytes of the label of a version 1 record that is added to a published file (rule 506) */
#define MMS_LIMIT_GROWN_LABEL_V1    255
/* bytes of a static text's value */
#define MMS_LIMIT_STATIC_TEXT       256
/* bytes of a string's value where the program names no size */
#define MMS_LIMIT_STRING_DEFAULT    255
/* bytes of a string's value that a writer makes */
#define MMS_LIMIT_STRING            65535
/* bytes of a tuple that a writer makes */
#define MMS_LIMIT_STRUCT            65535
/* elements that an array shows (its size is a u16) */
#define MMS_LIMIT_RING              65535
/* samples in a moving average or timer where the program names no size */
#define MMS_LIMIT_MOVING_DEFAULT    100
/* smallest field_size of a version 2 record: label size, data type and metric type */
#define MMS_LIMIT_MIN_FIELD_SIZE    6
/* the largest alignment of a value area in a file */
#define MMS_LIMIT_MAX_ALIGN         8
/* bytes of the largest file that a reader opens unless told otherwise */
#define MMS_LIMIT_FILE_SIZE_DEFAULT 67108864

/* How a value is delivered. */
enum mms_class {
    MMS_CLASS_NONE,
    MMS_CLASS_INT,
    MMS_CLASS_UINT,
    MMS_CLASS_FLOAT,
    MMS_CLASS_BOOL,
    MMS_CLASS_TEXT,
};

/* Elementary types. */
enum mms_type {
    MMS_TYPE_PAD,
    MMS_TYPE_I8,
    MMS_TYPE_U8,
    MMS_TYPE_I16,
    MMS_TYPE_U16,
    MMS_TYPE_I32,
    MMS_TYPE_U32,
    MMS_TYPE_I64,
    MMS_TYPE_U64,
    MMS_TYPE_F16,
    MMS_TYPE_F32,
    MMS_TYPE_F64,
    MMS_TYPE_BOOL,
    MMS_TYPE_CHAR,
    MMS_TYPE_TEXT,
    MMS_TYPE_PASCAL,
};

/* Layouts of a record's body. */
enum mms_layout {
    /* skipped */
    MMS_LAYOUT_PADDING,
    /* one value */
    MMS_LAYOUT_UNBUFFERED,
    /* two values; the one that is not write_buffer is shown */
    MMS_LAYOUT_BUFFERED,
    /* text that takes the rest of the record */
    MMS_LAYOUT_STRING,
    /* two texts of one size */
    MMS_LAYOUT_WIDE,
    /* a ring of elements; the slot at write_offset is never shown */
    MMS_LAYOUT_ARRAY,
    /* log-linear buckets */
    MMS_LAYOUT_HISTOGRAM,
    /* several values that are published at once */
    MMS_LAYOUT_STRUCT,
    /* lines key=value about the fields with this label */
    MMS_LAYOUT_METADATA,
    /* a data type that this table does not have; skipped */
    MMS_LAYOUT_OPAQUE,
};

/* Data types of version 2. */
enum mms_id {
    MMS_ID_PADDING = 0,
    MMS_ID_COUNTER = 1,
    MMS_ID_AVERAGE = 2,
    MMS_ID_MOVING_AVERAGE = 3,
    MMS_ID_TIMER = 4,
    MMS_ID_U64 = 5,
    MMS_ID_U32 = 6,
    MMS_ID_I32 = 7,
    MMS_ID_I16 = 8,
    MMS_ID_U16 = 9,
    MMS_ID_BYTE = 10,
    MMS_ID_F32 = 11,
    MMS_ID_STATIC_F32 = 12,
    MMS_ID_F64 = 13,
    MMS_ID_STATIC_F64 = 14,
    MMS_ID_BOOL = 15,
    MMS_ID_STRING = 16,
    MMS_ID_STATIC_U32 = 17,
    MMS_ID_STATIC_I64 = 18,
    MMS_ID_STATIC_U64 = 19,
    MMS_ID_STATIC_TEXT = 20,
    MMS_ID_U32_RING = 21,
    MMS_ID_U32_RESERVOIR = 22,
    MMS_ID_U32_DECAYING = 23,
    MMS_ID_I64 = 64,
    MMS_ID_WIDE_STRING = 65,
    MMS_ID_U64_RING = 66,
    MMS_ID_F64_RING = 67,
    MMS_ID_HISTOGRAM = 68,
    MMS_ID_STRUCT = 69,
    MMS_ID_METADATA = 96,
    MMS_ID_GENERATION = 97,
};

/* Metric kinds: the low byte of metric_type. */
enum mms_metric {
    /* not said */
    MMS_METRIC_UNKNOWN = 0,
    /* a value that goes up and down */
    MMS_METRIC_GAUGE = 1,
    /* a count that only goes up (until it wraps) */
    MMS_METRIC_COUNTER = 2,
    /* text that describes */
    MMS_METRIC_INFO = 3,
    /* one of several states */
    MMS_METRIC_STATESET = 4,
    /* a distribution in buckets */
    MMS_METRIC_HISTOGRAM = 5,
    /* a distribution in quantiles */
    MMS_METRIC_SUMMARY = 6,
    /* a gauge in UNIX seconds */
    MMS_METRIC_TIMESTAMP = 7,
    /* a gauge in seconds */
    MMS_METRIC_DURATION = 8,
};

/* Flags: the high byte of metric_type. */
enum mms_flag {
    /* the record ends in a u64 that counts publications, 8-aligned in the file */
    MMS_FLAG_SEQUENCE = 0x80,
};

/* Rules of SPEC.md that a decoder checks, by their numbers. */
enum mms_rule {
    /* the version byte is neither 01 nor 02 */
    MMS_RULE_VERSION = 101,
    /* the file has no byte at all */
    MMS_RULE_EMPTY = 102,
    /* the label reaches past the end of the file */
    MMS_RULE_V1_LABEL = 202,
    /* the file ends before the size of the type signature */
    MMS_RULE_V1_SIGNATURE_SIZE = 203,
    /* the type signature reaches past the end of the file */
    MMS_RULE_V1_SIGNATURE = 204,
    /* the file ends before the write buffer byte */
    MMS_RULE_V1_NO_WRITE_BUFFER = 205,
    /* the write buffer byte is not 00, 01 or ff */
    MMS_RULE_V1_WRITE_BUFFER = 206,
    /* the value area reaches past the end of the file */
    MMS_RULE_V1_VALUE = 207,
    /* the type signature has a character that is no code, or one that native sizes need */
    MMS_RULE_SIGNATURE_CODE = 303,
    /* a count in the type signature has no code behind it */
    MMS_RULE_SIGNATURE_COUNT = 304,
    /* the type signature means a value of more than 2^63 - 1 bytes */
    MMS_RULE_SIGNATURE_SIZE = 305,
    /* the type signature yields no item */
    MMS_RULE_SIGNATURE_NO_ITEM = 306,
    /* the record reaches past the end of the file */
    MMS_RULE_V2_RECORD = 402,
    /* the field size is below 6 */
    MMS_RULE_V2_FIELD_SIZE = 403,
    /* the label, the data type or the metric type reaches past the end of the record */
    MMS_RULE_V2_LABEL = 404,
    /* the body reaches past the end of the record */
    MMS_RULE_V2_BODY = 405,
    /* the write buffer byte is not 00 or 01 */
    MMS_RULE_V2_WRITE_BUFFER = 406,
    /* the write offset of an array is above its array size */
    MMS_RULE_V2_WRITE_OFFSET = 407,
    /* the sequence trailer has no room, is not 8-aligned, or the data type can have none */
    MMS_RULE_V2_SEQUENCE = 408,
    /* the parameters of a histogram do not agree with each other */
    MMS_RULE_V2_HISTOGRAM = 409,
};

/* The default fields (R510), in their order. */
enum mms_sys {
    /* process ID of the writer, in its own PID namespace */
    MMS_SYS_PID,
    /* thread ID of the writer */
    MMS_SYS_TID,
    /* real user ID of the writer */
    MMS_SYS_UID,
    /* real group ID of the writer */
    MMS_SYS_GID,
    /* when the file was made, UNIX seconds */
    MMS_SYS_CREATED,
    /* true: the writer holds a lock on the file for as long as it lives (rule 511) */
    MMS_SYS_LOCK,
    /* version of the library that wrote the file */
    MMS_SYS_VERSION,
};

/* version 1: counts the publications of values that one access does not read whole (rule 512) */
#define MMS_LABEL_SEQUENCE   "sys.sequence"
/* version 1, and by custom version 2: odd while a transaction is open (rule 515) */
#define MMS_LABEL_GENERATION "sys.generation"

/* A default field: how a record of either version describes it. */
struct mms_sys_field {
    const char *label;
    const char *signature;  /* version 1 */
    enum mms_id id;         /* version 2 */
    enum mms_metric metric; /* version 2 */
};

/* How many of each there are. */
#define MMS_TYPES      16
#define MMS_LAYOUTS    10
/* one above the last: not all numbers are in use */
#define MMS_IDS        98
#define MMS_METRICS    9
#define MMS_RULES      20
#define MMS_SYS_FIELDS 7

#endif
