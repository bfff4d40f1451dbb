/* SPDX-License-Identifier: MIT
 *
 * resume.c - takes up the file that a dead writer left, when its structure is the same to the byte: counters go on.
 *
 * Where the static texts are the same, too, the file itself goes on. Else it is replaced, as these must not change in a
 * published file (R516), and its values are carried over into the new one. */

#include <stdlib.h>
#include <unistd.h>

#include "writer/internal.h"

/* Bytes of the mark behind the last record (R201, R410). */
static size_t end_mark(const struct mms_writer *writer)
{
    return writer->version == 1 ? 2 : 4;
}

/* Two images of a file: what a dead writer left, and what the writer has in its memory. */
struct images {
    uint8_t *theirs, *ours; /* one block */
    size_t size;            /* of each: records and end mark */
};

/* Returns 1, 0 when the file has become shorter, or -errno. */
static int read_images(struct mms_writer *writer, int fd, struct images *images)
{
    images->size = writer->end + end_mark(writer);
    size_t stride = (images->size + 63) / 64 * 64; /* both as aligned as the file in memory */
    images->theirs = malloc(2 * stride);
    if (images->theirs == NULL)
        return -ENOMEM;
    images->ours = images->theirs + stride;
    memcpy(images->ours, writer->base, writer->end);
    memset(images->ours + writer->end, 0, end_mark(writer));
    ssize_t got = mms_read_at(fd, images->theirs, images->size, 0);
    return got < 0 ? (int)got : got == (ssize_t)images->size;
}

/* The bytes that are no values, and whether the values mean something. */
static bool same_structure(const struct mms_writer *writer, const struct images *images)
{
    struct mms_span spans[MMS_SPANS];
    size_t at = 0;
    for (size_t i = 0; i < writer->count; i++) { /* bindings stand in the order of the file */
        const struct mms_binding *binding = &writer->bindings[i];
        if (binding->block != NULL)
            continue;
        size_t count = mms_binding_spans(binding, writer->base, spans);
        for (size_t k = 0; k < count; k++) {
            if (memcmp(images->theirs + at, images->ours + at, spans[k].at - at) != 0)
                return false;
            at = spans[k].at + spans[k].size;
        }
        struct mms_binding theirs = mms_binding_in(binding, writer->base, images->theirs);
        if (!mms_binding_is_valid(&theirs))
            return false;
    }
    return memcmp(images->theirs + at, images->ours + at, images->size - at) == 0;
}

static bool same_static_texts(const struct mms_writer *writer, const struct images *images)
{
    for (size_t i = 0; i < writer->count; i++) {
        const struct mms_binding *binding = &writer->bindings[i];
        size_t at = (size_t)(binding->values - writer->base);
        if (binding->kind == MMS_KIND_STATIC_TEXT && binding->block == NULL &&
            memcmp(images->theirs + at, images->ours + at, binding->stride) != 0)
            return false;
    }
    return true;
}

static bool may_resume(const struct mms_writer *writer, const struct mms_existing *existing)
{
    const struct stat *stat = &existing->stat;
    size_t page = mms_region_page_up(1);
    return existing->locked && stat->st_uid == geteuid() && stat->st_nlink == 1 &&
           (size_t)stat->st_size % page == 0 && (size_t)stat->st_size >= writer->end + end_mark(writer);
}

/* --- values ------------------------------------------------------------------------------------------------------- */

void mms_writer_mend_sequence(const struct mms_writer *writer, uint8_t *image)
{
    if (writer->sequence == NULL)
        return;
    uint64_t *sequence = (uint64_t *)(void *)(image + ((uint8_t *)writer->sequence - writer->base));
    mms_number_last(sequence, mms_cell_load_64(sequence) + 1);
}

uint64_t *mms_writer_generation(const struct mms_writer *writer, uint8_t *image)
{
    for (size_t i = 0; i < writer->count; i++)
        if (writer->bindings[i].kind == MMS_KIND_TRANSACTION && writer->bindings[i].block == NULL)
            return (uint64_t *)(void *)(image + (writer->bindings[i].values - writer->base));
    return NULL;
}

/* Publishes what this writer has in its own image into theirs, the file or its copy: in a transaction, if it has any. */
static void merge(const struct mms_writer *writer, uint8_t *theirs, uint8_t *ours)
{
    uint64_t *generation = mms_writer_generation(writer, theirs);
    if (generation != NULL)
        mms_generation_open(generation);
    mms_writer_mend_sequence(writer, theirs);
    for (size_t i = 0; i < writer->count; i++) {
        const struct mms_binding *binding = &writer->bindings[i];
        if (binding->block != NULL || binding->values == (uint8_t *)writer->sequence) /* that one goes on */
            continue;
        struct mms_binding to = mms_binding_in(binding, writer->base, theirs);
        struct mms_binding from = mms_binding_in(binding, writer->base, ours);
        mms_binding_merge(&to, &from);
    }
    if (generation != NULL)
        mms_generation_close(generation);
}

static int take_file(struct mms_writer *writer, const struct mms_existing *existing, const struct images *images)
{
    size_t size = (size_t)existing->stat.st_size;
    if (size > writer->reserved)
        size = writer->reserved;
    if (fchmod(existing->fd, writer->mode) < 0 ||
        (writer->set_group && fchown(existing->fd, (uid_t)-1, writer->group) < 0))
        return -errno;
    int error = mms_region_allocate(existing->fd, size);
    if (error == 0 && (error = mms_region_map(writer, existing->fd, size)) < 0)
        memcpy(writer->base, images->ours, writer->end);
    if (error < 0)
        return error;
    memset(writer->base + writer->end, 0, size - writer->end); /* records that were not published yet (R506) */
    merge(writer, writer->base, images->ours);
    mms_fields_set_sys(writer, true);
    return 1;
}

static void carry_over(struct mms_writer *writer, const struct images *images)
{
    merge(writer, images->theirs, images->ours);
    for (size_t i = 0; i < writer->count; i++) {
        const struct mms_binding *binding = &writer->bindings[i];
        size_t at = (size_t)(binding->values - writer->base);
        if (binding->kind == MMS_KIND_STATIC_TEXT && binding->block == NULL)
            memcpy(images->theirs + at, images->ours + at, binding->stride);
    }
    memcpy(writer->base, images->theirs, writer->end);
}

int mms_resume(struct mms_writer *writer, const struct mms_existing *existing, struct mms_carried *carried)
{
    struct images images = {0};
    if (!may_resume(writer, existing))
        return 0;
    int resumed = read_images(writer, existing->fd, &images);
    if (resumed == 1 && !same_structure(writer, &images))
        resumed = 0;
    if (resumed == 1) {
        if (same_static_texts(writer, &images)) {
            resumed = take_file(writer, existing, &images);
        } else {
            carry_over(writer, &images);
            *carried = (struct mms_carried){images.theirs, images.ours};
            return 0;
        }
    }
    free(images.theirs);
    return resumed;
}

void mms_resume_end(struct mms_writer *writer, struct mms_carried *carried, bool done)
{
    if (carried->block != NULL && !done)
        memcpy(writer->base, carried->before, writer->end);
    free(carried->block);
    *carried = (struct mms_carried){0};
}
