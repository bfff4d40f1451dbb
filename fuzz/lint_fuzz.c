/* SPDX-License-Identifier: MIT
 *
 * lint_fuzz - what mmlint finds in any file, and prints of it, as JSON and as text, with all its bytes.
 *
 * Oracles: there are errors where mms_check finds one, and the first is that; the parts are all bytes, one behind the
 * other, and none is of two records; JSON is an object to a strict parser, with as many findings as were counted; all
 * that is printed is UTF-8 without a control character but line feeds, and without marks that turn text around. */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "fuzz/text.h"
#include "tools/lint/lint.h"

/* --- what is told, without being printed -------------------------------------------------------------------------- */

static struct {
    int rule; /* of the first error; 0: there is none */
    uint64_t offset;
    size_t findings, end; /* end: of the parts so far */
    struct mms_scan scan;
    size_t border; /* where the next record begins, or the list ends; SIZE_MAX: nowhere any more */
} told;

static void begin(void)
{
    memset(&told, 0, sizeof told);
}

static void end(void)
{
}

static void begin_file(const struct lint_file *file)
{
    require(file->error == 0);
}

static void take_finding(const struct lint_file *file, const struct lint_finding *finding)
{
    require(finding->rule >= 0 && finding->name != NULL && finding->text != NULL);
    require(!finding->has_offset || finding->offset <= file->size);
    told.findings++;
    if (finding->severity != LINT_ERROR || told.rule != 0)
        return;
    told.rule = finding->rule;
    told.offset = finding->offset;
}

static void begin_parts(const struct lint_file *file)
{
    bool good = mms_scan_begin(&told.scan, file->data, file->size, MMS_ORDER_AUTO, NULL) == 0;
    told.border = good ? told.scan.offset : SIZE_MAX;
}

static void take_part(const struct lint_file *file, const struct lint_part *part)
{
    require(part->offset == told.end && part->size > 0 && part->size <= file->size - part->offset);
    if (part->offset == told.border) {
        struct mms_record record;
        int got = mms_scan_next(&told.scan, &record, NULL);
        told.border = got == 0 || told.scan.ended ? SIZE_MAX : told.scan.offset;
    }
    told.end += part->size;
    require(told.end <= told.border);
}

static void take_verdict(const struct lint_file *file, enum lint_verdict verdict)
{
    struct mms_diag diag;
    int error = mms_check(file->data, file->size, MMS_ORDER_AUTO, &diag);
    require((error < 0) == (file->errors > 0) && (error < 0) == (verdict == LINT_BROKEN));
    require(error == 0 || (told.rule == diag.rule && told.offset == diag.offset));
    require(told.end == file->size);
}

static const struct lint_format watch = {begin, begin_file, take_finding, begin_parts, take_part, take_verdict, end};

/* --- what is printed ---------------------------------------------------------------------------------------------- */

static void require_json(const char *text, size_t size)
{
    struct json_tokener *tokener = json_tokener_new();
    struct json_object *found;
    require(tokener != NULL);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *all = json_tokener_parse_ex(tokener, text, (int)size);
    require(json_tokener_get_error(tokener) == json_tokener_success);
    require(json_object_object_get_ex(all, "files", &found) && json_object_array_length(found) == 1);
    require(json_object_object_get_ex(json_object_array_get_idx(found, 0), "findings", &found));
    require(json_object_array_length(found) == told.findings);
    json_object_put(all);
    json_tokener_free(tokener);
}

static void lint(const struct lint_format *format)
{
    struct lint_file file;
    format->begin();
    lint_open(&file, fuzz_path(), MMS_ORDER_AUTO);
    format->file(&file);
    require(file.error == 0 && lint_check(&file, format, MMS_ORDER_AUTO) == 0);
    lint_dump(&file, format);
    format->verdict(&file, file.errors > 0 ? LINT_BROKEN : file.warnings > 0 ? LINT_WARNED : LINT_CLEAN);
    lint_close(&file);
    format->end();
}

static void print(const struct lint_format *format, bool json)
{
    FILE *before = stdout;
    char *text = NULL;
    size_t size = 0;
    require((stdout = open_memstream(&text, &size)) != NULL);
    lint(format);
    fclose(stdout);
    stdout = before;
    require_harmless(text, size);
    if (json)
        require_json(text, size);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > FUZZ_MAX)
        return 0;
    fuzz_write(data, size);
    lint(&watch);
    print(&lint_json, true);
    print(&lint_text, false);
    return 0;
}
