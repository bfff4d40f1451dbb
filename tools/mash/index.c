/* SPDX-License-Identifier: MIT
 *
 * index.c - one set of readers for all who ask. */

#include "tools/mash/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "reader/hash.h"
#include "tools/mash/labels.h"

static const double PAUSE = 0.05, SHARE = 4, LIVENESS_PAUSE = 1;

double mash_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* --- files -------------------------------------------------------------------------------------------------------- */

/* Looks whether the path leads to the file that it led to. */
static void identify(struct mash_index *index, struct mash_file *file)
{
    struct stat st = {0};
    uint64_t pid = file->reader != NULL ? mms_reader_pid(file->reader) : 0;
    if (stat(file->path, &st) < 0)
        st = (struct stat){0};
    bool same = file->id != 0 && st.st_dev == file->device && st.st_ino == file->inode &&
                (pid == file->pid || file->pid == 0);
    if (!same) {
        file->id = ++index->next_id;
        file->live = file->reader != NULL ? mms_reader_liveness(file->reader) : MMS_LIVENESS_UNKNOWN;
    }
    file->device = st.st_dev;
    file->inode = st.st_ino;
    file->pid = pid;
}

static void free_files(struct mash_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(files[i].path);
    free(files);
}

/* What is kept of a file, brought up to date from the set. other: it may be another one, though nothing shows it. */
static void update_file(struct mash_index *index, size_t i, struct mash_file *file, bool other)
{
    struct mms_reader *reader = mms_set_reader(index->set, i);
    uint64_t generation = reader != NULL ? mms_reader_generation(reader) : 0;
    bool changed = other || file->id == 0 || file->reader != reader || file->generation != generation;
    file->reader = reader;
    file->generation = generation;
    file->error = mms_set_error(index->set, i, NULL);
    if (changed)
        identify(index, file);
}

/* Takes over what is known of the files that were there before. Both lists are sorted by path. */
static int match_files(struct mash_index *index)
{
    size_t count = mms_set_count(index->set), old = 0;
    struct mash_file *files = calloc(count + 1, sizeof *files);
    if (files == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const char *path = mms_set_path(index->set, i);
        while (old < index->file_count && strcmp(index->files[old].path, path) < 0)
            old++;
        if (old < index->file_count && strcmp(index->files[old].path, path) == 0)
            files[i] = index->files[old];
        if ((files[i].path = strdup(path)) == NULL) {
            free_files(files, i);
            return -ENOMEM;
        }
    }
    free_files(index->files, index->file_count);
    index->files = files;
    index->file_count = count;
    return 0;
}

/* --- the whole ---------------------------------------------------------------------------------------------------- */

static void take_print(struct mash_index *index)
{
    uint64_t print = index->error < 0 ? (uint64_t)index->error : index->file_count;
    for (size_t i = 0; i < index->file_count; i++) {
        const struct mash_file *file = &index->files[i];
        const uint64_t seen[] = {print, file->id, file->generation, (uint64_t)file->error, file->pid, file->live};
        print = mms_hash(index->key, (const char *)seen, sizeof seen);
    }
    index->files_print = print;
}

/* other: files came, went or were replaced. */
static int update(struct mash_index *index, bool other)
{
    int error = match_files(index);
    if (error < 0) /* the old list may have readers that are closed */
        return error;
    for (size_t i = 0; i < index->file_count; i++)
        update_file(index, i, &index->files[i], other);
    take_print(index);
    if (!other && index->labels_print == index->files_print && index->labels != NULL)
        return 0;
    error = mash_labels_list(index);
    if (error == 0)
        index->labels_print = index->files_print;
    return error;
}

/* After a failure there is nothing to be read until a later refresh succeeds. */
static void forget(struct mash_index *index)
{
    mash_labels_free(index);
    free_files(index->files, index->file_count);
    index->files = NULL;
    index->file_count = 0;
}

int mash_index_open(struct mash_index *index, const char *const *globs, size_t count,
                    const struct mms_reader_options *options)
{
    *index = (struct mash_index){0};
    mms_hash_key(index->key);
    int error = mms_set_open_globs(globs, count, options, &index->set);
    if (error == 0)
        error = update(index, true);
    if (error < 0)
        mash_index_close(index);
    return error;
}

void mash_index_close(struct mash_index *index)
{
    forget(index);
    mms_set_close(index->set);
    index->set = NULL;
}

int mash_index_refresh(struct mash_index *index)
{
    double begin = mash_clock();
    index->starved = false;
    if (begin < index->next_refresh)
        return 0;
    index->error = mms_set_refresh(index->set);
    int error = update(index, index->error == 1);
    if (error < 0) {
        forget(index);
        index->next_refresh = 0; /* who asks next must not be told that there is nothing */
        return error;
    }
    double end = mash_clock(), pause = SHARE * (end - begin);
    index->next_refresh = end + (pause > PAUSE ? pause : PAUSE);
    return 1;
}

void mash_index_look(struct mash_index *index)
{
    double begin = mash_clock();
    if (begin < index->next_liveness)
        return;
    for (size_t i = 0; i < index->file_count; i++)
        if (index->files[i].reader != NULL)
            index->files[i].live = mms_reader_liveness(index->files[i].reader);
    take_print(index);
    index->next_liveness = begin + LIVENESS_PAUSE + SHARE * (mash_clock() - begin);
}

bool mash_index_file_error(const struct mash_index *index, size_t i, char out[MMS_MESSAGE_SIZE])
{
    struct mms_diag diag = {0};
    size_t errors = 0;
    int error = mms_set_error(index->set, i, &diag);
    if (error == 0)
        return false;
    if (index->files[i].reader != NULL)
        mms_reader_diag(index->files[i].reader, NULL, &errors);
    mms_file_message(error, &diag, errors > 1 ? errors - 1 : 0, out);
    return true;
}

const char *mash_index_error(const struct mash_index *index)
{
    return index->error < 0 ? mms_error_text(index->error) : NULL;
}

uint64_t mash_index_print(const struct mash_index *index)
{
    return index->files_print;
}

bool mash_index_get(struct mash_index *index, const struct mash_place *place, struct mms_stat *stat)
{
    int error = mms_reader_get(index->files[place->file].reader, place->field, stat);
    index->starved |= error == -ENOMEM;
    return error == 0 && stat->count > 0;
}
