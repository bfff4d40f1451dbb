/* SPDX-License-Identifier: MIT
 *
 * events.c - the catalog, and the values that have changed. */

#include "tools/mash/events.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reader/hash.h"
#include "tools/common/escape.h"
#include "tools/common/text.h"
#include "tools/common/value.h"
#include "tools/mash/labels.h"

/* --- the catalog -------------------------------------------------------------------------------------------------- */

static void put_text(FILE *out, const char *key, struct mms_text text)
{
    fprintf(out, ", \"%s\": ", key);
    mms_put_json(out, text);
}

static void put_error(FILE *out, const char *message)
{
    if (message != NULL)
        put_text(out, "error", mms_text_of(message));
    else
        fputs(", \"error\": null", out);
}

static void put_file(FILE *out, struct mash_index *index, size_t i)
{
    static const char *const lives[] = {
        [MMS_LIVE] = "live", [MMS_DEAD] = "dead", [MMS_LIVENESS_UNKNOWN] = "unknown"};
    const struct mash_file *file = &index->files[i];
    char message[MMS_MESSAGE_SIZE];

    fprintf(out, "{\"id\": %" PRIu64 ", \"path\": ", file->id);
    mms_put_json(out, mms_text_of(file->path));
    if (file->pid != 0)
        fprintf(out, ", \"pid\": %" PRIu64, file->pid);
    else
        fputs(", \"pid\": null", out);
    put_text(out, "live", mms_text_of(lives[file->live]));
    if (file->reader != NULL)
        fprintf(out, ", \"version\": %d", mms_reader_version(file->reader));
    else
        fputs(", \"version\": null", out);
    put_error(out, mash_index_file_error(index, i, message) ? message : NULL);
    fputc('}', out);
}

static bool is_numeric(const struct mms_stat *stat)
{
    enum mms_class class = mms_class_of(stat->type);
    return !stat->is_array && class != MMS_CLASS_TEXT && class != MMS_CLASS_NONE;
}

/* As the first file says it. */
static bool put_field(FILE *out, struct mash_index *index, const struct mash_label *label,
                      const struct mms_kinds *kinds)
{
    struct mms_stat stat;
    size_t i = 0;
    while (i < label->count && !mash_index_get(index, &label->places[i], &stat))
        i++;
    if (i == label->count)
        return false;
    fputs("{\"label\": ", out);
    mms_put_json(out, label->text);
    put_text(out, "type", mms_text_of(mms_type_of(&stat)));
    put_text(out, "kind", mms_text_of(mms_metric_name(mms_kinds_of(kinds, &stat))));
    put_text(out, "unit", stat.unit);
    put_text(out, "help", stat.help);
    fprintf(out, ", \"numeric\": %s, \"files\": [", is_numeric(&stat) ? "true" : "false");
    for (i = 0; i < label->count; i++)
        fprintf(out, i > 0 ? ", %" PRIu64 : "%" PRIu64, index->files[label->places[i].file].id);
    fputs("]}", out);
    return true;
}

void mash_put_catalog(FILE *out, struct mash_index *index, const struct mms_kinds *kinds)
{
    bool any = false;
    fputs("{\"files\": [", out);
    for (size_t i = 0; i < index->file_count; i++) {
        fputs(i > 0 ? ", " : "", out);
        put_file(out, index, i);
    }
    fputc(']', out);
    put_error(out, mash_index_error(index));
    fputs(", \"fields\": [", out);
    for (size_t i = 0; i < index->label_count; i++) {
        off_t before = ftello(out);
        fputs(any ? ", " : "", out);
        if (put_field(out, index, &index->labels[i], kinds))
            any = true;
        else
            fseeko(out, before, SEEK_SET);
    }
    fputs("]}", out);
}

static struct mash_shared *share(struct mash_index *index, const struct mms_kinds *kinds)
{
    struct mash_shared *made = calloc(1, sizeof *made);
    FILE *out = made != NULL ? mms_memory_open(&made->made) : NULL;
    if (out == NULL) {
        free(made);
        return NULL;
    }
    fputs("event: catalog\ndata: ", out);
    mash_put_catalog(out, index, kinds);
    fputs("\n\n", out);
    bool failed = ferror(out) || index->starved; /* else a field would be missing until something changes */
    made->holders = 1;
    if (fclose(out) != 0 || failed) {
        mash_shared_release(made);
        return NULL;
    }
    return made;
}

