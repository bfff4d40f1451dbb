/* SPDX-License-Identifier: MIT
 *
 * parse.h - what the parts of the parser share. Private to format/. */
#ifndef MMSTATS_FORMAT_PARSE_H
#define MMSTATS_FORMAT_PARSE_H

#include "format/cursor.h"
#include "format/tables.h"
#include "mmstats/format.h"

/* Fills diag, if there is one, and returns the rule's error as a negative errno. */
int mms_fail(struct mms_diag *diag, enum mms_rule rule, uint64_t offset);

/* One record of either version; scan has not ended. As mms_scan_next. */
int mms_scan_next_v1(struct mms_scan *scan, struct mms_record *record, struct mms_diag *diag);
int mms_scan_next_v2(struct mms_scan *scan, struct mms_record *record, struct mms_diag *diag);

/* Goes through all that is left of a scan: 0, or the first error. */
int mms_scan_verdict(struct mms_scan scan, struct mms_diag *diag);

/* --- type signatures -------------------------------------------------------------------------------------- */

/* What the mark of a signature says (R301). */
struct mms_mark {
    bool native; /* sizes and alignment */
    bool swapped;
};

/* One code with its count (R305). */
struct mms_code {
    enum mms_type type;
    size_t size;    /* of one item */
    uint64_t count; /* items (or bytes, for PAD); saturates at UINT64_MAX */
    size_t align;   /* where it begins: at a multiple of this */
};

/* Takes the mark, if there is one. */
struct mms_mark mms_take_mark(struct mms_cursor *signature, bool file_swapped);

/* Takes the next code. Returns 1; 0 at the end of the signature; or -EBADMSG with *rule.
 * left: how many characters of the signature were left where the code (its count) began, or the error is. */
int mms_take_code(struct mms_cursor *signature, bool native, struct mms_code *code, size_t *left, enum mms_rule *rule);

/* n, raised to a multiple of align (a power of two). The caller knows that it fits. */
static inline size_t mms_align_up(size_t n, size_t align)
{
    return (n + align - 1) & ~(align - 1);
}

/* --- layouts ---------------------------------------------------------------------------------------------- */

/* R417; 0 where R409 forbids the two. */
static inline size_t mms_bucket_count(uint8_t sub_bits, uint8_t max_bits)
{
    if (sub_bits > 16 || sub_bits > max_bits || max_bits > 64)
        return 0;
    return ((size_t)1 << sub_bits) * ((size_t)max_bits - sub_bits + 1) + 1;
}

/* R408: may a record of this layout have a sequence? */
static inline bool mms_layout_has_sequence(enum mms_layout layout)
{
    return layout == MMS_LAYOUT_BUFFERED || layout == MMS_LAYOUT_WIDE || layout == MMS_LAYOUT_ARRAY ||
           layout == MMS_LAYOUT_HISTOGRAM || layout == MMS_LAYOUT_STRUCT;
}

#endif
