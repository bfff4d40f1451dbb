/* SPDX-License-Identifier: MIT
 *
 * remove.c - goes through the files, and removes those of dead writers. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/clean/clean.h"

const char *clean_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* Its directory; the caller frees it. */
static char *directory_of(const char *path)
{
    size_t size = (size_t)(clean_name(path) - path);
    return size == 0 ? strdup(".") : strndup(path, size > 1 ? size - 1 : 1);
}

static void remove_one(struct clean_file *file, const struct clean_options *options, struct clean_report *report)
{
    clean_look(file, options);
    if (file->verdict == CLEAN_DEAD && options->dry_run)
        file->verdict = CLEAN_REMOVED;
    else if (file->verdict == CLEAN_DEAD)
        clean_unlink(file);
    clean_report_file(report, file);
    clean_forget(file);
}

/* How many paths from the first on have its directory. */
static size_t same_directory(const char *const *paths, size_t count)
{
    size_t size = (size_t)(clean_name(paths[0]) - paths[0]), same = 1;
    while (same < count && (size_t)(clean_name(paths[same]) - paths[same]) == size &&
           memcmp(paths[0], paths[same], size) == 0)
        same++;
    return same;
}

static void fail_all(const char *const *paths, size_t count, int error, struct clean_report *report)
{
    for (size_t i = 0; i < count; i++) {
        struct clean_file file = {.path = paths[i], .fd = -1};
        clean_fail(&file, error, "Could not open the directory of ");
        clean_report_file(report, &file);
    }
}

static void remove_all(int directory, const char *directory_path, const char *const *paths, size_t count,
                       const struct clean_options *options, struct clean_report *report)
{
    if (!options->dry_run)
        clean_finish_removals(directory, directory_path, options, report);
    for (size_t i = 0; i < count; i++) {
        struct clean_file file = {.path = paths[i], .name = clean_name(paths[i]), .directory = directory};
        remove_one(&file, options, report);
    }
}

/* The files of one directory, which the first path, or a glob, is in. */
static void clean_directory(int start, const char *in, const char *const *paths, size_t count,
                            const struct clean_options *options, struct clean_report *report)
{
    char *path = directory_of(in);
    int how = options->fold ? O_RDONLY : O_PATH; /* to fold, it is listed and locked, too */
    int directory = path != NULL ? openat(start, path, how | O_DIRECTORY | O_CLOEXEC) : -1;
    /* Readers open names, not paths: these may lead to another directory by then. */
    if (directory < 0 || fchdir(directory) < 0)
        fail_all(paths, count, path != NULL ? -errno : -ENOMEM, report);
    else if (options->fold)
        clean_fold_all(directory, path, paths, count, options, report);
    else
        remove_all(directory, path, paths, count, options, report);
    if (directory >= 0)
        close(directory);
    free(path);
}

void clean_all(const char *glob, const char *const *paths, size_t count, const struct clean_options *options,
               struct clean_report *report)
{
    int start = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC); /* -1: absolute paths do not need it */
    if (count == 0 && glob != NULL)
        clean_directory(start, glob, paths, 0, options, report);
    for (size_t i = 0, same; i < count; i += same) {
        same = same_directory(paths + i, count - i);
        clean_directory(start, paths[i], paths + i, same, options, report);
    }
    if (start >= 0 && fchdir(start) == 0)
        close(start);
}
