/* SPDX-License-Identifier: MIT
 *
 * lint_check.c - goes through a file once and tells what it finds. */

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tools/common/output.h"
#include "tools/lint/lint.h"

/* PAUSES: of a millisecond, in one file, however many records of it are wrong. */
enum { PAGE = 4096, LOOKS = 16, PAUSES = 64 };

/* Findings of one name that are shown of a file: the next million says nothing new. */
enum { SHOWN = 100 };

static void tell(struct lint_file *file, const struct lint_format *format, const struct lint_finding *finding)
{
    struct lint_kind *kind = file->kinds;
    while (kind->name != NULL && kind->name != finding->name)
        kind++;
    kind->name = finding->name;
    kind->severity = finding->severity;
    if (file->all || kind->count < SHOWN)
        format->finding(file, finding);
    else
        kind->left_out++;
    kind->count++;
    *(finding->severity == LINT_ERROR ? &file->errors : &file->warnings) += 1;
}

void lint_warn(struct lint_file *file, const struct lint_format *format, enum lint_id id, size_t offset,
               const struct mms_text *label)
{
    const struct lint_warning *warning = &lint_warnings[id];
    struct lint_finding finding = {
        .severity = LINT_WARNING,
        .rule = warning->rule,
        .name = warning->name,
        .text = warning->text,
        .offset = offset,
        .has_offset = offset != 0,
        .label = label,
    };
    tell(file, format, &finding);
}

/* begin, end: of the record, or of the file. */
static void tell_error(struct lint_file *file, const struct lint_format *format, const struct mms_diag *diag,
                       size_t begin, size_t end)
{
    char found[LINT_FOUND_SIZE];
    lint_found(file, diag, begin, end, found);
    struct lint_finding finding = {
        .severity = LINT_ERROR,
        .rule = diag->rule,
        .name = mms_rule_name(diag->rule),
        .text = mms_rule_text(diag->rule),
        .offset = diag->offset,
        .has_offset = true,
        .error = diag->error,
        .expected = mms_rule_expected(diag->rule),
        .found = found,
    };
    tell(file, format, &finding);
}

/* --- one record --------------------------------------------------------------------------------------------------- */

/* While a writer publishes, a record may be as it should not be, for as long as two stores take. It is wrong when it is
 * so at every look. Returns 1, 0 or -errno. */
static int stays(struct lint_file *file, const struct lint_warning *warning, struct lint_look look)
{
    size_t size = look.record->size;
    int wrong = 1;

    if (file->fd < 0 || file->liveness != MMS_LIVE)
        return 1;
    uint8_t *bytes = malloc(size);
    if (bytes == NULL)
        return -ENOMEM;
    look.bytes = bytes;
    for (int i = 0; i < LOOKS && wrong > 0; i++) {
        if (i > 0 && file->pauses++ >= PAUSES)
            break; /* so many records are not wrong by chance */
        if (i > 0)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        wrong = lint_read_again(file, bytes, size, look.record->offset);
        if (wrong >= 0)
            wrong = wrong == 0 || warning->test(&look) != 0;
    }
    free(bytes);
    return wrong;
}

static int test_record(struct lint_file *file, const struct lint_format *format, const struct lint_look *look)
{
    for (int i = 0; i < LINT_WARNINGS; i++) {
        const struct lint_warning *warning = &lint_warnings[i];
        size_t offset = warning->test != NULL ? warning->test(look) : 0;
        int wrong = offset != 0 && warning->passing ? stays(file, warning, *look) : offset != 0;
        if (wrong < 0)
            return wrong;
        if (wrong > 0)
            lint_warn(file, format, (enum lint_id)i, offset, &look->record->label);
    }
    return 0;
}

static int check_record(struct lint_file *file, const struct lint_format *format, const struct mms_record *record)
{
    struct lint_look look = {record, file->data + record->offset, file->scan.version, file->scan.swapped};
    int got = test_record(file, format, &look);

    if (got < 0)
        return got;
    file->records++;
    if (record->layout == MMS_LAYOUT_PADDING || record->layout == MMS_LAYOUT_OPAQUE)
        return 0;
    if (lint_is_generation(&look) && file->generations++ > 0)
        lint_warn(file, format, LINT_GENERATION_TWICE, record->offset, &record->label);
    if (record->layout != MMS_LAYOUT_METADATA)
        for (int i = 0; i < MMS_SYS_FIELDS; i++)
            if (lint_ends_with(record->label, mms_sys_field_of((enum mms_sys)i)->label))
                file->sys |= 1u << i;
    if ((got = lint_labels_add(file->labels, &look)) > 0)
        lint_warn(file, format, LINT_DUPLICATE_LABEL, record->offset, &record->label);
    return got;
}

/* --- the file ----------------------------------------------------------------------------------------------------- */

/* Where a byte is not 0, from `at` on; 0: nowhere. */
static size_t first_garbage(const struct lint_file *file, size_t at)
{
    while (at < file->size && file->data[at] == 0)
        at++;
    return at < file->size ? at : 0;
}

/* What only a list that has an end tells. */
static void check_end(struct lint_file *file, const struct lint_format *format)
{
    size_t end = file->scan.offset, garbage = first_garbage(file, end);

    if (file->size - end < 4)
        lint_warn(file, format, LINT_END_ROOM, end, NULL);
    if (file->scan.version == 2 && end % 4 != 0)
        lint_warn(file, format, LINT_END_ALIGNMENT, end, NULL);
    if (garbage != 0)
        lint_warn(file, format, LINT_REST, garbage, NULL);
}

static bool reads_in_both(const struct lint_file *file)
{
    bool little = (MMS_ORDER_NATIVE == MMS_ORDER_LITTLE) != file->scan.swapped;
    return file->errors == 0 && file->records > 0 &&
           mms_check(file->data, file->size, little ? MMS_ORDER_BIG : MMS_ORDER_LITTLE, NULL) == 0;
}

static void check_whole(struct lint_file *file, const struct lint_format *format)
{
    lint_labels_judge(file, format);
    if (file->size % PAGE != 0)
        lint_warn(file, format, LINT_FILE_SIZE, file->size, NULL);
    if (!(file->sys & 1u << MMS_SYS_PID))
        lint_warn(file, format, LINT_NO_PID, 0, NULL);
    if (!(file->sys & 1u << MMS_SYS_CREATED))
        lint_warn(file, format, LINT_NO_CREATED, 0, NULL);
    if (file->liveness == MMS_DEAD)
        lint_warn(file, format, LINT_DEAD_WRITER, 0, NULL);
    if (reads_in_both(file))
        lint_warn(file, format, LINT_EITHER_ORDER, 0, NULL);
}

int lint_check(struct lint_file *file, const struct lint_format *format, enum mms_order order)
{
    struct mms_record record;
    struct mms_diag diag;
    bool ends = true; /* the list of records, with what an end is made of */
    int got;

    if (mms_scan_begin(&file->scan, file->data, file->size, order, &diag) < 0) {
        tell_error(file, format, &diag, 0, file->size);
        return 0;
    }
    if ((file->labels = lint_labels_new()) == NULL)
        return -ENOMEM;
    for (size_t begin = 1; (got = mms_scan_next(&file->scan, &record, &diag)) != 0 && mms_output_works();
         begin = file->scan.offset) {
        if (got < 0) {
            tell_error(file, format, &diag, begin, file->scan.ended ? file->size : file->scan.offset);
            ends = !file->scan.ended;
        } else if ((got = check_record(file, format, &record)) < 0) {
            return got;
        }
    }
    if (ends)
        check_end(file, format);
    check_whole(file, format);
    return 0;
}
