/* SPDX-License-Identifier: MIT
 *
 * archive.h - sums of what ended processes published, and the file that holds them. */
#ifndef MMSTATS_TOOLS_CLEAN_ARCHIVE_H
#define MMSTATS_TOOLS_CLEAN_ARCHIVE_H

#include "tools/clean/clean.h"

/* --- sums --------------------------------------------------------------------------------------------------------- */

struct clean_totals {
    struct clean_total **list; /* in the order in which they came */
    size_t count, room;
    void *tree;
};

/* One field's. Two fields are one when label, shape, parameters and signature are the same: nothing is converted. */
struct clean_total {
    struct mms_record what; /* label, id, metric, flags, signature, parameters: what mms_record_layout takes */
    struct mms_value *values; /* one; those of a tuple; the buckets of a histogram */
    size_t count;
    uint64_t sum; /* of a histogram's samples */
    char *unit, *help;
};

/* Adds all that can be added: counters, tuples of counters, histograms. Metadata of a later one takes the place of the
 * earlier. What was added before a failure stays. Returns 0 or -ENOMEM. */
int clean_totals_add(struct clean_totals *totals, struct mms_reader *reader, const struct clean_options *options);
void clean_totals_free(struct clean_totals *totals);

/* Is there a number of which nothing says whether it is a counter? Then its label is in `label`. */
bool clean_totals_undecided(struct mms_reader *reader, const struct clean_options *options, struct mms_text *label);

/* --- the archive -------------------------------------------------------------------------------------------------- */

/* Which file's contents are in an archive: the number in its second name, and a digest of its bytes. */
struct clean_mark {
    uint64_t number, digest;
};

struct clean_archive {
    struct clean_totals totals;
    char application[MMS_LIMIT_STATIC_TEXT];
    double created;
    uint64_t files; /* that were folded so far */
    struct clean_mark *pending; /* are in, and may still be in the directory */
    size_t pending_count;
};

#define CLEAN_MARK_LABEL "org.mmstats.archive"

bool clean_is_archive(struct mms_reader *reader);

/* Reads one. Returns 0, -EBADMSG (it is none, or a part of it cannot be read) or -ENOMEM. */
int clean_archive_read(struct clean_archive *archive, struct mms_reader *reader);

/* Its bytes; the caller frees them. Returns 0, -ENOMEM, -EFBIG or -EMSGSIZE. */
int clean_archive_serialize(const struct clean_archive *archive, uint8_t **data, size_t *size);

void clean_archive_free(struct clean_archive *archive);

#endif
