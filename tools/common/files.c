/* SPDX-License-Identifier: MIT */

#define _GNU_SOURCE /* strerrorname_np */

#include "tools/common/files.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/vfs.h>

#include "tools/common/escape.h"
#include "tools/common/exits.h"
#include "tools/common/output.h"

static void raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

char *mms_files_glob(void)
{
    size_t size = mms_default_glob(NULL, 0);
    char *glob = malloc(size + 1);
    if (glob != NULL)
        mms_default_glob(glob, size + 1);
    return glob;
}

static int open_glob(const struct mms_reader_options *options, struct mms_set **set)
{
    char *glob = mms_files_glob();
    int error = glob == NULL ? -ENOMEM : mms_set_open(glob, options, set);
    int status = MMS_EXIT_OK;

    if (error < 0) {
        mms_complain_about(glob != NULL ? glob : "files", mms_error_text(error));
        status = MMS_EXIT_FAILED;
    } else if (mms_set_count(*set) == 0) {
        mms_complain_about(glob, "no such files (name files, or set MMSTATS_PATH to their directory, or MMSTATS_GLOB)");
        status = MMS_EXIT_NOTHING;
    }
    free(glob);
    return status;
}

struct mms_reader_options mms_files_reading(const struct mms_tool_options *options)
{
    struct mms_reader_options how = {.size = sizeof how, .mode = options->mode, .order = options->order};
    raise_limit();
    if (how.mode == MMS_READ_LIVE && mms_reader_guard() < 0)
        how.mode = MMS_READ_COPY;
    return how;
}

int mms_files_open(const char *const *paths, size_t count, const struct mms_tool_options *options,
                   struct mms_set **set)
{
    struct mms_reader_options how = mms_files_reading(options);

    *set = NULL;
    if (count == 0)
        return open_glob(&how, set);
    int error = mms_set_open_paths(paths, count, &how, set);
    if (error == 0)
        return MMS_EXIT_OK;
    mms_complain("%s", mms_error_text(error));
    return MMS_EXIT_FAILED;
}

const char *mms_error_text(int error)
{
    return error == -EMFILE ? "Too many open files (raise `ulimit -n`; of a service, LimitNOFILE= in its unit)"
                            : strerror(-error);
}

static const char *reason(int error)
{
    switch (-error) {
    case ELOOP:
        return "is a symbolic link (name the file that it leads to)";
    case ENOTSUP:
        return "is not a regular file";
    case EFBIG:
        return "is too large for a file of metrics";
    case EAGAIN:
        return "changed its structure at every try to read it";
    case EIO:
        return "was truncated while it was read";
    default:
        return mms_error_text(error);
    }
}

void mms_file_message(int error, const struct mms_diag *diag, size_t more, char out[MMS_MESSAGE_SIZE])
{
    if (diag->rule == 0) {
        snprintf(out, MMS_MESSAGE_SIZE, "%s", reason(error));
        return;
    }
    int size = snprintf(out, MMS_MESSAGE_SIZE, "%s at byte %" PRIu64 ", rule %d: %s",
                        error == -EPROTONOSUPPORT ? "unsupported" : "malformed", diag->offset, diag->rule,
                        mms_rule_text(diag->rule));
    if (more > 0 && size < MMS_MESSAGE_SIZE)
        snprintf(out + size, MMS_MESSAGE_SIZE - (size_t)size, " (and %zu more)", more);
}

const char *mms_error_name(int error)
{
    const char *name = error == -ENOTSUP ? "ENOTSUP" : strerrorname_np(-error); /* one number, two names */
    return name != NULL ? name : "?";
}

/* --- where files are --------------------------------------------------------------------------------------------- */

/* The length of a path's directory; 0: none is named. */
static size_t directory_size(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
}

static void look_at_directory(const char *path)
{
    size_t size = directory_size(path);
    char *directory = size == 0 ? strdup(".") : strndup(path, size);
    struct statfs fs;

    if (directory != NULL && statfs(directory, &fs) == 0 && fs.f_type != TMPFS_MAGIC && fs.f_type != RAMFS_MAGIC)
        mms_complain_about(directory, "is on a disk: writers may have to wait when it is written to (better: a "
                                      "directory on a tmpfs, such as /dev/shm)");
    free(directory);
}

void mms_files_on_disk(const struct mms_set *set)
{
    for (size_t i = 0; i < mms_set_count(set); i++) {
        const char *path = mms_set_path(set, i), *before = i > 0 ? mms_set_path(set, i - 1) : NULL;
        size_t size = directory_size(path);
        if (before == NULL || directory_size(before) != size || memcmp(before, path, size) != 0)
            look_at_directory(path);
    }
}
