/* SPDX-License-Identifier: MIT
 *
 * writer.c - the procedural interface of writer.h. */

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "writer/internal.h"

#define SPACE ((size_t)64 << 20)  /* address space of a writer whose size nobody knows yet */
#define GROWTH ((size_t)1 << 20)  /* how much a file may grow unless max_size says otherwise */

/* In a child process, too, where strerror might wait for a lock that a thread of the parent had. */
static const char *error_text(int error)
{
#ifdef __GLIBC__
    const char *text = strerrordesc_np(error);
    return text != NULL ? text : "unknown error";
#else
    return strerror(error);
#endif
}

int mms_writer_fail(struct mms_writer *writer, int error, const char *what, const char *hint)
{
    const char *open = hint != NULL ? " (" : "", *close = hint != NULL ? ")" : "";
    snprintf(writer->error, sizeof writer->error, "%.250s: %s%s%.200s%s", what, error_text(-error), open,
             hint != NULL ? hint : "", close);
    return error;
}

/* --- making one --------------------------------------------------------------------------------------------------- */

static bool good_options(const struct mms_options *options)
{
    return options->size >= offsetof(struct mms_options, directory) && options->size <= sizeof *options &&
           (unsigned)options->output <= MMS_OUTPUT_V1_PACKED && (options->mode & ~07777u) == 0 &&
           (options->flags & ~(unsigned)(MMS_KEEP | MMS_RESUME | MMS_FORK_PRIVATE | MMS_PRIVATE | MMS_SEQUENCE)) == 0 &&
           (options->output != MMS_OUTPUT_V1_PACKED || (options->flags & MMS_SEQUENCE) == 0);
}

static char *copy_or(const char *text, const char *otherwise)
{
    return strdup(text != NULL ? text : otherwise);
}

static int use_options(struct mms_writer *writer, const struct mms_options *options, const char *model)
{
    writer->directory = options->directory != NULL ? strdup(options->directory) : mms_names_default_directory();
    writer->files = options->files != NULL ? strdup(options->files) : mms_names_default_files();
    writer->prefix = copy_or(options->prefix, "");
    writer->model = copy_or(options->model, model);
    if (writer->directory == NULL || writer->files == NULL || writer->prefix == NULL || writer->model == NULL)
        return -ENOMEM;
    writer->output = options->output;
    writer->version = options->output == MMS_OUTPUT_V2 ? 2 : 1;
    writer->flags = options->flags;
    writer->mode = options->mode != 0 ? options->mode : 0644;
    writer->set_group = options->set_group;
    writer->group = options->group;
    writer->reserve = options->reserve;
    writer->max_size = options->max_size;
    writer->off = (options->flags & MMS_PRIVATE) != 0 || mms_names_turned_off();
    return 0;
}

static int make_region(struct mms_writer *writer, size_t space)
{
    size_t size = writer->max_size != 0 ? writer->max_size : space != 0 ? space + GROWTH : SPACE;
    if (writer->max_size == 0 && __builtin_add_overflow(size, writer->reserve, &size))
        return -EINVAL;
    if (size > PTRDIFF_MAX)
        return -EINVAL;
    int error = mms_region_make(writer, size);
    if (error == 0)
        error = mms_region_ensure(writer, 1);
    if (error < 0)
        return error;
    writer->base[0] = writer->version;
    writer->end = 1;
    return 0;
}

int mms_writer_make(const struct mms_options *options, size_t space, const char *model, struct mms_writer **writer)
{
    struct mms_options known = {.size = sizeof known};
    if (options != NULL) {
        if (!good_options(options))
            return -EINVAL;
        memcpy(&known, options, options->size);
    }
    if (!mms_registry_setup())
        return -ENOMEM;
    struct mms_writer *made = calloc(1, sizeof *made);
    if (made == NULL)
        return -ENOMEM;
    made->lock = -1;
    int error = use_options(made, &known, model);
    if (error == 0)
        error = make_region(made, space);
    if (error == 0)
        error = mms_fields_add_sys(made);
    if (error < 0) {
        mms_writer_free(made);
        return error == -ENOMEM ? -ENOMEM : -EINVAL; /* prefix too long, max_size too small */
    }
    mms_fields_set_sys(made, false);
    made->thread = pthread_self();
    mms_registry_add(made);
    *writer = made;
    return 0;
}

