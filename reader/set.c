/* SPDX-License-Identifier: MIT
 *
 * set.c - many files, each with a reader or the reason why it has none (R609). */

#include "reader/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct file {
    char *path; /* its own */
    struct mms_reader *reader;
    int error; /* of opening it, or of the last refresh */
    struct mms_diag diag;
};

struct mms_set {
    char **globs; /* its own; NULL: a list of paths */
    size_t glob_count;
    struct mms_reader_options options;
    struct file *files;
    size_t count;
};

/* --- files ------------------------------------------------------------------------------------------------------- */

static void open_file(const struct mms_set *set, struct file *file)
{
    file->diag = (struct mms_diag){0};
    file->error = mms_reader_open(file->path, &set->options, &file->reader, &file->diag);
}

static void close_file(struct file *file)
{
    mms_reader_close(file->reader);
    free(file->path);
    *file = (struct file){0};
}

/* Returns true when the file has gone: then it has no reader. */
static bool refresh_file(struct file *file)
{
    file->diag = (struct mms_diag){0};
    int got = mms_reader_refresh(file->reader, &file->diag);
    file->error = got < 0 ? got : 0;
    if (got != -ENOENT)
        return false;
    mms_reader_close(file->reader);
    file->reader = NULL;
    return true;
}

static void free_files(struct file *files, size_t count)
{
    for (size_t i = 0; i < count; i++)
        close_file(&files[i]);
    free(files);
}

/* --- globs ------------------------------------------------------------------------------------------------------- */

/* The files of a sorted list of paths, whose strings are taken over. Readers of files that were there before are taken
 * from old; what is left in old has gone. *changed: files came or went. */
static size_t merge(struct mms_set *set, struct mms_paths *paths, struct file *files, bool *changed)
{
    size_t count = 0, old = 0;
    for (size_t i = 0; i < paths->count; i++) {
        struct file file = {.path = paths->paths[i]};
        bool known = false;
        paths->paths[i] = NULL;
        while (old < set->count && strcmp(set->files[old].path, file.path) < 0)
            old++;
        if (old < set->count && strcmp(set->files[old].path, file.path) == 0) {
            known = true;
            file.reader = set->files[old].reader;
            set->files[old].reader = NULL;
            old++;
        }
        if (file.reader != NULL)
            *changed |= refresh_file(&file); /* when it is there again by now, it is another one */
        if (file.reader == NULL)
            open_file(set, &file);
        if (file.error == -ENOENT) { /* went away since it was listed */
            *changed |= known;
            close_file(&file);
            continue;
        }
        *changed |= !known;
        files[count++] = file;
    }
    *changed |= count != set->count;
    return count;
}

static int list_globs(struct mms_set *set)
{
    struct mms_paths paths;
    bool changed = false;
    int error = mms_paths_of_globs((const char *const *)set->globs, set->glob_count, &paths);
    if (error < 0)
        return error;
    struct file *files = calloc(paths.count + 1, sizeof *files);
    if (files != NULL) {
        size_t count = merge(set, &paths, files, &changed);
        free_files(set->files, set->count);
        set->files = files;
        set->count = count;
    }
    mms_paths_free(&paths);
    return files != NULL ? changed : -ENOMEM;
}

static char *default_glob(void)
{
    size_t size = mms_default_glob(NULL, 0);
    char *glob = malloc(size + 1);
    if (glob != NULL)
        mms_default_glob(glob, size + 1);
    return glob;
}

/* --- a list of paths --------------------------------------------------------------------------------------------- */

struct place {
    const char *path;
    size_t number;
};

static int compare(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = strcmp(x->path, y->path);
    return order != 0 ? order : (x->number > y->number) - (x->number < y->number);
}

