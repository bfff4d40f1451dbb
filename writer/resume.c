/* SPDX-License-Identifier: MIT
 *
 * resume.c - takes up the file that a dead writer left, when its structure is the same to the byte: counters go on. */

#include <stdlib.h>
#include <unistd.h>

#include "writer/internal.h"

#define END_MARK 4

/* Two images of a file: what a dead writer left, and what the writer has in its memory. */
struct images {
    uint8_t *theirs, *ours; /* one block */
    size_t size;            /* of each: records and end mark */
};

static bool read_images(struct mms_writer *writer, int fd, struct images *images)
{
    images->size = writer->end + END_MARK;
    size_t stride = (images->size + 63) / 64 * 64; /* both as aligned as the file in memory */
    images->theirs = malloc(2 * stride);
    if (images->theirs == NULL)
        return false;
    images->ours = images->theirs + stride;
    memcpy(images->ours, writer->base, writer->end);
    memset(images->ours + writer->end, 0, END_MARK);
    for (size_t done = 0; done < images->size;) {
        ssize_t n = pread(fd, images->theirs + done, images->size - done, (off_t)done);
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

/* The bytes that are no values. */
static bool same_structure(const struct mms_writer *writer, const struct images *images)
{
    size_t at = 0;
    for (size_t i = 0; i < writer->count; i++) { /* bindings stand in the order of the file */
        const struct mms_binding *binding = &writer->bindings[i];
        if (binding->block != NULL)
            continue;
        struct mms_span span = mms_binding_span(binding, writer->base);
        if (memcmp(images->theirs + at, images->ours + at, span.at - at) != 0)
            return false;
        bool two = binding->row->buffered || binding->sequence != NULL;
        if (two && images->theirs[span.at] > 1)
            return false;
        at = span.at + span.size;
        if (binding->sequence != NULL) {
            size_t sequence = (size_t)((uint8_t *)binding->sequence - writer->base);
            if (memcmp(images->theirs + at, images->ours + at, sequence - at) != 0)
                return false;
            at = sequence + sizeof(uint64_t);
        }
    }
    return memcmp(images->theirs + at, images->ours + at, images->size - at) == 0;
}

static bool may_resume(const struct mms_writer *writer, const struct mms_existing *existing)
{
    const struct stat *stat = &existing->stat;
    size_t page = mms_region_page_up(1);
    return existing->locked && stat->st_uid == geteuid() && stat->st_nlink == 1 &&
           (size_t)stat->st_size % page == 0 && (size_t)stat->st_size >= writer->end + END_MARK;
}

/* --- values ------------------------------------------------------------------------------------------------------- */

static uint64_t add_bits(const struct mms_binding *binding, uint64_t a, uint64_t b)
{
    switch (binding->row->type) {
    case MMS_TYPE_F32:
        return mms_bits_of_float(mms_float_of_bits((uint32_t)a) + mms_float_of_bits((uint32_t)b));
    case MMS_TYPE_F64:
        return mms_bits_of_double(mms_double_of_bits(a) + mms_double_of_bits(b));
    default:
        return a + b;
    }
}

static void take_text(const struct mms_binding *binding, const uint8_t *ours, uint64_t sequence)
{
    const char *text = (const char *)ours + (sequence & 1) * binding->stride;
    if (binding->row->handle == MMS_HANDLE_NONE)
        mms_slot_copy_in(binding->values, text, binding->stride);
    else
        mms_binding_store_text(binding, text, strnlen(text, binding->max));
}

/* Publishes into the dead writer's file what this writer has in its own image; counters are added up. */
static void take_values(struct mms_writer *writer, const struct images *images)
{
    for (size_t i = 0; i < writer->count; i++) {
        const struct mms_binding *binding = &writer->bindings[i];
        if (binding->block != NULL)
            continue;
        struct mms_binding ours = *binding;
        ours.values = images->ours + (binding->values - writer->base);
        if (binding->row->type == MMS_TYPE_TEXT) {
            uint64_t sequence = 0;
            if (binding->sequence != NULL)
                memcpy(&sequence, images->ours + ((uint8_t *)binding->sequence - writer->base), sizeof sequence);
            take_text(binding, ours.values, sequence);
        } else {
            uint64_t bits = mms_binding_load(&ours);
            bool add = mms_binding_is_counter(binding);
            mms_binding_store(binding, add ? add_bits(binding, mms_binding_load(binding), bits) : bits);
        }
    }
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
    take_values(writer, images);
    mms_fields_set_sys(writer, true);
    return 1;
}

int mms_resume(struct mms_writer *writer, const struct mms_existing *existing)
{
    struct images images = {0};
    int resumed = 0;
    if (!may_resume(writer, existing))
        return 0;
    if (read_images(writer, existing->fd, &images) && same_structure(writer, &images))
        resumed = take_file(writer, existing, &images);
    free(images.theirs);
    return resumed;
}
