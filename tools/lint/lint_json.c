/* SPDX-License-Identifier: MIT
 *
 * lint_json.c - all files as one JSON object; tools/mmlint.1.scd says what is in it. */

#include <inttypes.h>
#include <stdio.h>

#include "tools/common/escape.h"
#include "tools/common/output.h"
#include "tools/common/value.h"
#include "tools/lint/lint.h"

static const char *between_files, *between; /* what comes before the next one */

static void begin(void)
{
    fputs("{\"files\":[", stdout);
    between_files = "\n";
}

static void end(void)
{
    fputs("\n]}\n", stdout);
}

static void put_text(const char *key, const char *text)
{
    printf(",\"%s\":", key);
    if (text != NULL)
        mms_put_json(stdout, mms_text_of(text));
    else
        fputs("null", stdout);
}

static void put_number(const char *key, uint64_t number, bool is_there)
{
    if (is_there)
        printf(",\"%s\":%" PRIu64, key, number);
    else
        printf(",\"%s\":null", key);
}

static void begin_file(const struct lint_file *file)
{
    printf("%s{\"path\":", between_files);
    mms_put_json(stdout, mms_text_of(file->path));
    fputs(",\"findings\":[", stdout);
    between_files = ",\n";
    between = "\n ";
}

static void put_finding(const struct lint_file *file, const struct lint_finding *finding)
{
    bool is_error = finding->severity == LINT_ERROR;
    (void)file;
    printf("%s{\"severity\":\"%s\"", between, is_error ? "error" : "warning");
    put_text("name", finding->name);
    put_number("rule", (uint64_t)finding->rule, finding->rule != 0);
    put_number("offset", finding->offset, finding->has_offset);
    fputs(",\"label\":", stdout);
    if (finding->label != NULL)
        mms_put_json(stdout, *finding->label);
    else
        fputs("null", stdout);
    put_text("message", finding->text);
    put_text("error", is_error ? mms_error_name(finding->error) : NULL);
    put_text("expected", finding->expected);
    put_text("found", finding->found);
    putchar('}');
    between = ",\n ";
}

static void begin_parts(const struct lint_file *file)
{
    (void)file;
    fputs("],\"parts\":[", stdout);
    between = "\n ";
}

static void put_part(const struct lint_file *file, const struct lint_part *part)
{
    static const char digits[] = "0123456789abcdef";
    printf("%s{\"offset\":%zu,\"bytes\":\"", between, part->offset);
    for (size_t i = 0; i < part->size && mms_output_works(); i++) {
        uint8_t byte = file->data[part->offset + i];
        putchar(digits[byte >> 4]);
        putchar(digits[byte & 15]);
    }
    putchar('"');
    put_text("meaning", part->meaning);
    fputs(",\"value\":", stdout);
    if (part->value != NULL)
        mms_put_item_json(stdout, part->value);
    else
        fputs("null", stdout);
    putchar('}');
    between = ",\n ";
}

/* Why a file cannot be read; null when it can. */
static void put_unreadable(const struct lint_file *file)
{
    struct mms_diag none = {0};
    char message[MMS_MESSAGE_SIZE];
    if (file->error == 0) {
        fputs(",\"unreadable\":null}", stdout);
        return;
    }
    mms_file_message(file->error, &none, 0, message);
    fputs(",\"unreadable\":{\"message\":", stdout);
    mms_put_json(stdout, mms_text_of(message));
    put_text("error", mms_error_name(file->error));
    fputs("}}", stdout);
}

/* How many findings of each name are not there. */
static void put_left_out(const struct lint_file *file)
{
    const char *before = "";
    fputs(",\"left_out\":{", stdout);
    for (const struct lint_kind *kind = file->kinds; kind->name != NULL; kind++) {
        if (kind->left_out == 0)
            continue;
        printf("%s\"%s\":%" PRIu64, before, kind->name, kind->left_out);
        before = ",";
    }
    putchar('}');
}

static void put_verdict(const struct lint_file *file, enum lint_verdict verdict)
{
    static const char *const words[] = {[LINT_CLEAN] = "clean",
                                        [LINT_WARNED] = "well-formed",
                                        [LINT_BROKEN] = "broken",
                                        [LINT_UNREADABLE] = "unreadable"};
    static const char *const writers[] = {
        [MMS_LIVE] = "live", [MMS_DEAD] = "dead", [MMS_LIVENESS_UNKNOWN] = "unknown"};
    bool little = (MMS_ORDER_NATIVE == MMS_ORDER_LITTLE) != file->scan.swapped;
    bool is_known = file->scan.version != 0;

    putchar(']');
    put_left_out(file);
    put_text("verdict", words[verdict]);
    put_number("errors", file->errors, true);
    put_number("warnings", file->warnings, true);
    put_number("version", file->scan.version, is_known);
    put_text("byte_order", is_known ? (little ? "little" : "big") : NULL);
    put_text("writer", writers[file->liveness]);
    put_number("records", file->records, true);
    put_number("size", file->size, file->error == 0);
    put_unreadable(file);
}

const struct lint_format lint_json = {begin, begin_file, put_finding, begin_parts, put_part, put_verdict, end};
