/* SPDX-License-Identifier: MIT
 *
 * poll_busy_show.c - the busiest metrics: a screen, or an object of JSON. */

#include <inttypes.h>
#include <math.h>

#include "tools/common/escape.h"
#include "tools/common/number.h"
#include "tools/common/spark.h"
#include "tools/common/value.h"
#include "tools/poll/poll.h"

enum { NUMBER = 11, LEAST_LABEL = 8, PIPED_LINES = 20 };

/* Columns of the chart on a screen that has so many. */
static size_t chart_width(size_t columns)
{
    return columns >= 100 ? 40 : columns >= 64 ? 20 : columns >= 48 ? 10 : 0;
}

/* Ends a line of a screen that may have had another one there. */
static void end_line(const struct poll_screen *screen)
{
    fputs(screen->terminal ? "\x1b[K\n" : "\n", stdout);
}

static void put_total(const struct poll_metric *metric, const struct poll_screen *screen, enum mms_human as)
{
    char text[MMS_NUMBER_SIZE];
    const struct mms_sample *total = &metric->total;
    if (screen->human)
        mms_human_number(mms_sample_float(total), as, text);
    else if (mms_class_of(total->type) == MMS_CLASS_FLOAT)
        mms_number_short(total->f, text);
    else if (mms_class_of(total->type) == MMS_CLASS_INT)
        snprintf(text, sizeof text, "%" PRId64, total->i);
    else
        snprintf(text, sizeof text, "%" PRIu64, total->u);
    printf(" %*s", NUMBER, text);
}

static void put_rate(const struct poll_metric *metric, const struct poll_screen *screen, enum mms_human as)
{
    char text[MMS_NUMBER_SIZE];
    double rate = poll_metric_rate(metric);
    if (screen->human)
        mms_human_number(rate, as == MMS_HUMAN_SECONDS ? MMS_HUMAN_COUNT : as, text);
    else
        snprintf(text, sizeof text, fabs(rate) < 1e9 ? "%.1f" : "%.4g", rate);
    printf(" %*s%c", NUMBER - 1, text, metric->status == MMS_EXACT ? ' ' : metric->status == MMS_BUSY ? '?' : '~');
}

static void put_metric(const struct poll_metric *metric, const struct poll_screen *screen, size_t label, size_t chart,
                       bool ascii)
{
    enum mms_human as = mms_human_of(metric->unit);
    char line[MMS_SPARK_SIZE(POLL_HISTORY)];
    poll_put_cut((struct mms_text){metric->label, metric->label_size}, "", label, POLL_LEFT);
    put_rate(metric, screen, as);
    put_total(metric, screen, as);
    if (chart > 0) {
        mms_spark_line(metric->rates, metric->known, chart, ascii ? MMS_SPARK_ASCII : MMS_SPARK_BLOCKS, line);
        printf(" %s", line);
    }
    end_line(screen);
}

static void put_head(const struct poll_busy *busy, const struct poll_round *round, const struct poll_screen *screen)
{
    char stamp[POLL_STAMP_SIZE], text[200];
    poll_stamp(round->by->stamp, stamp);
    snprintf(text, sizeof text, "%s%s%zu %s, %zu live; %zu of %zu metrics change", stamp, stamp[0] != '\0' ? "  " : "",
             round->count, round->count == 1 ? "file" : "files", round->count - round->ended, busy->changing,
             busy->count);
    if (screen->terminal)
        poll_put_cut(mms_text_of(text), "", screen->columns, POLL_LEFT);
    else
        fputs(text, stdout);
    end_line(screen);
}

static void show_screen(const struct poll_busy *busy, const struct poll_round *round, const struct poll_screen *screen)
{
    size_t chart = chart_width(screen->columns), others = (size_t)2 * (NUMBER + 1) + (chart > 0 ? chart + 1 : 0);
    size_t label = screen->columns > others + LEAST_LABEL ? screen->columns - others : LEAST_LABEL;
    size_t lines = round->by->lines > 0 ? (size_t)round->by->lines : PIPED_LINES;
    if (screen->terminal) { /* two above, and one for the cursor */
        size_t room = screen->lines > 4 ? screen->lines - 3 : 1;
        lines = round->by->lines > 0 && lines < room ? lines : room;
        fputs("\x1b[H", stdout);
    }
    put_head(busy, round, screen);
    poll_put_style(screen, POLL_HEADING);
    printf("%-*s %*s %*s%s", (int)label, "metric", NUMBER - 1, "per second", NUMBER + 1, "total",
           chart > 0 ? " history" : "");
    poll_put_style(screen, POLL_PLAIN);
    end_line(screen);
    for (size_t i = 0; i < busy->changing && i < lines; i++)
        put_metric(busy->order[i], screen, label, chart, round->by->ascii);
    fputs(screen->terminal ? "\x1b[J" : "\n", stdout);
}

static void put_float(double number)
{
    mms_put_item_json(stdout, &(struct mms_value){.type = MMS_TYPE_F64, .f = number});
}

static void show_json(const struct poll_busy *busy, const struct poll_round *round)
{
    uint8_t status = MMS_EXACT;
    for (size_t i = 0; i < busy->changing; i++)
        status = busy->order[i]->status > status ? busy->order[i]->status : status;
    poll_json_head(round, "busiest", status);
    for (size_t i = 0; i < busy->changing; i++) {
        const struct poll_metric *metric = busy->order[i];
        const struct mms_sample *total = &metric->total;
        fputs(i > 0 ? ",{\"label\":" : "[{\"label\":", stdout);
        mms_put_json(stdout, (struct mms_text){metric->label, metric->label_size});
        fputs(",\"unit\":", stdout);
        mms_put_json(stdout, metric->unit);
        fputs(",\"rate\":", stdout);
        put_float(poll_metric_rate(metric));
        fputs(",\"total\":", stdout);
        if (total->type == MMS_TYPE_PAD)
            fputs("null", stdout);
        else
            mms_put_item_json(stdout, &(struct mms_value){.type = (enum mms_type)total->type, .u = total->u});
        putchar('}');
    }
    fputs(busy->changing > 0 ? "]}\n" : "[]}\n", stdout);
}

void poll_busy_show(const struct poll_busy *busy, const struct poll_round *round, const struct poll_screen *screen)
{
    if (round->by->json)
        show_json(busy, round);
    else
        show_screen(busy, round, screen);
}
