/* SPDX-License-Identifier: MIT
 *
 * report.c - what is said of a file, as text or JSON. */

#include "tools/clean/clean.h"

#include <inttypes.h>
#include <string.h>

#include "tools/common/escape.h"

static const char *const verdicts[] = {
    [CLEAN_DEAD] = "dead",   [CLEAN_ALIVE] = "alive",     [CLEAN_KEPT] = "kept",     [CLEAN_FAILED] = "failed",
    [CLEAN_GONE] = "gone",   [CLEAN_REMOVED] = "removed", [CLEAN_FOLDED] = "folded",
};

/* What was done with a dead file, or would be: said behind the reason. */
static const char *deed(const struct clean_report *report, enum clean_verdict verdict)
{
    switch (verdict) {
    case CLEAN_REMOVED:
        return report->dry_run ? "Would delete " : "Deleting ";
    case CLEAN_FOLDED:
        return report->dry_run ? "Would fold " : "Folding ";
    default:
        return "";
    }
}

void clean_report_begin(struct clean_report *report, const struct clean_options *options)
{
    *report = (struct clean_report){.json = options->json, .verbose = options->verbose, .dry_run = options->dry_run};
    if (report->json)
        fputs("{\"files\":[", stdout);
}

static void put_text(const struct clean_report *report, const struct clean_file *file)
{
    mms_put_escaped(stdout, mms_text_of(file->before));
    fputs(deed(report, file->verdict), stdout);
    mms_put_escaped(stdout, mms_text_of(file->path));
    mms_put_escaped(stdout, mms_text_of(file->after));
    fputc('\n', stdout);
}

static void put_json(const struct clean_report *report, const struct clean_file *file)
{
    bool folded = file->verdict == CLEAN_FOLDED;
    char reason[2 * CLEAN_WORDS];
    size_t size = strlen(file->before);
    while (size > 0 && strchr(": .", file->before[size - 1]) != NULL)
        size--;
    snprintf(reason, sizeof reason, "%.*s%s", (int)size, file->before, folded ? "" : file->after);
    fputs(report->listed > 0 ? ",\n{\"path\":" : "\n{\"path\":", stdout);
    mms_put_json(stdout, mms_text_of(file->path));
    if (file->has_pid)
        printf(",\"pid\":%" PRIu64, file->pid);
    else
        fputs(",\"pid\":null", stdout);
    printf(",\"verdict\":\"%s\",\"reason\":", verdicts[file->verdict]);
    mms_put_json(stdout, mms_text_of(reason));
    fputs(",\"archive\":", stdout);
    if (folded)
        mms_put_json(stdout, mms_text_of(file->after + strlen(CLEAN_INTO)));
    else
        fputs("null", stdout);
    fputc('}', stdout);
}

void clean_report_file(struct clean_report *report, const struct clean_file *file)
{
    bool archive = file->archive && file->verdict == CLEAN_KEPT; /* as it should be */
    bool silent = archive || file->verdict == CLEAN_ALIVE || file->verdict == CLEAN_GONE;
    report->removed += file->verdict == CLEAN_REMOVED || file->verdict == CLEAN_FOLDED;
    report->alive += file->verdict == CLEAN_ALIVE;
    report->failed |= file->verdict == CLEAN_FAILED;
    if (report->json)
        put_json(report, file);
    else if (!silent || report->verbose)
        put_text(report, file);
    report->listed++;
}

void clean_report_end(struct clean_report *report)
{
    if (report->json)
        printf("\n],\"dry_run\":%s,\"removed\":%zu,\"alive\":%zu}\n", report->dry_run ? "true" : "false",
               report->removed, report->alive);
    else
        printf("%s %zu  -  %zu alive\n", report->dry_run ? "Would remove" : "Removed", report->removed, report->alive);
}