static struct mms_text text_of(const struct mash_shared *shared)
{
    return (struct mms_text){shared->made.text, shared->made.size};
}

struct mash_shared *mash_catalog_now(struct mash_catalog *catalog, struct mash_index *index)
{
    uint64_t print = mash_index_print(index);
    if (catalog->latest != NULL && catalog->print == print)
        return catalog->latest;
    struct mash_shared *made = share(index, catalog->kinds), *before = catalog->latest;
    if (made == NULL)
        return NULL;
    catalog->print = print;
    if (before != NULL && mms_text_is(text_of(made), text_of(before))) {
        mash_shared_release(made); /* something changed that it does not show */
        return before;
    }
    mash_shared_release(before);
    return catalog->latest = made;
}

void mash_shared_release(struct mash_shared *shared)
{
    if (shared == NULL || --shared->holders > 0)
        return;
    free(shared->made.text);
    free(shared);
}

/* --- values ------------------------------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    return mms_text_compare(*(const struct mms_text *)a, *(const struct mms_text *)b);
}

/* Sorts, and takes out what stands there twice. Returns how many are left. */
static size_t sort(struct mms_text *fields, size_t count)
{
    size_t left = 0;
    if (count > 0)
        qsort(fields, count, sizeof *fields, compare);
    for (size_t i = 0; i < count; i++)
        if (left == 0 || compare(&fields[left - 1], &fields[i]) != 0)
            fields[left++] = fields[i];
    return left;
}

int mash_watch_take(struct mash_watch *watch, struct mash_route *route)
{
    uint64_t *prints = calloc(route->field_count + 1, sizeof *prints);
    if (prints == NULL)
        return -ENOMEM;
    watch->fields = route->fields;
    watch->count = sort(route->fields, route->field_count);
    watch->prints = prints;
    watch->memory = route->memory;
    route->fields = NULL;
    route->field_count = 0;
    route->memory = NULL;
    return 0;
}

void mash_watch_free(struct mash_watch *watch)
{
    free(watch->fields);
    free(watch->prints);
    free(watch->memory);
    *watch = (struct mash_watch){0};
}

void mash_watch_forget(struct mash_watch *watch)
{
    memset(watch->prints, 0, watch->count * sizeof *watch->prints);
}

/* [[3, 1234], [4, 77]] */
static void put_values(FILE *out, struct mash_index *index, const struct mash_label *label)
{
    struct mms_stat stat;
    bool any = false;
    fputc('[', out);
    for (size_t i = 0; i < label->count; i++) {
        const struct mash_place *place = &label->places[i];
        if (!mash_index_get(index, place, &stat) || stat.status == MMS_BUSY)
            continue;
        fprintf(out, any ? ", [%" PRIu64 ", " : "[%" PRIu64 ", ", index->files[place->file].id);
        mms_put_value_json(out, &stat);
        fputc(']', out);
        any = true;
    }
    fputc(']', out);
}

void mash_watch_put(struct mash_watch *watch, struct mash_index *index, FILE *out, const struct mms_memory *memory)
{
    struct timespec now;
    bool any = false;

    clock_gettime(CLOCK_REALTIME, &now);
    fprintf(out, "event: values\ndata: {\"time\": %lld.%03ld, \"values\": {", (long long)now.tv_sec,
            now.tv_nsec / 1000000);
    for (size_t i = 0; i < watch->count; i++) {
        bool found;
        off_t before = ftello(out);
        size_t number = mash_index_find(index, watch->fields[i], &found);
        if (!found)
            continue;
        fputs(any ? ", " : "", out);
        mms_put_json(out, watch->fields[i]);
        fputs(": ", out);
        off_t begin = ftello(out);
        put_values(out, index, &index->labels[number]);
        off_t end = ftello(out);
        if (fflush(out) != 0)
            return;
        uint64_t print = mms_hash(index->key, memory->text + begin, (size_t)(end - begin));
        if (print == watch->prints[i]) {
            fseeko(out, before, SEEK_SET);
            continue;
        }
        watch->prints[i] = print;
        any = true;
    }
    fputs("}}\n\n", out);
}
