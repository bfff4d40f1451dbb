/* SPDX-License-Identifier: MIT
 *
 * exposition.c - a checker of what Prometheus gets, written from the two formats' grammars. */

#include <string.h>

#include "fuzz/fuzz.h"
#include "fuzz/text.h"

struct span {
    const char *at;
    size_t size;
};

/* Two texts of which the concatenation may stand once: a name, a series, or the labels of a group within a family. */
struct key {
    char kind;
    struct span a, b;
};

struct checker {
    const char *at, *end;
    bool open;
    struct span name, type; /* of the family at hand */
    bool helped, united, sampled;
    struct span group; /* labels of the last sample, but those that tell its samples apart */
    double bound, count; /* of the last bucket */
    struct key *keys;
    size_t key_count, key_room;
};

static bool same(struct span a, struct span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

static bool is(struct span span, const char *word)
{
    return same(span, (struct span){word, strlen(word)});
}

static void add_key(struct checker *to, char kind, struct span a, struct span b)
{
    if (to->key_count == to->key_room) {
        to->key_room = to->key_room == 0 ? 64 : 2 * to->key_room;
        to->keys = realloc(to->keys, to->key_room * sizeof *to->keys);
        require(to->keys != NULL);
    }
    to->keys[to->key_count++] = (struct key){kind, a, b};
}

/* --- what is once only -------------------------------------------------------------------------------------------- */

static char letter(const struct key *key, size_t i)
{
    return i < key->a.size ? key->a.at[i] : key->b.at[i - key->a.size];
}

static int compare(const void *left, const void *right)
{
    const struct key *a = left, *b = right;
    size_t a_size = a->a.size + a->b.size, b_size = b->a.size + b->b.size;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    for (size_t i = 0; i < a_size && i < b_size; i++)
        if (letter(a, i) != letter(b, i))
            return letter(a, i) < letter(b, i) ? -1 : 1;
    return a_size < b_size ? -1 : a_size > b_size;
}

static void require_once(struct checker *to)
{
    if (to->key_count > 0)
        qsort(to->keys, to->key_count, sizeof *to->keys, compare);
    for (size_t i = 1; i < to->key_count; i++)
        require(compare(&to->keys[i - 1], &to->keys[i]) != 0);
}

/* --- pieces of a line --------------------------------------------------------------------------------------------- */

static bool take(struct checker *to, const char *word)
{
    size_t size = strlen(word);
    if ((size_t)(to->end - to->at) < size || memcmp(to->at, word, size) != 0)
        return false;
    to->at += size;
    return true;
}

static struct span take_name(struct checker *to)
{
    struct span name = {to->at, 0};
    while (to->at < to->end && (*to->at == '_' || (*to->at >= '0' && *to->at <= '9') ||
                                ((*to->at | 32) >= 'a' && (*to->at | 32) <= 'z')))
        to->at++;
    name.size = (size_t)(to->at - name.at);
    require(name.size > 0 && name.at[0] != '_' && (name.at[0] < '0' || name.at[0] > '9'));
    return name;
}

/* Up to an end that is not escaped. quotes: may a quote be escaped, and must it be? */
static void take_escaped(struct checker *to, char end, bool quotes)
{
    while (require(to->at < to->end), *to->at != end) {
        require(*to->at != '\n' && *to->at != (quotes ? '"' : '\n'));
        if (*to->at++ == '\\') {
            require(to->at < to->end && (*to->at == 'n' || *to->at == '\\' || (quotes && *to->at == '"')));
            to->at++;
        }
    }
}

static size_t take_digits(struct checker *to)
{
    const char *begin = to->at;
    while (to->at < to->end && *to->at >= '0' && *to->at <= '9')
        to->at++;
    return (size_t)(to->at - begin);
}

static double take_number(struct checker *to)
{
    const char *begin = to->at;
    char *end;
    if (!take(to, "NaN") && !take(to, "+Inf") && !take(to, "-Inf")) {
        take(to, "-");
        require(take_digits(to) > 0);
        if (take(to, "."))
            require(take_digits(to) > 0);
        if (take(to, "e")) {
            require(take(to, "-") || take(to, "+"));
            require(take_digits(to) > 0);
        }
    }
    double number = strtod(begin, &end);
    require(end == to->at);
    return number;
}

/* --- families ----------------------------------------------------------------------------------------------------- */

static const struct type {
    const char *name, *samples[4];
    bool open, text; /* in which format */
    const char *names[4]; /* that it takes besides those of its samples */
} types[] = {
    {"counter", {"_total", "_created"}, true, false, {""}},
    {"counter", {""}, false, true, {NULL}},
    {"histogram", {"_bucket", "_count", "_sum", "_created"}, true, false, {""}},
    {"histogram", {"_bucket", "_count", "_sum"}, false, true, {""}},
    {"gauge", {""}, true, true, {NULL}},
    {"unknown", {""}, true, false, {NULL}},
    {"untyped", {""}, false, true, {NULL}},
    {"stateset", {""}, true, false, {NULL}},
    {"info", {"_info"}, true, false, {""}},
};

static const struct type *type_of(const struct checker *to)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (is(to->type, types[i].name) && (to->open ? types[i].open : types[i].text))
            return &types[i];
    abort();
}

static void add_names(struct checker *to, const char *const suffixes[4])
{
    for (size_t i = 0; i < 4 && suffixes[i] != NULL; i++)
        add_key(to, 'n', to->name, (struct span){suffixes[i], strlen(suffixes[i])});
}

