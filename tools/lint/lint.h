/* SPDX-License-Identifier: MIT
 *
 * lint.h - what the parts of mmlint share. */
#ifndef MMSTATS_TOOLS_LINT_H
#define MMSTATS_TOOLS_LINT_H

#include "tools/common/files.h"
#include "tools/common/options.h"

struct lint_options {
    struct mms_tool_options common;
    bool json, dump, strict, all;
};

/* The findings of one name. */
struct lint_kind {
    const char *name;
    enum lint_severity { LINT_ERROR, LINT_WARNING } severity;
    uint64_t count, left_out;
};

/* All warnings there are; the table in lint_warnings.c says what they mean. */
enum lint_id {
    LINT_UNALIGNED,
    LINT_SECOND_UNALIGNED,
    LINT_CACHE_LINE,
    LINT_DUPLICATE_LABEL,
    LINT_LABEL_EMPTY,
    LINT_LABEL_UTF8,
    LINT_LABEL_CONTROL,
    LINT_VALUE_UTF8,
    LINT_BOOL_BYTE,
    LINT_DEFAULT_FIELD,
    LINT_NO_PID,
    LINT_NO_CREATED,
    LINT_DEAD_WRITER,
    LINT_KIND_UNKNOWN,
    LINT_KIND_NEW,
    LINT_TYPE_NEW,
    LINT_FLAG_NEW,
    LINT_FLAG_IDLE,
    LINT_PADDING_LABEL,
    LINT_NO_SEQUENCE,
    LINT_SEQUENCE_FIELD,
    LINT_SEQUENCE_BUFFER,
    LINT_SEQUENCE_ARRAY,
    LINT_SEQUENCE_HISTOGRAM,
    LINT_HISTOGRAM_BOUNDS,
    LINT_HISTOGRAM_ZERO,
    LINT_GENERATION_FIELD,
    LINT_GENERATION_TWICE,
    LINT_GENERATION_OPEN,
    LINT_METADATA_LINE,
    LINT_METADATA_KEY,
    LINT_METADATA_ALONE,
    LINT_UNIT_UNKNOWN,
    LINT_UNIT_WRONG,
    LINT_END_ROOM,
    LINT_END_ALIGNMENT,
    LINT_REST,
    LINT_FILE_SIZE,
    LINT_EITHER_ORDER,
    LINT_WARNINGS
};

/* One file: a copy of its bytes, and what was found in it. */
struct lint_file {
    const char *path;
    int fd;     /* of the file itself, for a second look; -1: there is none (standard input) */
    int error;  /* 0, or why it cannot be read: -errno */
    uint8_t *data;
    size_t size;
    enum mms_liveness liveness;
    struct mms_scan scan; /* version 0: the file is none of ours */
    uint64_t records, errors, warnings;
    bool all; /* findings are shown, however many there are */
    struct lint_kind kinds[LINT_WARNINGS + MMS_RULES + 1]; /* in the order in which they came; then name is NULL */
    unsigned sys;         /* bit i: there is the default field i (enum mms_sys) */
    unsigned pauses;      /* that were made for its writer */
    unsigned generations; /* records that open and close transactions */
    struct lint_labels *labels;
};

/* --- what is told ------------------------------------------------------------------------------------------------- */

/* One record, and bytes of it: those of the copy, or of a later one. */
struct lint_look {
    const struct mms_record *record;
    const uint8_t *bytes; /* record->size of them */
    uint8_t version;
    bool swapped; /* the file's order is not this machine's */
};

struct lint_warning {
    const char *name;
    int rule; /* of SPEC.md; 0: the text of a section */
    /* Looks at one record: 0 when all is well, else the offset of what is not. NULL: others than the record say it. */
    size_t (*test)(const struct lint_look *look);
    bool passing; /* true for a moment while a writer publishes: of a file that is in use, it is looked at again */
    const char *text;
};

extern const struct lint_warning lint_warnings[LINT_WARNINGS];

