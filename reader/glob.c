/* SPDX-License-Identifier: MIT
 *
 * glob.c - which files there are (R509).
 *
 * glob(3) of glibc is not used: it frees memory twice when there is no more of it, and the program dies of that. */

#define _GNU_SOURCE /* secure_getenv */

#include "reader/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
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

/* What was found so far, while the pattern is gone through from slash to slash. */
struct found {
    struct mms_paths paths;
    size_t room;
    int unreadable; /* the last error of a directory that is there */
};

/* The path that consists of directory, name and slashes behind it. */
static int add(struct found *to, const char *directory, const char *name, struct mms_text slashes)
{
    size_t first = strlen(directory), second = strlen(name);
    char **paths = mms_grow(to->paths.paths, to->paths.count, &to->room, sizeof *paths);
    if (paths == NULL)
        return -ENOMEM;
    to->paths.paths = paths;
    char *path = malloc(first + second + slashes.size + 1);
    if (path == NULL)
        return -ENOMEM;
    memcpy(path, directory, first);
    memcpy(path + first, name, second);
    memcpy(path + first + second, slashes.data, slashes.size);
    path[first + second + slashes.size] = '\0';
    paths[to->paths.count++] = path;
    return 0;
}

static void note_unreadable(struct found *to, int error)
{
    if (error != ENOENT && error != ENOTDIR)
        to->unreadable = error; /* go on: others may be readable */
}

static bool is_pattern(const char *part)
{
    for (; *part != '\0'; part++) {
        if (strchr("*?[", *part) != NULL)
            return true;
        if (*part == '\\' && part[1] != '\0')
            part++;
    }
    return false;
}

static void unescape(char *part)
{
    char *to = part;
    for (; *part != '\0'; part++) {
        if (*part == '\\' && part[1] != '\0')
            part++;
        *to++ = *part;
    }
    *to = '\0';
}

/* That says nothing of the directory: this process, or this machine, has too little of something. */
static bool is_shortage(int error)
{
    return error == ENOMEM || error == EMFILE || error == ENFILE;
}

/* The names in a directory that match. */
static int add_matches(struct found *to, const char *directory, const char *part, struct mms_text slashes)
{
    const struct dirent *entry;
    int error = 0;
    DIR *opened = opendir(*directory != '\0' ? directory : ".");
    if (opened == NULL) {
        error = is_shortage(errno) ? -errno : 0;
        note_unreadable(to, errno);
        return error;
    }
    while (error == 0 && (errno = 0, entry = readdir(opened)) != NULL) {
        int differs = fnmatch(part, entry->d_name, FNM_PERIOD);
        if (differs != FNM_NOMATCH)
            error = differs == 0 ? add(to, directory, entry->d_name, slashes) : -ENOMEM;
    }
    if (error == 0 && errno != 0)
        note_unreadable(to, errno);
    closedir(opened);
    return error;
}

/* A name that is none of a pattern: the last one has to be there; of one before it, opening what is in it says so. */
static int add_name(struct found *to, const char *directory, const char *name, struct mms_text slashes, bool last)
{
    struct stat st;
    int error = add(to, directory, name, slashes);
    if (error < 0 || !last)
        return error;
    char **path = &to->paths.paths[to->paths.count - 1];
    if (fstatat(AT_FDCWD, *path, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        note_unreadable(to, errno);
        free(*path);
        to->paths.count--;
    }
    return 0;
}

/* One part of the pattern, which stands between slashes, below each path that was found. */
static int go_down(struct found *found, struct mms_text text, struct mms_text slashes, bool last)
{
    struct found next = {.unreadable = found->unreadable};
    char *part = strndup(text.data, text.size);
    bool pattern = part != NULL && is_pattern(part);
    int error = part == NULL ? -ENOMEM : 0;

    if (error == 0 && !pattern)
        unescape(part);
    for (size_t i = 0; error == 0 && i < found->paths.count; i++)
        error = pattern ? add_matches(&next, found->paths.paths[i], part, slashes)
                        : add_name(&next, found->paths.paths[i], part, slashes, last);
    free(part);
    mms_paths_free(&found->paths);
    *found = next;
    return error;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Adds the paths that match a pattern. */
static int expand(const char *pattern, struct found *found)
{
    const char *at = pattern + strspn(pattern, "/");
    int error = add(found, "", "", (struct mms_text){pattern, (size_t)(at - pattern)});

    while (error == 0 && *at != '\0') {
        struct mms_text text = {at, strcspn(at, "/")};
        struct mms_text slashes = {at + text.size, strspn(at + text.size, "/")};
        at = slashes.data + slashes.size;
        error = go_down(found, text, slashes, *at == '\0');
    }
    return error;
}

/* Takes over what another one found. */
static int append(struct found *to, struct found *from)
{
    for (; from->paths.count > 0; from->paths.count--) {
        char **paths = mms_grow(to->paths.paths, to->paths.count, &to->room, sizeof *paths);
        if (paths == NULL)
            return -ENOMEM;
        to->paths.paths = paths;
        paths[to->paths.count++] = from->paths.paths[from->paths.count - 1];
    }
    if (from->unreadable != 0)
        to->unreadable = from->unreadable;
    return 0;
}

/* By bytes, whatever the locale; each once. */
static void sort(struct mms_paths *paths)
{
    size_t count = 0;
    if (paths->count > 0)
        qsort(paths->paths, paths->count, sizeof *paths->paths, compare);
    for (size_t i = 0; i < paths->count; i++) {
        if (count > 0 && strcmp(paths->paths[count - 1], paths->paths[i]) == 0)
            free(paths->paths[i]);
        else
            paths->paths[count++] = paths->paths[i];
    }
    paths->count = count;
}

int mms_paths_of_globs(const char *const *patterns, size_t count, struct mms_paths *paths)
{
    struct found found = {0};
    int error = 0;

    for (size_t i = 0; error == 0 && i < count; i++) {
        struct found one = {0};
        error = expand(patterns[i], &one);
        if (error == 0)
            error = append(&found, &one);
        mms_paths_free(&one.paths);
    }
    if (error == 0 && found.paths.count == 0 && found.unreadable != 0)
        error = -found.unreadable;
    if (error < 0) {
        mms_paths_free(&found.paths);
        return error;
    }
    sort(&found.paths);
    *paths = found.paths;
    return 0;
}

void mms_paths_free(struct mms_paths *paths)
{
    for (size_t i = 0; i < paths->count; i++)
        free(paths->paths[i]);
    free(paths->paths);
    *paths = (struct mms_paths){0};
}
