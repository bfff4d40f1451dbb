/* SPDX-License-Identifier: MIT
 *
 * format.h - files of mmstats, as bytes: iterate the records, decode and encode values, lay out and serialize records.
 *
 * Pure functions over memory that the caller owns: no I/O, no allocation, no global state, no recursion; stack use
 * is constant and time is linear in the size of the file. All are safe to call from several threads on data that
 * does not change. Every byte may be hostile; but the memory must not change during a call (take a copy of a live
 * file).
 *
 * Errors are negative errno values; where a `struct mms_diag` is taken it says which rule of spec/SPEC.md is broken,
 * and where. It may be NULL; only mms_check touches it when nothing is wrong. Other outputs are untouched on failure.
 */
#ifndef MMSTATS_FORMAT_H
#define MMSTATS_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mmstats/tables_gen.h" /* enum mms_type, mms_class, mms_layout, mms_id, mms_metric, mms_rule; MMS_LIMIT_... */

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define MMS_API __attribute__((visibility("default")))
#else
#define MMS_API
#endif

/* Bytes that someone else owns; not NUL-terminated, any byte may be in it. */
struct mms_text {
    const char *data;
    size_t size;
};

/* What is wrong, and where (SPEC.md, section 7). error is 0 when nothing is. */
struct mms_diag {
    int error;       /* -EBADMSG malformed, -EPROTONOSUPPORT unsupported */
    int rule;        /* enum mms_rule */
    uint64_t offset; /* from the first byte of the file (of the signature, where only that is given) */
};

/* R103. NATIVE is this machine's order. */
enum mms_order { MMS_ORDER_AUTO, MMS_ORDER_LITTLE, MMS_ORDER_BIG };
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define MMS_ORDER_NATIVE MMS_ORDER_BIG
#else
#define MMS_ORDER_NATIVE MMS_ORDER_LITTLE
#endif

/* How sure a value is (R602). */
enum mms_status { MMS_EXACT, MMS_CHECKED, MMS_BUSY };

/* One record. The upper half describes it, and is what mms_record_layout takes; the lower half says where its parts
 * are in the file, and is what mms_scan_next and mms_record_layout fill in. Offsets, not pointers: the structure comes
 * from a copy, values may be read from elsewhere. label and signature point into the data (or are the caller's). */
struct mms_record {
    struct mms_text label;
    uint16_t id;              /* version 2: the data type, known (enum mms_id) or not; version 1: 0 */
    uint8_t metric;           /* version 2: the metric kind as it stands in the file; version 1: 0 */
    uint8_t flags;            /* version 2: MMS_FLAG_... as they stand in the file */
    enum mms_layout layout;   /* version 1: BUFFERED or UNBUFFERED */
    struct mms_text signature; /* version 1 and layout STRUCT: as it stands in the file; else empty */
    size_t value_size;        /* bytes of one value, tuple, element, bucket or text */
    size_t slots;             /* how many of these: 1; 2 when buffered; array_size + 1; bucket_count */
    enum mms_type type;       /* of the elementary values in a slot; MMS_TYPE_PAD: there are none, or a tuple of several */
    uint64_t items;           /* how many elementary values a slot has: 1, or what the signature says */
    size_t tail;              /* version 2: bytes between body and sequence, or body and end of the record */
    uint8_t sub_bits, max_bits; /* layout HISTOGRAM */
    double scale;               /* layout HISTOGRAM */
    bool swapped;               /* the value's numbers are in the order that this machine has not */

    size_t offset;       /* the record's first byte */
    size_t size;         /* the whole record */
    size_t body;         /* version 2: the first byte of the body; version 1: the write buffer byte */
    size_t write_buffer; /* the u8 (also ff of version 1), or the u16 write_offset of an ARRAY; 0: there is none */
    size_t values;       /* value, slot or bucket number 0 */
    size_t sequence;     /* the u64 trailer; 0: there is none */
};

/* --- iterate ---------------------------------------------------------------------------------------------- */