static void begin_family(struct checker *to, struct span name)
{
    if (same(to->name, name)) {
        require(!to->sampled);
        return;
    }
    require(to->name.size == 0 || to->type.size > 0);
    to->name = name;
    to->type = (struct span){NULL, 0};
    to->helped = to->united = to->sampled = false;
}

static void check_unit(struct checker *to, struct span unit)
{
    require(to->open && !to->united && !is(to->type, "info") && !is(to->type, "stateset"));
    require(to->name.size > unit.size + 1);
    const char *suffix = to->name.at + to->name.size - unit.size;
    require(suffix[-1] == '_' && memcmp(suffix, unit.at, unit.size) == 0);
    to->united = true;
}

static void check_head(struct checker *to)
{
    bool help = take(to, "HELP "), type = !help && take(to, "TYPE "), unit = !help && !type && take(to, "UNIT ");
    require(help || type || unit);
    begin_family(to, take_name(to));
    require(take(to, " "));
    if (help) {
        require(!to->helped);
        to->helped = true;
        take_escaped(to, '\n', to->open);
    } else if (type) {
        require(to->type.size == 0);
        to->type = take_name(to);
        add_names(to, type_of(to)->samples);
        add_names(to, type_of(to)->names);
    } else {
        check_unit(to, take_name(to));
    }
    require(take(to, "\n"));
}

/* --- samples ------------------------------------------------------------------------------------------------------ */

struct labels {
    struct span all, group, bound; /* group: without the last one where that is le, or the state */
    bool state, quantile;
};

static struct labels take_labels(struct checker *to)
{
    struct labels labels = {.all = {to->at, 0}};
    struct span names[8];
    size_t count = 0;
    if (!take(to, "{"))
        return labels;
    do {
        const char *begin = to->at;
        struct span name = take_name(to);
        for (size_t i = 0; i < count; i++)
            require(!same(names[i], name));
        require(count < 8 && take(to, "=\""));
        names[count++] = name;
        struct span value = {to->at, 0};
        take_escaped(to, '"', true);
        value.size = (size_t)(to->at - value.at);
        require(take(to, "\""));
        labels.group.at = labels.all.at;
        labels.state = is(to->type, "stateset") && same(name, to->name);
        labels.quantile |= is(name, "quantile"); /* of summaries, and there are none */
        if (is(name, "le"))
            labels.bound = value;
        labels.group.size = (size_t)((labels.state || is(name, "le") ? begin - 1 : to->at) - labels.all.at);
    } while (take(to, ","));
    require(take(to, "}"));
    labels.all.size = (size_t)(to->at - labels.all.at);
    if (is(to->type, "info"))
        labels.group.size = 0;
    return labels;
}

static const char *suffix_of(const struct checker *to, struct span name)
{
    const struct type *type = type_of(to);
    require(name.size >= to->name.size && memcmp(name.at, to->name.at, to->name.size) == 0);
    struct span rest = {name.at + to->name.size, name.size - to->name.size};
    for (size_t i = 0; i < 4 && type->samples[i] != NULL; i++)
        if (is(rest, type->samples[i]))
            return type->samples[i];
    abort();
}

static void check_bucket(struct checker *to, struct span le, bool first, double value)
{
    struct checker part = {.at = le.at, .end = le.at + le.size};
    double bound = take_number(&part);
    require(part.at == part.end && bound == bound);
    require(first || (bound > to->bound && value >= to->count));
    to->bound = bound;
    to->count = value;
}

static void check_value(const struct checker *to, const char *suffix, double value)
{
    bool counter = is(to->type, "counter") && strcmp(suffix, "_created") != 0;
    if (counter || strcmp(suffix, "_created") == 0)
        require(value >= 0 && value <= 1.7976931348623157e308);
    if (is(to->type, "histogram"))
        require(value >= 0);
    if (is(to->type, "histogram") && strcmp(suffix, "_bucket") != 0) /* they come first, to the end */
        require(to->bound > 1.7976931348623157e308);
    if (strcmp(suffix, "_count") == 0)
        require(value == to->count);
    if (is(to->type, "info") || is(to->type, "stateset"))
        require(value == 1 || (value == 0 && is(to->type, "stateset")));
}

static void check_sample(struct checker *to)
{
    struct span name = take_name(to);
    const char *suffix = suffix_of(to, name);
    struct labels labels = take_labels(to);
    bool first = !to->sampled || !same(to->group, labels.group);
    require(take(to, " "));
    double value = take_number(to);
    require(take(to, "\n"));
    require((labels.bound.at != NULL) == (strcmp(suffix, "_bucket") == 0));
    require(labels.state == is(to->type, "stateset"));
    require(!labels.quantile);
    if (labels.bound.at != NULL)
        check_bucket(to, labels.bound, first, value);
    check_value(to, suffix, value);
    add_key(to, 's', name, labels.all);
    if (first)
        add_key(to, 'g', to->name, labels.group);
    to->group = labels.group;
    to->sampled = true;
}

void require_exposition(const char *text, size_t size, bool open)
{
    struct checker checker = {.at = text, .end = text + size, .open = open};
    bool ended = false;
    require_harmless(text, size);
    while (checker.at < checker.end) {
        require(!ended);
        if (open && take(&checker, "# EOF\n"))
            ended = true;
        else if (take(&checker, "# "))
            check_head(&checker);
        else
            check_sample(&checker);
    }
    require(ended == open);
    require(checker.name.size == 0 || checker.type.size > 0);
    require_once(&checker);
    free(checker.keys);
}
