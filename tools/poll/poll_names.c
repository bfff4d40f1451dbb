/* SPDX-License-Identifier: MIT
 *
 * poll_names.c - labels that were asked for, and what was meant by those that there are not. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/escape.h"
#include "tools/common/output.h"
#include "tools/common/text.h"
#include "tools/poll/poll.h"

/* Longer labels are not guessed. */
enum { LONGEST = 200 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The usual table, of which three rows are kept: of the prefixes of a with i, i - 1 and i - 2 bytes. */
size_t poll_distance(struct mms_text a, struct mms_text b, size_t limit)
{
    size_t rows[3][LONGEST + 1];
    size_t longer = a.size > b.size ? a.size - b.size : b.size - a.size;
    if (a.size > LONGEST || b.size > LONGEST || longer > limit)
        return limit + 1;
    for (size_t k = 0; k <= b.size; k++)
        rows[0][k] = k;
    for (size_t i = 1; i <= a.size; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3], best = row[0] = i;
        for (size_t k = 1; k <= b.size; k++) {
            bool same = a.data[i - 1] == b.data[k - 1];
            row[k] = least(above[k - 1] + !same, least(above[k], row[k - 1]) + 1);
            if (i > 1 && k > 1 && a.data[i - 1] == b.data[k - 2] && a.data[i - 2] == b.data[k - 1])
                row[k] = least(row[k], two_above[k - 2] + 1);
            best = least(best, row[k]);
        }
        if (best > limit)
            return limit + 1;
    }
    return least(rows[a.size % 3][b.size], limit + 1);
}

/* Is `name` what stands behind the last dots of a label? */
static bool is_tail(struct mms_text label, struct mms_text name)
{
    return name.size > 0 && label.size > name.size && label.data[label.size - name.size - 1] == '.' &&
           memcmp(label.data + label.size - name.size, name.data, name.size) == 0;
}

/* How likely a label was meant; 0 the most. */
static size_t apart(struct mms_text label, struct mms_text name, size_t limit)
{
    return is_tail(label, name) ? 1 : poll_distance(label, name, limit);
}

/* Says that there is no such field. */
static void complain(struct mms_text name, const struct mms_watch *watch)
{
    struct mms_text meant = {0};
    size_t best = name.size / 3 > 2 ? name.size / 3 : 2;
    for (size_t f = 0; f < watch->count; f++)
        for (size_t i = 0; i < watch->files[f].count && best > 0; i++) {
            struct mms_text label = watch->files[f].fields[i].label;
            size_t away = apart(label, name, best);
            if (away <= best && label.size > 0) {
                meant = label;
                best = away - (away > 0); /* only what is nearer still */
            }
        }
    char *message = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&message, &size);
    if (out == NULL) {
        mms_complain("%s", strerror(ENOMEM));
        return;
    }
    fputs("no field ", out);
    mms_put_quoted(out, name, '"');
    if (meant.size > 0) {
        fputs("; did you mean ", out);
        mms_put_quoted(out, meant, '"');
        fputc('?', out);
    } else {
        fputs(" (slurpstats shows which there are)", out);
    }
    fclose(out);
    mms_complain("%s", message != NULL ? message : strerror(ENOMEM));
    free(message);
}

static bool is_there(struct mms_text label, const struct mms_watch *watch)
{
    bool found = false;
    for (size_t f = 0; f < watch->count && !found; f++)
        found = poll_find(&watch->files[f], label) != NULL;
    return found;
}

static bool is_missing(struct mms_text label, const struct mms_watch *watch)
{
    bool missing = !is_there(label, watch);
    if (missing)
        complain(label, watch);
    return missing;
}

bool poll_names_missing(const struct poll_options *by, const struct mms_watch *watch)
{
    bool missing = false;
    for (size_t i = 0; i < by->filter_count; i++)
        missing |= is_missing(by->filters[i].label, watch);
    for (size_t i = 0; i < by->label_count; i++)
        missing |= is_missing(by->labels[i], watch);
    return missing;
}

int poll_fields_split(const char *prefix, const char *fields, struct mms_text **labels, size_t *count)
{
    size_t before = prefix != NULL ? strlen(prefix) : 0, n = 1;
    for (const char *at = fields; *at != '\0'; at++)
        n += *at == ',';
    struct mms_text *made = malloc(n * (sizeof *made + before) + strlen(fields) + 1);
    if (made == NULL)
        return -ENOMEM;
    char *text = (char *)(made + n);
    size_t used = 0;
    for (const char *at = fields;; at++) {
        struct mms_text *label = &made[used++];
        *label = (struct mms_text){text, 0};
        if (before > 0)
            memcpy(text, prefix, before);
        text += before;
        const char *start = text;
        for (; *at != '\0' && *at != ','; at++) {
            at += at[0] == '\\' && at[1] == ',';
            *text++ = *at;
        }
        label->size = (size_t)(text - label->data);
        if (text == start) {
            free(made);
            return -EINVAL;
        }
        if (*at == '\0')
            break;
    }
    *labels = made;
    *count = used;
    return 0;
}

/* Where they differ in bytes that are no UTF-8 alone. */
static bool look_the_same(struct mms_text a, struct mms_text b)
{
    char *mended = malloc(3 * (a.size + b.size) + 1);
    if (mended == NULL)
        return false;
    struct mms_text one = {mended, mms_text_mend(a, mended)}, other = {mended + 3 * a.size, 0};
    other.size = mms_text_mend(b, mended + 3 * a.size);
    bool are = mms_text_is(one, other);
    free(mended);
    return are;
}

size_t poll_labels_once(struct mms_text *labels, size_t count)
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        while (k < left && !mms_text_is(labels[k], labels[i]))
            k++;
        if (k == left)
            labels[left++] = labels[i];
    }
    return left;
}

bool poll_labels_look_the_same(const struct mms_text *labels, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i && (mms_text_flaws(labels[i]) & MMS_TEXT_NO_UTF8) != 0; k++)
            if (look_the_same(labels[k], labels[i]))
                return true;
    return false;
}