/* keep[i]: path i is the first of its name. */
static int find_first(const char *const *paths, size_t count, bool *keep)
{
    struct place *places = malloc((count + 1) * sizeof *places);
    if (places == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        places[i] = (struct place){paths[i], i};
    qsort(places, count, sizeof *places, compare);
    for (size_t i = 0; i < count; i++)
        keep[places[i].number] = i == 0 || strcmp(places[i].path, places[i - 1].path) != 0;
    free(places);
    return 0;
}

static int open_list(struct mms_set *set, const char *const *paths, size_t count)
{
    bool *keep = calloc(count + 1, sizeof *keep);
    set->files = calloc(count + 1, sizeof *set->files);
    int error = keep == NULL || set->files == NULL ? -ENOMEM : find_first(paths, count, keep);
    for (size_t i = 0; error == 0 && i < count; i++) {
        if (!keep[i])
            continue;
        struct file *file = &set->files[set->count];
        if ((file->path = strdup(paths[i])) == NULL) {
            error = -ENOMEM;
            break;
        }
        set->count++;
        open_file(set, file);
    }
    free(keep);
    return error;
}

static int refresh_list(struct mms_set *set)
{
    bool changed = false;
    for (size_t i = 0; i < set->count; i++) {
        struct file *file = &set->files[i];
        if (file->reader != NULL) {
            changed |= refresh_file(file);
        } else {
            open_file(set, file);
            changed |= file->reader != NULL;
        }
    }
    return changed;
}

/* --- the whole --------------------------------------------------------------------------------------------------- */

static int new_set(const struct mms_reader_options *options, struct mms_set **set)
{
    struct mms_set *made = calloc(1, sizeof *made);
    int error = made == NULL ? -ENOMEM : mms_options_take(options, &made->options);
    if (error < 0)
        free(made);
    else
        *set = made;
    return error;
}

static int take_globs(struct mms_set *set, const char *const *globs, size_t count)
{
    set->globs = calloc(count + 1, sizeof *set->globs);
    if (set->globs == NULL)
        return -ENOMEM;
    for (; set->glob_count < count; set->glob_count++) {
        const char *glob = globs[set->glob_count];
        char *copy = glob != NULL ? strdup(glob) : default_glob();
        if (copy == NULL)
            return -ENOMEM;
        set->globs[set->glob_count] = copy;
    }
    return 0;
}

int mms_set_open(const char *glob, const struct mms_reader_options *options, struct mms_set **set)
{
    return mms_set_open_globs(&glob, 1, options, set);
}

int mms_set_open_globs(const char *const *globs, size_t count, const struct mms_reader_options *options,
                       struct mms_set **set)
{
    struct mms_set *made;
    int error = new_set(options, &made);
    if (error < 0)
        return error;
    error = take_globs(made, globs, count);
    if (error == 0)
        error = list_globs(made);
    if (error < 0) {
        mms_set_close(made);
        return error;
    }
    *set = made;
    return 0;
}

int mms_set_open_paths(const char *const *paths, size_t count, const struct mms_reader_options *options,
                       struct mms_set **set)
{
    struct mms_set *made;
    int error = new_set(options, &made);
    if (error < 0)
        return error;
    error = open_list(made, paths, count);
    if (error < 0) {
        mms_set_close(made);
        return error;
    }
    *set = made;
    return 0;
}

void mms_set_close(struct mms_set *set)
{
    if (set == NULL)
        return;
    free_files(set->files, set->count);
    for (size_t i = 0; i < set->glob_count; i++)
        free(set->globs[i]);
    free(set->globs);
    free(set);
}

size_t mms_set_count(const struct mms_set *set)
{
    return set->count;
}

const char *mms_set_path(const struct mms_set *set, size_t i)
{
    return i < set->count ? set->files[i].path : NULL;
}

struct mms_reader *mms_set_reader(struct mms_set *set, size_t i)
{
    return i < set->count ? set->files[i].reader : NULL;
}

int mms_set_error(const struct mms_set *set, size_t i, struct mms_diag *diag)
{
    struct mms_diag none = {0};
    if (i >= set->count)
        return -ERANGE;
    const struct file *file = &set->files[i];
    if (file->error == 0 && file->reader != NULL && mms_reader_diag(file->reader, &none, NULL) == 0)
        return 0;
    if (diag != NULL)
        *diag = file->error != 0 ? file->diag : none;
    return file->error != 0 ? file->error : none.error;
}

int mms_set_refresh(struct mms_set *set)
{
    return set->globs != NULL ? list_globs(set) : refresh_list(set);
}
