/* SPDX-License-Identifier: MIT
 *
 * publisher - publishes what it is told on standard input: a real writer, one step at a time, for the tests of tools.
 *
 *     publisher [v1|v2|packed]
 *
 * A line is a command; each is answered by "ok" or by what is wrong. Words are separated by one blank; %XX in a word is
 * a byte, such as %20 for a blank.
 *
 *     file NAME               go on with this file; a new one is not published yet
 *     add KIND LABEL [UNIT]   a field; kinds: see below
 *     open                    publish the file
 *     set LABEL VALUE         text for strings, else a number; a sample for averages, timers, rings and histograms
 *     close                   remove the file
 *     die                     end at once, and leave the files behind
 *
 * At the end of its input it removes its files and ends. */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mmstats/writer.h"

union handle {
    mms_counter counter;
    mms_u64 u64;
    mms_i64 i64;
    mms_u32 u32;
    mms_i32 i32;
    mms_u16 u16;
    mms_i16 i16;
    mms_i8 i8;
    mms_bool boolean;
    mms_float small;
    mms_double number;
    mms_string text;
    mms_average average;
    mms_moving moving;
    mms_timer timer;
    mms_ring_u64 ring;
    mms_histogram histogram;
};

static void set_counter(union handle *at, const char *value)
{
    mms_counter_set(&at->counter, strtoull(value, NULL, 0));
}

static void set_u64(union handle *at, const char *value)
{
    mms_u64_set(&at->u64, strtoull(value, NULL, 0));
}

static void set_i64(union handle *at, const char *value)
{
    mms_i64_set(&at->i64, strtoll(value, NULL, 0));
}

static void set_u32(union handle *at, const char *value)
{
    mms_u32_set(&at->u32, (uint32_t)strtoul(value, NULL, 0));
}

static void set_i32(union handle *at, const char *value)
{
    mms_i32_set(&at->i32, (int32_t)strtol(value, NULL, 0));
}

static void set_u16(union handle *at, const char *value)
{
    mms_u16_set(&at->u16, (uint16_t)strtoul(value, NULL, 0));
}

static void set_i16(union handle *at, const char *value)
{
    mms_i16_set(&at->i16, (int16_t)strtol(value, NULL, 0));
}

static void set_i8(union handle *at, const char *value)
{
    mms_i8_set(&at->i8, (int8_t)strtol(value, NULL, 0));
}

static void set_bool(union handle *at, const char *value)
{
    mms_bool_set(&at->boolean, strtol(value, NULL, 0) != 0);
}

static void set_float(union handle *at, const char *value)
{
    mms_float_set(&at->small, strtof(value, NULL));
}

static void set_double(union handle *at, const char *value)
{
    mms_double_set(&at->number, strtod(value, NULL));
}

static void set_string(union handle *at, const char *value)
{
    mms_string_set(&at->text, value);
}

static void set_average(union handle *at, const char *value)
{
    mms_average_add(&at->average, strtod(value, NULL));
}

static void set_moving(union handle *at, const char *value)
{
    mms_moving_add(&at->moving, strtod(value, NULL));
}

static void set_timer(union handle *at, const char *value)
{
    mms_timer_add(&at->timer, strtod(value, NULL));
}

static void set_ring(union handle *at, const char *value)
{
    mms_ring_u64_add(&at->ring, strtoull(value, NULL, 0));
}

static void set_histogram(union handle *at, const char *value)
{
    mms_histogram_add(&at->histogram, strtoull(value, NULL, 0));
}

static const struct kind {
    const char *name;
    enum mms_kind kind;
    size_t size;
    void (*set)(union handle *at, const char *value);
} kinds[] = {
    {"counter", MMS_KIND_COUNTER, 0, set_counter},
    {"u64", MMS_KIND_U64, 0, set_u64},
    {"i64", MMS_KIND_I64, 0, set_i64},
    {"u32", MMS_KIND_U32, 0, set_u32},
    {"i32", MMS_KIND_I32, 0, set_i32},
    {"u16", MMS_KIND_U16, 0, set_u16},
    {"i16", MMS_KIND_I16, 0, set_i16},
    {"i8", MMS_KIND_I8, 0, set_i8},
    {"bool", MMS_KIND_BOOL, 0, set_bool},
    {"float", MMS_KIND_FLOAT, 0, set_float},
    {"double", MMS_KIND_DOUBLE, 0, set_double},
    {"string", MMS_KIND_STRING, 255, set_string},
    {"average", MMS_KIND_AVERAGE, 0, set_average},
    {"moving", MMS_KIND_MOVING, 100, set_moving},
    {"timer", MMS_KIND_TIMER, 100, set_timer},
    {"ring", MMS_KIND_RING_U64, 4, set_ring},
    {"histogram", MMS_KIND_HISTOGRAM, 3 + 256 * 40, set_histogram},
};

