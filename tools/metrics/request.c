/* SPDX-License-Identifier: MIT
 *
 * request.c - what whoever scrapes, or starts mmash, may ask for. */

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/metrics/metrics.h"

const char *mms_metrics_content_type(enum mms_metrics_format format)
{
    return format == MMS_METRICS_OPENMETRICS ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                             : "text/plain; version=0.0.4; charset=utf-8";
}

/* --- Accept ------------------------------------------------------------------------------------------------------- */

/* Part of a header, without blanks at its ends. */
struct span {
    const char *at;
    size_t size;
};

static struct span trim(struct span span)
{
    while (span.size > 0 && isspace((unsigned char)span.at[0]))
        span = (struct span){span.at + 1, span.size - 1};
    while (span.size > 0 && isspace((unsigned char)span.at[span.size - 1]))
        span.size--;
    return span;
}

/* Takes what stands before `end`; quotes are not looked for: no parameter that counts here needs them. */
static struct span take(struct span *rest, char end)
{
    const char *found = memchr(rest->at, end, rest->size);
    struct span taken = {rest->at, found != NULL ? (size_t)(found - rest->at) : rest->size};
    size_t used = taken.size + (found != NULL);
    *rest = (struct span){rest->at + used, rest->size - used};
    return trim(taken);
}

static bool is(struct span span, const char *word)
{
    return span.size == strlen(word) && strncasecmp(span.at, word, span.size) == 0;
}

/* In thousandths, as many as RFC 9110 allows; what is no weight is 0. */
static int weight_of(struct span span)
{
    int weight = 0, place = 100;
    if (span.size == 0 || (span.at[0] != '0' && span.at[0] != '1') || (span.size > 1 && span.at[1] != '.'))
        return 0;
    for (size_t i = 2; i < span.size && place > 0; i++, place /= 10) {
        if (span.at[i] < '0' || span.at[i] > '9')
            return 0;
        weight += (span.at[i] - '0') * place;
    }
    return span.at[0] == '1' ? 1000 : weight;
}

struct range {
    struct span type, version;
    int weight;
};

static struct range take_range(struct span *header)
{
    struct span rest = take(header, ',');
    struct range range = {.type = take(&rest, ';'), .weight = 1000};
    while (rest.size > 0) {
        struct span value = take(&rest, ';'), name = take(&value, '=');
        value = trim(value);
        if (value.size > 1 && value.at[0] == '"' && value.at[value.size - 1] == '"')
            value = (struct span){value.at + 1, value.size - 2};
        if (is(name, "q"))
            range.weight = weight_of(value);
        else if (is(name, "version"))
            range.version = value;
    }
    return range;
}

/* A range of the same or a later kind counts more than another: all types, one type, one subtype. */
struct choice {
    int closeness, weight;
};

static void choose(struct choice *choice, int closeness, int weight)
{
    if (closeness > choice->closeness || (closeness == choice->closeness && weight > choice->weight))
        *choice = (struct choice){closeness, weight};
}

enum mms_metrics_format mms_metrics_negotiate(const char *accept)
{
    struct span header = {accept != NULL ? accept : "", accept != NULL ? strlen(accept) : 0};
    struct choice open = {0, 0}, text = {0, 0};
    while (header.size > 0) {
        struct range range = take_range(&header);
        bool any = is(range.type, "*/*");
        if (is(range.type, "application/openmetrics-text") &&
            (range.version.size == 0 || is(range.version, "1.0.0") || is(range.version, "0.0.1")))
            choose(&open, 3, range.weight);
        if (is(range.type, "text/plain") && (range.version.size == 0 || is(range.version, "0.0.4")))
            choose(&text, 3, range.weight);
        if (any || is(range.type, "application/*"))
            choose(&open, any ? 1 : 2, range.weight);
        if (any || is(range.type, "text/*"))
            choose(&text, any ? 1 : 2, range.weight);
    }
    bool asked = open.closeness == 3 && open.weight > 0;
    return asked && open.weight >= text.weight ? MMS_METRICS_OPENMETRICS : MMS_METRICS_TEXT;
}

/* --- options of mmash --------------------------------------------------------------------------------------------- */

void mms_metrics_print_config(FILE *out, const char *address)
{
    fprintf(out, "scrape_configs:\n"
                 "  - job_name: mmstats\n"
                 "    static_configs:\n"
                 "      - targets: ['");
    for (const char *at = address; *at != '\0'; at++)
        fputs(*at == '\'' ? "''" : (char[]){*at, '\0'}, out); /* as YAML has it */
    fputs("']\n", out);
}