struct lint_finding {
    enum lint_severity severity;
    int rule;
    const char *name, *text;
    uint64_t offset;
    bool has_offset;
    const struct mms_text *label; /* NULL: it is about no record */
    int error;                    /* an error's -errno */
    const char *expected, *found; /* an error's; NULL for a warning */
};

/* Some bytes, and what they mean. */
struct lint_part {
    size_t offset, size;
    const char *meaning;
    const struct mms_value *value; /* NULL: none */
};

enum lint_verdict { LINT_CLEAN, LINT_WARNED, LINT_BROKEN, LINT_UNREADABLE };

/* How a format shows files: file, finding..., [part...], verdict; for each. */
struct lint_format {
    void (*begin)(void);
    void (*file)(const struct lint_file *file);
    void (*finding)(const struct lint_file *file, const struct lint_finding *finding);
    void (*parts)(const struct lint_file *file); /* parts follow */
    void (*part)(const struct lint_file *file, const struct lint_part *part);
    void (*verdict)(const struct lint_file *file, enum lint_verdict verdict);
    void (*end)(void);
};

extern const struct lint_format lint_text, lint_json;

/* --- the parts ---------------------------------------------------------------------------------------------------- */

/* lint_file.c: fills in fd, error, data, size and liveness. path "-" is standard input. */
void lint_open(struct lint_file *file, const char *path, enum mms_order order);
void lint_close(struct lint_file *file);

/* Reads bytes of the file as they are now: 1, 0 when they are not all there any more, or -errno. */
int lint_read_again(const struct lint_file *file, uint8_t *bytes, size_t size, uint64_t offset);

/* lint_check.c: finds everything; fills in the rest. Returns 0 or -errno. */
int lint_check(struct lint_file *file, const struct lint_format *format, enum mms_order order);

/* Tells a warning. offset 0: it is about no byte; label NULL: about no record. */
void lint_warn(struct lint_file *file, const struct lint_format *format, enum lint_id id, size_t offset,
               const struct mms_text *label);

/* lint_warnings.c: is the label that of this default field, perhaps behind a program's prefix? */
bool lint_ends_with(struct mms_text label, const char *end);

/* Does the record open and close transactions (R515)? */
bool lint_is_generation(const struct lint_look *look);

/* Bytes of the record, by their offset in the file. */
const uint8_t *lint_at(const struct lint_look *look, size_t offset);

/* A number of 1 to 8 bytes, in the file's order. */
uint64_t lint_number(const uint8_t *bytes, size_t size, bool swapped);

/* The slot that readers take, by sequence or write buffer (R206, R406, R416). */
size_t lint_shown(const struct lint_look *look);

/* lint_labels.c: which labels there are, and what is said about each. */
struct lint_labels *lint_labels_new(void);
void lint_labels_free(struct lint_labels *labels);

/* Takes note of a record. Returns 1 when another field had its label before, 0 when not, or -ENOMEM. */
int lint_labels_add(struct lint_labels *labels, const struct lint_look *look);

/* Tells what only all records together say. */
void lint_labels_judge(struct lint_file *file, const struct lint_format *format);

/* lint_metadata.c: the next line of the text of a METADATA record. False: there is none. */
bool lint_next_line(struct mms_text *rest, struct mms_text *line);
struct mms_text lint_metadata(const struct lint_look *look);
size_t lint_metadata_line(const struct lint_look *look);
size_t lint_metadata_key(const struct lint_look *look);

/* lint_found.c: what is there instead of what the rule expects. begin, end: of the record. */
enum { LINT_FOUND_SIZE = 160 };
void lint_found(const struct lint_file *file, const struct mms_diag *diag, size_t begin, size_t end,
                char out[LINT_FOUND_SIZE]);

/* lint_dump.c: shows all bytes of a file, each once. */
void lint_dump(const struct lint_file *file, const struct lint_format *format);

#endif
