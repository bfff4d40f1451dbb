/* SPDX-License-Identifier: MIT */

#include "tools/mash/self.h"

#include <errno.h>
#include <stdlib.h>

#include "tools/common/output.h"
#include "tools/mash/glob.h"

/* NOLINTBEGIN(bugprone-sizeof-expression): how the macros look whether a member has the type of its kind */
static const struct mms_field fields[] = {
    MMS_COUNTER(struct mash_self, requests, "mmash.requests", "requests", "answered"),
    MMS_COUNTER(struct mash_self, errors, "mmash.errors", "requests", "answered with a status of 400 or above"),
    MMS_COUNTER(struct mash_self, events, "mmash.events", "events", "of values, sent to streams"),
    MMS_COUNTER(struct mash_self, refresh_errors, "mmash.refresh.errors", "looks", "for files that failed"),
    MMS_U64(struct mash_self, files, "mmash.files", "files", "that are served"),
    MMS_U64(struct mash_self, unreadable, "mmash.files.unreadable", "files", "that cannot be read, or not all of them"),
    MMS_U64(struct mash_self, labels, "mmash.labels", "labels", "in all files"),
    MMS_U32(struct mash_self, streams, "mmash.streams", "connections", "that get events"),
    MMS_TIMER(struct mash_self, answer, "mmash.answer", "seconds", "time to make an answer of the API"),
    MMS_TIMER(struct mash_self, scrape, "mmash.scrape", "seconds", "time to make an answer of /metrics"),
};
/* NOLINTEND(bugprone-sizeof-expression) */

int mash_self_begin(struct mash_self *self, bool quiet)
{
    struct mms_options options = {.size = sizeof options, .model = "mmash", .flags = quiet ? MMS_PRIVATE : 0};
    *self = (struct mash_self){0};
    int error = mms_writer_new(&options, &self->writer);
    if (error < 0)
        return error;
    mms_writer_add_table(self->writer, fields, sizeof fields / sizeof fields[0], self);
    if (mms_writer_open(self->writer) < 0)
        mms_complain("no metrics of its own: %s", mms_writer_error(self->writer));
    return 0;
}

void mash_self_end(struct mash_self *self)
{
    mms_writer_close(self->writer);
    self->writer = NULL;
}

char *mash_self_glob(const struct mash_self *self)
{
    const char *path = mms_writer_path(self->writer);
    return path != NULL ? mash_glob_of(path, "") : NULL;
}