/* An iteration; the caller allocates it, its fields are to be read only. */
struct mms_scan {
    const uint8_t *data;
    size_t size;
    size_t offset;   /* where the next record begins; once the list has ended, where it ended */
    uint8_t version; /* 1 or 2 */
    bool swapped;    /* the file's numbers are in the order that this machine has not */
    bool ended;
};

/* Begins at the first record of a whole file. AUTO finds the byte order as R103 says (it may read the file twice).
 * data must stay as long as the scan is in use.
 * Returns 0, or -EPROTONOSUPPORT (R101), -EBADMSG (R102). */
MMS_API int mms_scan_begin(struct mms_scan *scan, const void *data, size_t size, enum mms_order order,
                           struct mms_diag *diag);

/* The next record, PADDING and OPAQUE ones too.
 * Returns 1 with *record filled; 0 at the end of the list; -EBADMSG with *diag filled for a record that is malformed.
 * The iteration may go on after an error: it is at the next record (R410), or the next call returns 0 (R208, R402). */
MMS_API int mms_scan_next(struct mms_scan *scan, struct mms_record *record, struct mms_diag *diag);

/* The verdict on a whole file: 0 when every record is well-formed (*diag is cleared then), else the first error, as
 * mms_scan_begin and mms_scan_next report it. */
MMS_API int mms_check(const void *data, size_t size, enum mms_order order, struct mms_diag *diag);

/* --- values ----------------------------------------------------------------------------------------------- */

/* One elementary value. mms_class_of(type) says which member counts. */
struct mms_value {
    enum mms_type type;
    union {
        int64_t i;            /* MMS_CLASS_INT */
        uint64_t u;           /* MMS_CLASS_UINT */
        double f;             /* MMS_CLASS_FLOAT */
        bool b;               /* MMS_CLASS_BOOL */
        struct mms_text text; /* MMS_CLASS_TEXT; points into the bytes that were decoded */
    };
};

MMS_API enum mms_class mms_class_of(enum mms_type type);
MMS_API size_t mms_type_size(enum mms_type type); /* bytes; 0: not all are of one size */

/* The elementary values of one slot, in order: one for a scalar, all of them for a tuple. */
struct mms_items {
    const uint8_t *value; /* the slot's bytes */
    size_t size;
    size_t at;          /* where the next item begins in value */
    const char *code;   /* rest of the signature, or NULL: one item of type `type` */
    const char *end;
    enum mms_type type; /* of the item under way */
    size_t item_size;
    uint64_t repeat;    /* items of that type still to come */
    bool native;
    bool swapped;
};

/* value: record->value_size bytes of one slot (private memory: see mms_reader for live files). Cannot fail on a
 * record that mms_scan_next or mms_record_layout filled. Layouts PADDING and OPAQUE have no items. */
MMS_API void mms_items_begin(struct mms_items *items, const struct mms_record *record, const void *value);

/* Returns 1 with *value filled, or 0 after the last item. */
MMS_API int mms_items_next(struct mms_items *items, struct mms_value *value);

/* Encodes one value as its type into size bytes at out (a text is NUL-padded; where it does not fit it is cut
 * behind a whole character; a number is taken modulo 2^n, a float rounded). A TEXT or PASCAL takes all of size, which
 * is at most INT32_MAX then. Returns the bytes of it, or -EINVAL (type PAD, size too small or too large). */
MMS_API int mms_encode(const struct mms_value *value, bool swapped, void *out, size_t size);

/* Type signatures (SPEC.md, section 3). */
struct mms_signature {
    size_t size;           /* of one tuple */
    uint64_t items;        /* that it yields, at least 1 */
    size_t align;          /* the largest alignment in it; 1 without native alignment */
    enum mms_type type;    /* of the one item; MMS_TYPE_PAD: there are several */
    bool native, swapped;  /* swapped: differs from this machine, taking the file's order where the mark leaves it */
};

/* Returns 0, or -EBADMSG with diag->offset counted from the signature's first byte. */
MMS_API int mms_signature_parse(struct mms_text signature, bool file_swapped, struct mms_signature *out,
                                struct mms_diag *diag);

/* --- lay out and serialize -------------------------------------------------------------------------------- */

