/* SPDX-License-Identifier: MIT
 *
 * answers.c - labels, values and files as JSON. */

#include "tools/mash/answers.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/escape.h"
#include "tools/common/options.h"
#include "tools/common/value.h"
#include "tools/mash/numbers.h"

bool mash_file_matches(const struct mash_file *file, const char *glob)
{
    const char *slash = strrchr(file->path, '/');
    return glob == NULL || fnmatch(glob, slash != NULL ? slash + 1 : file->path, FNM_PERIOD) == 0;
}

void mash_put_error(FILE *out, const char *error)
{
    fputs("{\"error\": ", out);
    mms_put_json(out, mms_text_of(error));
    fputs("}\n", out);
}

/* --- values of a label -------------------------------------------------------------------------------------------- */

static bool has_file(struct mash_index *index, const struct mash_label *label, const char *glob)
{
    for (size_t i = 0; i < label->count; i++)
        if (mash_file_matches(&index->files[label->places[i].file], glob))
            return true;
    return false;
}

/* Goes on to the next file of a label that matches and whose value can be read. */
static bool next_value(struct mash_index *index, const struct mash_label *label, const char *glob, size_t *i,
                       struct mms_stat *stat)
{
    while (*i < label->count) {
        const struct mash_place *place = &label->places[(*i)++];
        if (mash_file_matches(&index->files[place->file], glob) && mash_index_get(index, place, stat))
            return true;
    }
    return false;
}

static void put_list(FILE *out, struct mash_index *index, const struct mash_label *label, const char *glob)
{
    struct mms_stat stat;
    size_t i = 0, count = 0;
    fputc('[', out);
    while (next_value(index, label, glob, &i, &stat)) {
        if (count++ > 0)
            fputs(", ", out);
        mms_put_value_json(out, &stat);
    }
    fputc(']', out);
}

/* null where there is no number to aggregate; of other values there is one, the first. */
static void put_aggregate(FILE *out, struct mash_index *index, const struct mash_label *label,
                          const struct mash_route *route)
{
    struct mms_stat stat;
    size_t i = 0;
    if (route->aggregate == MMS_AGGREGATE_ONE) {
        if (next_value(index, label, route->glob, &i, &stat))
            mms_put_value_json(out, &stat);
        else
            fputs("null", out);
        return;
    }
    struct mash_numbers numbers = {0};
    struct mms_sample sample;
    while (next_value(index, label, route->glob, &i, &stat))
        if (!stat.is_array)
            mash_numbers_add(&numbers, &stat);
    if (!numbers.failed && mms_aggregate_samples(route->aggregate, numbers.samples, numbers.count, &sample))
        mash_put_sample(out, &sample);
    else
        fputs("null", out);
    index->starved |= numbers.failed;
    mash_numbers_free(&numbers);
}

/* --- the pages ---------------------------------------------------------------------------------------------------- */

/* What stands between the members of an object or list: nothing before the first. */
static void put_between(FILE *out, size_t *count)
{
    fputs((*count)++ > 0 ? ",\n " : "", out);
}

void mash_put_labels(FILE *out, struct mash_index *index, const struct mash_route *route)
{
    size_t count = 0;
    fputs("{\"stats\": [", out);
    for (size_t i = 0; i < index->label_count; i++) {
        if (!has_file(index, &index->labels[i], route->glob))
            continue;
        put_between(out, &count);
        mms_put_json(out, index->labels[i].text);
    }
    fputs("]}\n", out);
}

static bool begins_with(struct mms_text text, struct mms_text prefix)
{
    return text.size >= prefix.size && memcmp(text.data, prefix.data, prefix.size) == 0;
}

void mash_put_stats(FILE *out, struct mash_index *index, const struct mash_route *route)
{
    bool found;
    size_t count = 0, first = mash_index_find(index, route->text, &found);
    size_t last = !route->exact ? index->label_count : found ? first + 1 : first;

    fputc('{', out);
    for (size_t i = first; i < last && begins_with(index->labels[i].text, route->text); i++) {
        const struct mash_label *label = &index->labels[i];
        if (!has_file(index, label, route->glob))
            continue;
        put_between(out, &count);
        mms_put_json(out, label->text);
        fputs(": ", out);
        if (route->aggregate == MMS_AGGREGATES)
            put_list(out, index, label, route->glob);
        else
            put_aggregate(out, index, label, route);
    }
    fputs("}\n", out);
}

/* Only when there are some: else the answer is the original's. */
static void put_file_errors(FILE *out, const struct mash_index *index, const struct mash_route *route)
{
    char message[MMS_MESSAGE_SIZE];
    size_t count = 0;
    for (size_t i = 0; i < index->file_count; i++) {
        const struct mash_file *file = &index->files[i];
        if (!mash_file_matches(file, route->glob) || !mash_index_file_error(index, i, message))
            continue;
        fputs(count++ > 0 ? ",\n " : ",\n \"errors\": {", out);
        mms_put_json(out, mms_text_of(file->path));
        fputs(": ", out);
        mms_put_json(out, mms_text_of(message));
    }
    if (count > 0)
        fputc('}', out);
}

void mash_put_files(FILE *out, struct mash_index *index, const struct mash_route *route)
{
    size_t count = 0;
    fputs("{\"files\": [", out);
    for (size_t i = 0; i < index->file_count; i++) {
        const struct mash_file *file = &index->files[i];
        if (file->reader == NULL || mms_reader_count(file->reader) == 0 || !mash_file_matches(file, route->glob))
            continue;
        put_between(out, &count);
        mms_put_json(out, mms_text_of(file->path));
    }
    fputc(']', out);
    put_file_errors(out, index, route);
    if (mash_index_error(index) != NULL) {
        fputs(",\n \"error\": ", out);
        mms_put_json(out, mms_text_of(mash_index_error(index)));
    }
    fputs("}\n", out);
}

void mash_put_numbers(FILE *out, struct mash_index *index, const struct mash_route *route)
{
    const char *glob = route->text.data;
    const struct mms_tool_options filter = {.filters = &glob, .filter_count = 1};
    struct mms_stat stat;
    size_t count = 0;

    fputc('{', out);
    for (size_t i = 0; i < index->label_count; i++) {
        const struct mash_label *label = &index->labels[i];
        struct mash_numbers numbers = {0};
        if (!mms_filter_passes(&filter, label->text))
            continue;
        for (size_t place = 0; next_value(index, label, route->glob, &place, &stat);)
            mash_numbers_add(&numbers, &stat);
        if (numbers.count > 0 && !numbers.failed) {
            put_between(out, &count);
            mms_put_json(out, label->text);
            fputs(": ", out);
            mash_numbers_put(out, &numbers);
        }
        index->starved |= numbers.failed;
        mash_numbers_free(&numbers);
    }
    fputs("}\n", out);
}