/* The writer is in no list any more, or never was. */
void mms_writer_free(struct mms_writer *writer)
{
    for (size_t i = 0; i < writer->count; i++) {
        free(writer->bindings[i].state.any);
        free(writer->bindings[i].block);
    }
    mms_region_drop(writer);
    mms_publish_drop_lock(writer);
    free(writer->bindings);
    free(writer->index);
    free(writer->directory);
    free(writer->files);
    free(writer->prefix);
    free(writer->model);
    free(writer->path);
    free(writer);
}

int mms_writer_new(const struct mms_options *options, struct mms_writer **writer)
{
    int state = mms_registry_lock();
    int error = mms_writer_make(options, 0, "mmstats", writer);
    mms_registry_unlock(state);
    return error;
}

/* --- fields ------------------------------------------------------------------------------------------------------- */

int mms_writer_add(struct mms_writer *writer, const struct mms_field *field, void *handle)
{
    const struct mms_binding *added;
    int error;
    int state = mms_registry_lock();
    if (field->kind == MMS_KIND_INCLUDE) {
        error = mms_tables_add(writer, field->include, field->include != NULL ? field->size : 0, handle);
    } else {
        error = mms_fields_add(writer, field, handle, &added);
        mms_records_publish(writer);
    }
    mms_registry_unlock(state);
    return error;
}

int mms_writer_add_table(struct mms_writer *writer, const struct mms_field *fields, size_t count, void *instance)
{
    int state = mms_registry_lock();
    int error = mms_tables_add(writer, fields, count, instance);
    mms_registry_unlock(state);
    return error;
}

/* --- the file ----------------------------------------------------------------------------------------------------- */

int mms_writer_publish(struct mms_writer *writer)
{
    if (writer->published || (writer->off && writer->opened))
        return -EALREADY;
    if (writer->off) {
        writer->opened = true;
        return 0;
    }
    int error = mms_records_finish(writer);
    if (error == 0)
        error = mms_publish(writer);
    if (error < 0)
        return error;
    if (!writer->opened && writer->max_size == 0)
        mms_region_trim(writer, writer->mapped + GROWTH);
    writer->opened = true;
    return 0;
}

int mms_writer_open(struct mms_writer *writer)
{
    int state = mms_registry_lock();
    int error = mms_writer_publish(writer);
    mms_registry_unlock(state);
    return error;
}

const char *mms_writer_path(const struct mms_writer *writer)
{
    int state = mms_registry_lock();
    const char *path = writer->published ? writer->path : NULL;
    mms_registry_unlock(state);
    return path;
}

const char *mms_writer_error(const struct mms_writer *writer)
{
    return writer->error;
}

int mms_writer_flush(struct mms_writer *writer, bool async)
{
    int state = mms_registry_lock();
    size_t size = writer->published ? writer->mapped : 0;
    mms_registry_unlock(state);
    /* Without the lock: a disk may take its time. The memory stays where it is. */
    if (size == 0 || msync(writer->base, size, async ? MS_ASYNC : MS_SYNC) == 0)
        return 0;
    return mms_writer_fail(writer, -errno, writer->path, NULL);
}

int mms_writer_remove(struct mms_writer *writer)
{
    int state = mms_registry_lock();
    int error = mms_remove_own(writer);
    mms_remove_others(writer);
    mms_registry_unlock(state);
    return error;
}

void mms_writer_close(struct mms_writer *writer)
{
    if (writer == NULL || writer->instance != NULL)
        return;
    int state = mms_registry_lock();
    if (!(writer->flags & MMS_KEEP))
        mms_remove_own(writer);
    mms_registry_drop(writer);
    mms_registry_unlock(state);
    mms_writer_free(writer);
}
