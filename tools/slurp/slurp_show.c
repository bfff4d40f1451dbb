/* SPDX-License-Identifier: MIT
 *
 * slurp_show.c - shows the files of a set, in one of the formats. */

#include <errno.h>

#include "tools/common/exits.h"
#include "tools/common/output.h"
#include "tools/slurp/slurp.h"

bool slurp_next(struct slurp_file *file, const struct slurp_options *by, size_t *i, struct mms_stat *stat)
{
    size_t count = file->reader != NULL ? mms_reader_count(file->reader) : 0;
    while (*i < count) {
        int error = mms_reader_get(file->reader, (*i)++, stat);
        if (error == 0 && mms_filter_passes(&by->common, stat->label))
            return true;
        if (error < 0) { /* a later error says more than one in the structure */
            file->error = error;
            file->diag = (struct mms_diag){0};
        }
    }
    return false;
}

static void complain_file(const struct slurp_file *file)
{
    char message[MMS_MESSAGE_SIZE];
    mms_file_message(file->error, &file->diag, file->more, message);
    mms_complain_about(file->path, message);
}

/* What was read is then the same for both looks that a format takes at it. */
static void take_snapshot(struct slurp_file *file)
{
    int got = mms_reader_snapshot(file->reader);
    if (got == -EBUSY)
        file->snapshot = mms_reader_liveness(file->reader) == MMS_DEAD ? SLURP_SNAPSHOT_UNFINISHED : SLURP_SNAPSHOT_OPEN;
    else if (got >= 0)
        file->snapshot = got > 0 ? SLURP_SNAPSHOT_EXACT : SLURP_SNAPSHOT_NONE;
    else if (file->error == 0) /* the values say what else is wrong */
        file->error = got;
}

static struct slurp_file file_of(struct mms_set *set, size_t i)
{
    struct slurp_file file = {.path = mms_set_path(set, i), .reader = mms_set_reader(set, i)};
    size_t errors = 0;
    file.error = mms_set_error(set, i, &file.diag);
    if (file.reader != NULL)
        mms_reader_diag(file.reader, NULL, &errors);
    file.more = errors > 1 ? errors - 1 : 0;
    if (file.reader != NULL)
        take_snapshot(&file);
    return file;
}

int slurp_show(struct mms_set *set, const struct slurp_options *by)
{
    const struct slurp_format *format = by->json ? &slurp_json : by->csv ? &slurp_csv : &slurp_text;
    size_t fields = 0;
    bool failed = false;

    format->begin();
    for (size_t i = 0; i < mms_set_count(set) && mms_output_works(); i++) {
        struct slurp_file file = file_of(set, i);
        fields += format->show(&file, by);
        failed |= file.error < 0;
        if (file.error < 0)
            complain_file(&file);
    }
    format->end();
    if (fields == 0 && by->common.filter_count > 0 && mms_set_count(set) > 0 && mms_output_works()) {
        mms_complain_filters(&by->common);
        return failed ? MMS_EXIT_FAILED : MMS_EXIT_NOTHING;
    }
    return failed ? MMS_EXIT_FAILED : MMS_EXIT_OK;
}