/* Completes a record that is to begin at offset of a file: from label, id, metric, flags, layout, signature, and
 * value_size and slots where the data type leaves them open (STRING, METADATA, WIDE: value_size; ARRAY: slots;
 * HISTOGRAM: sub_bits, max_bits, scale; PADDING and OPAQUE: tail), computes layout (version 2), value_size, slots,
 * type, items and all offsets. tail is raised as far as the 8-alignment of the sequence asks for. What the version or
 * the layout does not have becomes 0 (version 1: id, metric, flags). swapped is the order of the file; a signature's
 * mark overrides it.
 * Returns 0; -EINVAL for a bad description; -EMSGSIZE when a label, signature or field is larger than its size word. */
MMS_API int mms_record_layout(struct mms_record *record, uint8_t version, size_t offset);

/* Of what the value area of a complete record should be a multiple (R505): 1, 2, 4 or 8. Layouts PADDING and OPAQUE: 1. */
MMS_API size_t mms_record_alignment(const struct mms_record *record);

/* How many bytes must stand between `offset` and the record so that its value area is aligned (R505). Version 2: bytes
 * of padding, 0 to 7, before the record begins; version 1: spaces, 0 to 7, before the signature's first code (after
 * its mark, if it has one). The record needs its description only. */
MMS_API size_t mms_record_gap(const struct mms_record *record, uint8_t version, size_t offset);

/* Writes the record->size bytes of a completed record to out. body: what follows the header, record->offset +
 * record->size - record->body bytes, copied as they are (with them, serialize(parse(b)) == b); or NULL: the body that
 * a writer starts with: zeros, with the write buffer in place (ff for an unbuffered one of version 1, 1 where there is
 * a sequence (R416), else 0), and the sizes and parameters.
 * Returns the number of bytes; -ENOSPC when capacity is below record->size (out may be NULL then: size first, then
 * write); -EINVAL for a record that mms_record_layout did not complete, or that was changed since. */
MMS_API int64_t mms_serialize(const struct mms_record *record, uint8_t version, enum mms_order order, const void *body,
                              void *out, size_t capacity);

/* --- texts ------------------------------------------------------------------------------------------------ */

/* The largest n <= max such that the first n bytes of text end with a whole UTF-8 character. Bytes that are no UTF-8
 * count as one character each. */
MMS_API size_t mms_utf8_cut(const char *text, size_t size, size_t max);

/* The value of the last line `key=` in the text of a METADATA record (R418), still escaped. Returns 0 or -ENOENT. */
MMS_API int mms_metadata_find(struct mms_text metadata, const char *key, struct mms_text *value);

/* Undoes the escapes of a metadata value. Writes at most capacity bytes and a NUL behind them when there is room;
 * returns the size of the whole. */
MMS_API size_t mms_metadata_unescape(struct mms_text value, char *out, size_t capacity);

/* --- names from the tables: constant strings, never NULL ("?" for what is not in the table) --------------- */

MMS_API const char *mms_type_name(enum mms_type type);     /* "u64" */
MMS_API const char *mms_id_name(uint16_t id);              /* "counter" */
MMS_API const char *mms_metric_name(uint8_t metric);       /* "gauge" */
MMS_API const char *mms_layout_name(enum mms_layout layout); /* "buffered" */
MMS_API const char *mms_status_name(enum mms_status status); /* "exact" */
MMS_API const char *mms_rule_text(int rule);               /* "the write buffer byte is not 00, 01 or ff" */
MMS_API const char *mms_rule_name(int rule);               /* "V1_WRITE_BUFFER" */
MMS_API const char *mms_rule_expected(int rule);           /* what should stand at the offset of the diagnostic */

/* A default field (R510); NULL for what is not in the table. */
MMS_API const struct mms_sys_field *mms_sys_field_of(enum mms_sys field);

/* The metric kind of a record: its own, or its data type's where it says unknown (table of data types). */
MMS_API uint8_t mms_metric_of(const struct mms_record *record);

/* The type of a record's elementary values where there is one: MMS_TYPE_PAD for tuples of several items. */
MMS_API enum mms_type mms_record_type(const struct mms_record *record);

#ifdef __cplusplus
}
#endif
#endif
