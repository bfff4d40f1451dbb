/* SPDX-License-Identifier: MIT
 *
 * poll_files.c - which files there are: what came, went and ended, and which pass the filters. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/files.h"
#include "tools/common/output.h"
#include "tools/common/text.h"
#include "tools/common/value.h"
#include "tools/poll/poll.h"

struct poll_known {
    char *path;
    int error;    /* that was complained of */
    bool ended;
    uint64_t pid; /* 0: the file does not say */
};

static int compare(const void *a, const void *b)
{
    const struct poll_known *one = a, *other = b;
    return strcmp(one->path, other->path);
}

void poll_files_end(struct poll_files *files)
{
    for (size_t i = 0; files->known != NULL && i < files->count; i++)
        free(files->known[i].path);
    free(files->known);
    files->known = NULL;
    files->count = 0;
}

static struct poll_known *find(const struct poll_files *files, const struct poll_known *file)
{
    return files->known != NULL ? bsearch(file, files->known, files->count, sizeof *file, compare) : NULL;
}

static void say(const struct mms_watch_file *file, const char *message)
{
    char text[MMS_MESSAGE_SIZE], who[40] = "";
    if (file->pid != 0)
        snprintf(who, sizeof who, " (process %" PRIu64 ")", file->pid);
    snprintf(text, sizeof text, "%s%s", message, who);
    mms_complain_about(file->path, text);
}

static void say_error(const struct mms_watch_file *file, int error, const struct mms_diag *diag)
{
    char message[MMS_MESSAGE_SIZE];
    size_t errors = 0;
    if (file->reader != NULL)
        mms_reader_diag(file->reader, NULL, &errors);
    mms_file_message(error, diag, errors > 1 ? errors - 1 : 0, message);
    mms_complain_about(file->path, message);
}

/* A process that has ended does not live again. A writer that is about to take the name of a dead one's file locks that
 * file for a moment, which looks so. */
static bool has_ended(const struct poll_known *now, const struct poll_known *before)
{
    return now->ended || (before != NULL && before->ended && now->pid != 0 && now->pid == before->pid);
}

/* begun: there was a round before, so that what is not known is new. */
static void notice(const struct mms_watch_file *file, const struct poll_known *now, const struct poll_known *before,
                   bool begun, bool verbose)
{
    bool ended = before != NULL && before->ended;
    if (!verbose)
        return;
    if (before == NULL && begun)
        say(file, "has appeared");
    if (now->ended && !ended)
        say(file, "its writer has ended");
    if (!now->ended && ended)
        say(file, "has a new writer");
}

int poll_files_notice(struct poll_files *files, const struct mms_watch *watch, bool verbose)
{
    struct poll_files now = {calloc(watch->count + 1, sizeof(struct poll_known)), watch->count, files->failed};
    int result = now.known != NULL ? 0 : -ENOMEM;
    bool begun = files->known != NULL;
    for (size_t i = 0; result == 0 && i < watch->count; i++) {
        const struct mms_watch_file *file = &watch->files[i];
        struct mms_diag diag = {0};
        struct poll_known *known = &now.known[i];
        *known = (struct poll_known){strdup(file->path), mms_set_error(watch->set, i, &diag), file->live == MMS_DEAD,
                                      file->pid};
        if (known->path == NULL) {
            result = -ENOMEM;
            break;
        }
        struct poll_known *before = find(files, known);
        known->ended = has_ended(known, before);
        notice(file, known, before, begun, verbose);
        if (known->error != 0 && (before == NULL || before->error != known->error))
            say_error(file, known->error, &diag);
        now.failed |= known->error != 0;
    }
    if (result != 0) {
        poll_files_end(&now);
        return result;
    }
    qsort(now.known, now.count, sizeof *now.known, compare);
    for (size_t i = 0; begun && i < files->count; i++)
        if (verbose && find(&now, &files->known[i]) == NULL)
            mms_complain_about(files->known[i].path, "has gone");
    poll_files_end(files);
    *files = now;
    return 0;
}

/* --- filters ------------------------------------------------------------------------------------------------------ */

/* Is it what would be shown of the value? Returns 1, 0 or -ENOMEM. */
static int shown_as(const struct mms_stat *stat, struct mms_text wanted)
{
    size_t size;
    char *text = poll_rendered(stat, mms_put_value, &size);
    int result = text != NULL ? mms_text_is((struct mms_text){text, size}, wanted) : -ENOMEM;
    free(text);
    return result;
}

/* The number that a filter asks for: 3 is 3.0. text is terminated. */
static bool same_number(const struct mms_value *value, const char *text)
{
    char *end;
    bool whole = *text != '\0';
    errno = 0;
    switch (mms_class_of(value->type)) {
    case MMS_CLASS_INT:
        return strtoll(text, &end, 10) == value->i && whole && *end == '\0' && errno == 0;
    case MMS_CLASS_UINT:
        return text[0] != '-' && strtoull(text, &end, 10) == value->u && whole && *end == '\0' && errno == 0;
    case MMS_CLASS_FLOAT:
        return strtod(text, &end) == value->f && whole && *end == '\0';
    case MMS_CLASS_BOOL:
        return strcmp(text, value->b ? "true" : "false") == 0 || strcmp(text, value->b ? "1" : "0") == 0;
    default:
        return false;
    }
}

int poll_filter_passes(const struct poll_filter *filter, const struct mms_watch_file *file)
{
    const struct mms_watch_field *field = poll_find(file, filter->label);
    struct mms_stat stat;
    int error = field != NULL ? mms_reader_get(file->reader, field->field, &stat) : -ENOENT;
    if (error != 0)
        return error == -ENOMEM ? error : 0;
    if (stat.count == 1 && mms_class_of(stat.values[0].type) == MMS_CLASS_TEXT && !stat.is_array)
        return mms_text_is(stat.values[0].text, filter->value);
    if (stat.count == 1 && !stat.is_array && same_number(&stat.values[0], filter->value.data))
        return 1;
    return shown_as(&stat, filter->value);
}
