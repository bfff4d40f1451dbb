/* SPDX-License-Identifier: MIT
 *
 * json_fuzz - what slurpstats prints for any file, as JSON, as CSV and as text.
 *
 * Oracles: all of it is UTF-8 without a control character but line feeds, and without marks that turn text around;
 * JSON is one object to a strict parser; CSV has seven cells in every row (RFC 4180); text is headings, fields and
 * empty lines. */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "fuzz/text.h"
#include "tools/slurp/slurp.h"

/* --- the formats -------------------------------------------------------------------------------------------------- */

static struct json_object *member(struct json_object *object, const char *key)
{
    struct json_object *found;
    require(json_object_is_type(object, json_type_object));
    require(json_object_object_get_ex(object, key, &found));
    return found;
}

static void require_json(const char *text, size_t size)
{
    struct json_tokener *tokener = json_tokener_new();
    require(tokener != NULL);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *all = json_tokener_parse_ex(tokener, text, (int)size);
    require(json_tokener_get_error(tokener) == json_tokener_success);
    for (size_t end = json_tokener_get_parse_end(tokener); end < size; end++)
        require(text[end] == '\n');
    struct json_object *files = member(all, "files");
    require(json_object_array_length(files) == 1);
    struct json_object *fields = member(json_object_array_get_idx(files, 0), "fields");
    for (size_t i = 0; i < json_object_array_length(fields); i++) {
        struct json_object *field = json_object_array_get_idx(fields, i);
        require(json_object_is_type(member(field, "label"), json_type_string));
        member(field, "value");
    }
    json_object_put(all);
    json_tokener_free(tokener);
}

/* A cell; returns what stands behind it. */
static const char *skip_cell(const char *at)
{
    if (*at != '"') {
        while (*at != ',' && *at != '\n')
            require(*at != '"' && *at++ != '\0');
        return at;
    }
    for (at++; at[0] != '"' || at[1] == '"'; at += at[0] == '"' ? 2 : 1)
        require(*at != '\0');
    return at + 1;
}

static void require_csv(const char *text, size_t size)
{
    const char *at = text;
    require(size > 0 && text[size - 1] == '\n' && memchr(text, '\0', size) == NULL);
    while (*at != '\0') {
        for (int cell = 1; cell < 7; cell++) {
            at = skip_cell(at);
            require(*at++ == ',');
        }
        at = skip_cell(at);
        require(*at++ == '\n');
    }
}

static void require_text(const char *text, size_t size)
{
    require(size == 0 || text[size - 1] == '\n');
    for (const char *at = text; at < text + size; at = strchr(at, '\n') + 1)
        require(*at == '\n' || strncmp(at, "  ", 2) == 0 || strncmp(at, "==> ", 4) == 0);
}

/* --- printing into memory ----------------------------------------------------------------------------------------- */

struct printed {
    FILE *stream;
    char *text;
    size_t size;
};

static FILE *print_into(struct printed *printed)
{
    printed->stream = open_memstream(&printed->text, &printed->size);
    require(printed->stream != NULL);
    return printed->stream;
}

static void show(struct mms_set *set, const struct slurp_options *options, void (*check)(const char *, size_t))
{
    FILE *out = stdout, *errors = stderr;
    struct printed printed, complaints;
    stdout = print_into(&printed);
    stderr = print_into(&complaints);
    slurp_show(set, options);
    stdout = out;
    stderr = errors;
    fclose(printed.stream);
    fclose(complaints.stream);
    require_harmless(printed.text, printed.size);
    require_harmless(complaints.text, complaints.size);
    check(printed.text, printed.size);
    free(printed.text);
    free(complaints.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_path();
    struct mms_reader_options reading = {.size = sizeof reading, .tries = 2};
    struct slurp_options json = {.json = true}, csv = {.csv = true}, text = {.units = true};
    struct mms_set *set;
    if (size > FUZZ_MAX)
        return 0;
    fuzz_write(data, size);
    require(mms_set_open_paths(&path, 1, &reading, &set) == 0);
    show(set, &json, require_json);
    show(set, &csv, require_csv);
    show(set, &text, require_text);
    mms_set_close(set);
    return 0;
}
