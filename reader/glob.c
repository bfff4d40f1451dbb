/* SPDX-License-Identifier: MIT
 *
 * glob.c - which files there are (R509). */

#define _GNU_SOURCE /* secure_getenv */

#include "reader/internal.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

/* --- the default glob -------------------------------------------------------------------------------------------- */

/* Text that may be longer than its room. */
struct out {
    char *at;
    size_t capacity, size;
};

static void put(struct out *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++, out->size++)
        if (out->size + 1 < out->capacity)
            out->at[out->size] = text[i];
}

/* An environment variable; an empty one counts as not set. */
static const char *setting(const char *name)
{
    const char *value = secure_getenv(name);
    return value != NULL && *value != '\0' ? value : NULL;
}

/* The length of what a writer replaces, or 0. */
static size_t placeholder(const char *text)
{
    static const char *const names[] = {"{CMD}", "{PID}", "{TID}", "{UID}", "{MODEL}"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(text, names[i], strlen(names[i])) == 0)
            return strlen(names[i]);
    return 0;
}

/* A directory, as a glob that finds it: what a writer replaces matches anything, what a glob would take for more than
 * itself is escaped. */
static void put_directory(struct out *out, const char *directory)
{
    while (*directory != '\0') {
        size_t size = placeholder(directory);
        if (size > 0) {
            put(out, "*", 1);
            directory += size;
            continue;
        }
        if (strchr("*?[\\", *directory) != NULL)
            put(out, "\\", 1);
        put(out, directory++, 1);
    }
}

size_t mms_default_glob(char *out, size_t capacity)
{
    struct out text = {out, capacity, 0};
    const char *glob = setting("MMSTATS_GLOB"), *directory = setting("MMSTATS_PATH");

    if (directory == NULL)
        directory = setting("TMPDIR");
    if (glob != NULL) {
        put(&text, glob, strlen(glob));
    } else {
        put_directory(&text, directory != NULL ? directory : "/tmp");
        if (directory == NULL || directory[strlen(directory) - 1] != '/')
            put(&text, "/", 1);
        put(&text, "*.mmstats", strlen("*.mmstats"));
    }
    if (capacity > 0)
        out[text.size < capacity ? text.size : capacity - 1] = '\0';
    return text.size;
}

/* --- paths ------------------------------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* glob(3) gives its error function no argument of the caller's. */
static __thread int unreadable;

static int note_unreadable(const char *path, int error)
{
    (void)path;
    if (error != ENOENT && error != ENOTDIR)
        unreadable = error;
    return 0; /* go on: others may be readable */
}

static int take_paths(const glob_t *found, struct mms_paths *paths)
{
    struct mms_paths taken = {calloc(found->gl_pathc + 1, sizeof *taken.paths), 0};
    if (taken.paths == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < found->gl_pathc; i++) {
        taken.paths[i] = strdup(found->gl_pathv[i]);
        if (taken.paths[i] == NULL) {
            mms_paths_free(&taken);
            return -ENOMEM;
        }
        taken.count++;
    }
    /* by bytes, whatever the locale; glob would sort by the locale */
    qsort(taken.paths, taken.count, sizeof *taken.paths, compare);
    *paths = taken;
    return 0;
}

int mms_paths_of_glob(const char *pattern, struct mms_paths *paths)
{
    glob_t found = {0};
    int error;

    unreadable = 0;
    switch (glob(pattern, GLOB_NOSORT, note_unreadable, &found)) {
    case 0:
    case GLOB_NOMATCH:
        error = found.gl_pathc == 0 && unreadable != 0 ? -unreadable : take_paths(&found, paths);
        break;
    case GLOB_NOSPACE:
        error = -ENOMEM;
        break;
    default:
        error = -EIO;
    }
    globfree(&found);
    return error;
}

void mms_paths_free(struct mms_paths *paths)
{
    for (size_t i = 0; i < paths->count; i++)
        free(paths->paths[i]);
    free(paths->paths);
    *paths = (struct mms_paths){0};
}