struct field {
    char *label;
    const struct kind *kind;
    union handle at;
    struct field *next;
};

struct file {
    char *name;
    struct mms_writer *writer;
    struct field *fields;
    struct file *next;
};

static enum mms_output output = MMS_OUTPUT_V2;
static struct file *files, *current;

/* Undoes %XX in place. */
static void decode(char *word)
{
    char *to = word;
    for (; *word != '\0'; word++) {
        char digits[3] = {0};
        if (word[0] == '%' && word[1] != '\0' && word[2] != '\0') {
            memcpy(digits, word + 1, 2);
            *to++ = (char)strtoul(digits, NULL, 16);
            word += 2;
        } else {
            *to++ = *word;
        }
    }
    *to = '\0';
}

static void *need(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

/* --- commands: each returns NULL, or what is wrong ---------------------------------------------------------------- */

static const char *do_file(char **words)
{
    for (current = files; current != NULL && strcmp(current->name, words[1]) != 0;)
        current = current->next;
    if (current != NULL)
        return NULL;
    struct mms_options options = {.size = sizeof options, .files = words[1], .output = output};
    struct file *file = need(calloc(1, sizeof *file));
    int error = mms_writer_new(&options, &file->writer);
    if (error < 0) {
        free(file);
        return strerror(-error);
    }
    file->name = need(strdup(words[1]));
    file->next = files;
    current = files = file;
    return NULL;
}

static const char *do_add(char **words)
{
    const struct kind *end = kinds + sizeof kinds / sizeof kinds[0], *kind = kinds;
    while (kind < end && strcmp(kind->name, words[1]) != 0)
        kind++;
    if (kind == end)
        return "no such kind";
    struct field *field = need(calloc(1, sizeof *field));
    field->label = need(strdup(words[2]));
    field->kind = kind;
    field->next = current->fields;
    current->fields = field;
    struct mms_field what = {.kind = kind->kind, .label = words[2], .size = kind->size, .unit = words[3]};
    what.number = kind->kind == MMS_KIND_HISTOGRAM ? 1 : 0;
    int error = mms_writer_add(current->writer, &what, &field->at);
    return error < 0 ? strerror(-error) : NULL;
}

static const char *do_open(char **words)
{
    (void)words;
    return mms_writer_open(current->writer) < 0 ? mms_writer_error(current->writer) : NULL;
}

static const char *do_set(char **words)
{
    struct field *field = current->fields;
    while (field != NULL && strcmp(field->label, words[1]) != 0)
        field = field->next;
    if (field == NULL)
        return "no such field";
    field->kind->set(&field->at, words[2]);
    return NULL;
}

static const char *do_close(char **words)
{
    struct file **at = &files, *file = current;
    (void)words;
    while (*at != file)
        at = &(*at)->next;
    *at = file->next;
    mms_writer_close(file->writer);
    while (file->fields != NULL) {
        struct field *field = file->fields;
        file->fields = field->next;
        free(field->label);
        free(field);
    }
    free(file->name);
    free(file);
    current = NULL;
    return NULL;
}

static const char *do_die(char **words)
{
    (void)words;
    raise(SIGKILL);
    return NULL;
}

enum { WORDS = 4 };

static const struct command {
    const char *name;
    int words; /* at least */
    bool on_file;
    const char *(*run)(char **words);
} commands[] = {
    {"file", 2, false, do_file}, {"add", 3, true, do_add},     {"open", 1, true, do_open},
    {"set", 3, true, do_set},    {"close", 1, true, do_close}, {"die", 1, false, do_die},
};

static const char *run(char *line)
{
    char *words[WORDS + 1] = {0};
    int count = 0;
    for (char *word = strtok(line, " \n"); word != NULL && count < WORDS; word = strtok(NULL, " \n"))
        words[count++] = word;
    for (int i = 0; i < count; i++)
        decode(words[i]);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        const struct command *command = &commands[i];
        if (count == 0 || strcmp(command->name, words[0]) != 0)
            continue;
        if (count < command->words)
            return "words are missing";
        return command->on_file && current == NULL ? "no file" : command->run(words);
    }
    return "no such command";
}

int main(int argc, char **argv)
{
    char *line = NULL;
    size_t size = 0;
    if (argc > 1)
        output = strcmp(argv[1], "v1") == 0       ? MMS_OUTPUT_V1
                 : strcmp(argv[1], "packed") == 0 ? MMS_OUTPUT_V1_PACKED
                                                  : MMS_OUTPUT_V2;
    while (getline(&line, &size, stdin) > 0) {
        const char *wrong = run(line);
        puts(wrong != NULL ? wrong : "ok");
        fflush(stdout);
    }
    free(line);
    while ((current = files) != NULL)
        do_close(NULL);
    return 0;
}
