/* SPDX-License-Identifier: MIT
 *
 * lint_text.c - a line for each finding, a line with the verdict; and bytes in hex. */

#include <inttypes.h>
#include <stdio.h>

#include "tools/common/escape.h"
#include "tools/common/output.h"
#include "tools/common/value.h"
#include "tools/lint/lint.h"

/* What a line shows of a text, and of bytes. */
enum { TEXT = 60, ROW = 8 };

static void nothing(void)
{
}

static void begin_file(const struct lint_file *file)
{
    (void)file;
}

/* Its beginning only, so that no line is very long. */
static void put_cut(struct mms_text text)
{
    size_t size = mms_utf8_cut(text.data, text.size, TEXT);
    mms_put_quoted(stdout, (struct mms_text){text.data, size}, '\'');
    if (size < text.size)
        fputs("...", stdout);
}

static void put_finding(const struct lint_file *file, const struct lint_finding *finding)
{
    mms_put_escaped(stdout, mms_text_of(file->path));
    if (finding->has_offset)
        printf(": byte %" PRIu64, finding->offset);
    printf(": %s: %s: ", finding->severity == LINT_ERROR ? "error" : "warning", finding->name);
    if (finding->label != NULL) {
        put_cut(*finding->label);
        fputs(": ", stdout);
    }
    fputs(finding->text, stdout);
    if (finding->rule != 0)
        printf(" (R%d)", finding->rule);
    putchar('\n');
    if (finding->severity == LINT_ERROR)
        printf("    expected: %s\n    found:    %s\n", finding->expected, finding->found);
}

static void put_count(uint64_t count, const char *what)
{
    printf("%" PRIu64 " %s%s", count, what, count != 1 ? "s" : "");
}

static void put_left_out(const struct lint_file *file)
{
    for (const struct lint_kind *kind = file->kinds; kind->name != NULL; kind++) {
        if (kind->left_out == 0)
            continue;
        mms_put_escaped(stdout, mms_text_of(file->path));
        printf(": %s: %s: ... and %" PRIu64 " more of these (--all shows them)\n",
               kind->severity == LINT_ERROR ? "error" : "warning", kind->name, kind->left_out);
    }
}

static void put_verdict(const struct lint_file *file, enum lint_verdict verdict)
{
    static const char *const words[] = {
        [LINT_CLEAN] = "clean", [LINT_WARNED] = "well-formed", [LINT_BROKEN] = "broken"};
    bool little = (MMS_ORDER_NATIVE == MMS_ORDER_LITTLE) != file->scan.swapped;

    put_left_out(file);
    if (verdict == LINT_UNREADABLE)
        return;
    mms_put_escaped(stdout, mms_text_of(file->path));
    printf(": %s", words[verdict]);
    if (file->errors > 0) {
        fputs(", ", stdout);
        put_count(file->errors, "error");
    }
    if (file->warnings > 0) {
        fputs(", ", stdout);
        put_count(file->warnings, "warning");
    }
    if (file->scan.version == 0)
        fputs(" (", stdout);
    else
        printf(" (version %d, %s-endian, ", file->scan.version, little ? "little" : "big");
    put_count(file->records, "record");
    fputs(", ", stdout);
    put_count(file->size, "byte");
    fputs(")\n", stdout);
}

/* --- bytes -------------------------------------------------------------------------------------------------------- */

static void begin_parts(const struct lint_file *file)
{
    (void)file;
    fputs("offset  bytes                    meaning\n", stdout);
}

static size_t zeros_at(const uint8_t *bytes, size_t size)
{
    size_t count = 0;
    while (count < size && bytes[count] == 0)
        count++;
    return count;
}

/* The bytes of one line; returns how many it shows. Many zeros take one line: "00 x 4000". */
static size_t put_bytes(const uint8_t *bytes, size_t size)
{
    size_t zeros = zeros_at(bytes, size), count = size < ROW ? size : ROW;
    int width = 0;
    if (zeros > (size_t)2 * ROW) {
        width = printf("00 x %zu", zeros);
        count = zeros;
    } else {
        for (size_t i = 0; i < count; i++)
            width += printf(i > 0 ? " %02x" : "%02x", bytes[i]);
    }
    printf("%*s", width < 3 * ROW - 1 ? 3 * ROW - 1 - width : 0, "");
    return count;
}

static void put_value(const struct mms_value *value)
{
    fputs(": ", stdout);
    if (mms_class_of(value->type) == MMS_CLASS_TEXT)
        put_cut(value->text);
    else
        mms_put_item(stdout, value, true);
}

static void put_part(const struct lint_file *file, const struct lint_part *part)
{
    for (size_t at = 0; at < part->size && mms_output_works();) {
        printf("%6zu  ", part->offset + at);
        size_t count = put_bytes(file->data + part->offset + at, part->size - at);
        if (at == 0) {
            printf("  %s", part->meaning);
            if (part->value != NULL)
                put_value(part->value);
        }
        putchar('\n');
        at += count;
    }
}

const struct lint_format lint_text = {nothing, begin_file, put_finding, begin_parts, put_part, put_verdict, nothing};
