/* SPDX-License-Identifier: MIT
 *
 * fold.c - which files are folded, and in which state they are found. README.md has the protocol. */

#include "tools/clean/fold.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

/* --- may it be folded? -------------------------------------------------------------------------------------------- */

/* A digest of its bytes (FNV-1a), and whether all of its records are of data types that are known. */
static int read_bytes(const struct clean_file *file, const struct clean_options *options, uint64_t *digest, bool *known)
{
    size_t size = (size_t)file->stat.st_size;
    uint8_t *data = malloc(size + 1);
    int error = data != NULL ? 0 : -ENOMEM;
    for (size_t done = 0; error == 0 && done < size;) {
        ssize_t n = pread(file->fd, data + done, size - done, (off_t)done);
        if (n < 0 && errno != EINTR)
            error = -errno;
        else if (n == 0)
            error = -EIO; /* it became shorter */
        done += n > 0 ? (size_t)n : 0;
    }
    struct mms_scan scan;
    struct mms_record record;
    if (error == 0)
        error = mms_scan_begin(&scan, data, size, options->order, NULL);
    *known = true;
    for (int found; error == 0 && (found = mms_scan_next(&scan, &record, NULL)) != 0;)
        *known = *known && found == 1 && record.layout != MMS_LAYOUT_OPAQUE;
    *digest = 14695981039346656037u;
    for (size_t i = 0; error == 0 && i < size; i++)
        *digest = (*digest ^ data[i]) * 1099511628211u;
    free(data);
    return error;
}

/* links: how many names it may have. False: it is said why not. */
static bool may_fold(struct clean_item *item, nlink_t links, const struct clean_options *options)
{
    struct clean_file *file = &item->file;
    struct mms_diag diag;
    bool known = true;
    int error = mms_reader_diag(file->reader, &diag, NULL);
    if (error < 0) {
        clean_say(file, CLEAN_FAILED, "Invalid file, not folded: ");
        return false;
    }
    if (file->stat.st_uid != geteuid() && geteuid() != 0) {
        clean_say(file, CLEAN_KEPT, "Dead, but another user's, who may fold it: ");
        return false;
    }
    if (strlen(item->name) > CLEAN_LONGEST_NAME) {
        clean_say(file, CLEAN_KEPT, "Dead, but its name is too long (more than %d bytes) to be folded: ",
                  CLEAN_LONGEST_NAME);
        return false;
    }
    if (file->stat.st_nlink != links) {
        clean_say(file, CLEAN_KEPT, "Dead, but it has other names, by which it would count again: ");
        return false;
    }
    if ((error = read_bytes(file, options, &item->mark.digest, &known)) < 0) {
        clean_fail(file, error, "Could not read ");
        return false;
    }
    if (!known) {
        clean_say(file, CLEAN_KEPT, "Dead, but it has data types that this version does not know: ");
        return false;
    }
    return true;
}

/* --- batches ------------------------------------------------------------------------------------------------------ */

static void end_item(struct clean_batch *batch, struct clean_item *item)
{
    clean_report_file(batch->report, &item->file);
    clean_forget(&item->file);
    free(item->path);
}

/* The batch of an item, and the item in it. */
static void add_item(struct clean_batch *batch, const struct clean_item *item)
{
    char application[CLEAN_APPLICATION];
    clean_application(item->name, item->file.pid, application);
    if (batch->count == CLEAN_BATCH || batch->owner != item->file.stat.st_uid ||
        strcmp(batch->application, application) != 0)
        clean_commit(batch);
    memcpy(batch->application, application, sizeof application);
    batch->owner = item->file.stat.st_uid;
    batch->items[batch->count++] = *item;
}

static void say_what_would_be(const struct clean_batch *batch, struct clean_item *item)
{
    struct clean_batch this = {.owner = item->file.stat.st_uid};
    char name[NAME_MAX + 1];
    clean_application(item->name, item->file.pid, this.application);
    (void)batch;
    item->file.verdict = CLEAN_FOLDED;
    if (clean_archive_name(&this, name) == 0)
        snprintf(item->file.after, sizeof item->file.after, CLEAN_INTO "%s", name);
}

/* --- files that have their name ----------------------------------------------------------------------------------- */

/* From now on no writer goes on in this file (it takes none with two names), and a run that comes later finds it. */
static bool link_item(struct clean_item *item)
{
    int error = clean_link(&item->file, item->name, item->second, &item->mark.number);
    if (error == -ESTALE)
        clean_say(&item->file, CLEAN_KEPT, "Replaced meanwhile: ");
    else if (error < 0)
        clean_fail(&item->file, error, "Could not link ");
    return error == 0;
}

static void fold_one(struct clean_batch *batch, const char *path)
{
    struct clean_item item = {.file = {.path = path, .name = clean_name(path), .directory = batch->directory}};
    struct mms_text label;
    snprintf(item.name, sizeof item.name, "%s", item.file.name);
    clean_look(&item.file, batch->options);
    if (item.file.verdict == CLEAN_DEAD && may_fold(&item, 1, batch->options)) {
        if (clean_totals_undecided(item.file.reader, batch->options, &label))
            clean_say_undecided(&item.file, label);
        else if (batch->options->dry_run)
            say_what_would_be(batch, &item);
        else if (link_item(&item)) {
            add_item(batch, &item);
            return;
        }
    }
    end_item(batch, &item);
}

