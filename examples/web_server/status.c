/* SPDX-License-Identifier: MIT
 *
 * status.c - the page /status: the server reads its own metrics as any other process would, from their files. No thread
 * that is being read notices, so nothing has to be locked to add up what all threads count. */

#include "status.h"

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "metrics.h"
#include "mmstats/reader.h"

/* Whole numbers are added up over all files, yes-or-no values become the number of yes, and durations the mean over
 * the threads that have one. NULL for texts: they have no sum. *busy counts the values that changed so often while they
 * were read that they may be wrong. */
static json_object *sum(struct mms_set *set, struct mms_text label, int64_t *busy)
{
    enum mms_class class = MMS_CLASS_NONE;
    uint64_t whole = 0;
    double total = 0;
    unsigned count = 0;

    for (size_t f = 0; f < mms_set_count(set); f++) {
        struct mms_reader *reader = mms_set_reader(set, f);
        int64_t i = reader ? mms_reader_find(reader, label.data, label.size, 0) : -1;
        struct mms_stat stat;
        if (i < 0 || mms_reader_get(reader, (size_t)i, &stat) != 0 || stat.count != 1)
            continue;
        const struct mms_value *value = stat.values;
        class = mms_class_of(value->type);
        *busy += stat.status == MMS_BUSY;
        if (class == MMS_CLASS_UINT) {
            whole += value->u;
        } else if (class == MMS_CLASS_INT) {
            whole += (uint64_t)value->i; /* modulo 2^64, which adds negative numbers just as well */
        } else if (class == MMS_CLASS_BOOL) {
            whole += value->b;
        } else if (class == MMS_CLASS_FLOAT && isfinite(value->f) && value->f > 0) {
            total += value->f;
            count++;
        }
    }
    switch (class) {
    case MMS_CLASS_UINT:
    case MMS_CLASS_BOOL:
        return json_object_new_uint64(whole);
    case MMS_CLASS_INT:
        return json_object_new_int64((int64_t)whole);
    case MMS_CLASS_FLOAT:
        return json_object_new_double(count ? total / count : 0);
    default:
        return NULL;
    }
}

/* Every field of the model. All files have the same ones, so the first file's labels are the labels of all. */
static void add_metrics(json_object *metrics, struct mms_set *set, int64_t *busy)
{
    struct mms_reader *first = NULL;
    for (size_t f = 0; f < mms_set_count(set) && !first; f++)
        first = mms_set_reader(set, f);

    for (size_t i = 0; first && i < mms_reader_count(first); i++) {
        struct mms_stat stat;
        char label[64];
        if (mms_reader_get(first, i, &stat) != 0 || stat.label.size >= sizeof(label))
            continue;
        /* A copy: the pointers in stat are good until the next call with that reader. */
        memcpy(label, stat.label.data, stat.label.size);
        label[stat.label.size] = '\0';
        if (strncmp(label, "web.", 4) != 0)
            continue; /* process and thread IDs, and the like */
        json_object *value = sum(set, (struct mms_text){label, stat.label.size}, busy);
        if (value)
            json_object_object_add(metrics, label, value);
    }
}

char *web_status_json(void)
{
    const char *paths[WEB_MAX_THREADS];
    size_t count = web_metrics_files(paths);
    json_object *root = json_object_new_object();
    json_object *metrics = json_object_new_object();
    struct mms_set *set = NULL;
    int64_t busy = 0, unreadable = 0;
    char *text = NULL;

    /* Without options the reader works on copies of the files: safe, whatever someone does to them meanwhile. */
    if (root && metrics && mms_set_open_paths(paths, count, NULL, &set) == 0) {
        add_metrics(metrics, set, &busy);
        for (size_t f = 0; f < mms_set_count(set); f++)
            unreadable += mms_set_reader(set, f) == NULL;
        json_object_object_add(root, "pid", json_object_new_int64(getpid()));
        json_object_object_add(root, "files", json_object_new_int64((int64_t)count));
        json_object_object_add(root, "unreadable", json_object_new_int64(unreadable));
        json_object_object_add(root, "busy", json_object_new_int64(busy));
        json_object_object_add(root, "metrics", json_object_get(metrics));
        const char *json = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);
        if (!json || asprintf(&text, "%s\n", json) < 0)
            text = NULL;
    }
    mms_set_close(set);
    json_object_put(metrics);
    json_object_put(root);
    return text;
}