/* --- files that a run before did not bring to their end ----------------------------------------------------------- */

void clean_stuck(struct clean_batch *batch, const struct clean_item *item)
{
    uint64_t *more = realloc(batch->stuck, (batch->stuck_count + 1) * sizeof *more);
    if (more == NULL) {
        batch->stuck_missed = true;
        return;
    }
    batch->stuck = more;
    batch->stuck[batch->stuck_count++] = item->mark.number;
}

/* It is alive, by name and second name, and not locked. Did a writer that does not lock begin anew in it? Else an
 * unrelated process has the number of its dead writer, and what the archive has must not be counted again when that one
 * has ended, too. (A writer that locks goes on in no file with two names: it puts a new one in its place, and then the
 * second name is all that leads to what was counted.) */
static bool is_anew(const struct clean_batch *batch, struct clean_item *item)
{
    struct clean_batch its = {.directory = batch->directory, .owner = item->file.stat.st_uid};
    bool known;
    clean_application(item->name, item->file.pid, its.application);
    return read_bytes(&item->file, batch->options, &item->mark.digest, &known) == 0 && !clean_is_counted(&its, item);
}

static void go_on(struct clean_batch *batch, const char *second)
{
    struct clean_options options = *batch->options;
    struct clean_item item = {.path = clean_path(batch->directory_path, second)};
    options.min_age = 0;
    options.named = false;
    clean_parse_name(second, CLEAN_FOLD, item.name, &item.mark.number);
    snprintf(item.second, sizeof item.second, "%s", second);
    if (item.path == NULL) {
        clean_stuck(batch, &item);
        return;
    }
    item.file = (struct clean_file){.path = item.path, .name = item.second, .directory = batch->directory};
    clean_look(&item.file, &options);
    int named = item.file.fd >= 0 ? clean_is_named(&item.file, item.name) : 0;
    if (item.file.verdict == CLEAN_DEAD && named < 0)
        clean_fail(&item.file, named, "Could not read ");
    if (item.file.verdict == CLEAN_DEAD && may_fold(&item, named == 1 ? 2 : 1, &options)) {
        add_item(batch, &item);
        batch->items[batch->count - 1].file.name = batch->items[batch->count - 1].second;
        return;
    }
    if (item.file.verdict == CLEAN_ALIVE && named == 1 && !item.file.locked && is_anew(batch, &item) &&
        unlinkat(batch->directory, second, 0) == 0)
        item.file.verdict = CLEAN_GONE;
    else if (item.file.verdict != CLEAN_GONE)
        clean_stuck(batch, &item);
    end_item(batch, &item);
}

static int finish_earlier_runs(struct clean_batch *batch)
{
    char **names;
    size_t count;
    int error = clean_list_names(CLEAN_FOLD, &names, &count);
    batch->finishing = true;
    for (size_t i = 0; i < count; i++) {
        if (error == 0)
            go_on(batch, names[i]);
        free(names[i]);
    }
    free(names);
    clean_commit(batch);
    batch->finishing = false;
    return error;
}

/* --- a directory -------------------------------------------------------------------------------------------------- */

/* Waits for another cleaner, some seconds. */
static int lock_directory(int directory)
{
    const struct timespec pause = {.tv_nsec = 20 * 1000000L};
    for (int tries = 0; tries < 500; tries++) {
        if (flock(directory, LOCK_EX | LOCK_NB) == 0)
            return 0;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return -errno;
        nanosleep(&pause, NULL);
    }
    return -EWOULDBLOCK;
}

static void fail_all(struct clean_batch *batch, const char *const *paths, size_t count, int error)
{
    for (size_t i = 0; i < count; i++) {
        struct clean_file file = {.path = paths[i], .fd = -1};
        if (error == -EWOULDBLOCK)
            clean_say(&file, CLEAN_FAILED, "Another program has locked the directory of ");
        else
            clean_fail(&file, error, "Could not fold ");
        clean_report_file(batch->report, &file);
    }
}

void clean_fold_all(int directory, const char *directory_path, const char *const *paths, size_t count,
                    const struct clean_options *options, struct clean_report *report)
{
    struct clean_batch *batch = calloc(1, sizeof *batch);
    struct clean_batch none = {.report = report};
    if (batch == NULL) {
        fail_all(&none, paths, count, -ENOMEM);
        return;
    }
    batch->directory = directory;
    batch->directory_path = directory_path;
    batch->options = options;
    batch->report = report;
    int error = options->dry_run ? 0 : lock_directory(directory);
    if (error == 0 && !options->dry_run) {
        clean_finish_removals(directory, directory_path, options, report);
        error = finish_earlier_runs(batch);
    }
    if (error < 0)
        fail_all(batch, paths, count, error);
    for (size_t i = 0; error == 0 && i < count; i++)
        fold_one(batch, paths[i]);
    clean_commit(batch);
    free(batch->stuck);
    free(batch);
}
