/* SPDX-License-Identifier: MIT
 *
 * names.c - the path of a file, out of environment and templates (R509). */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "writer/internal.h"

/* --- defaults ----------------------------------------------------------------------------------------------------- */

/* Set and not empty; not in a program that has more rights than its user. */
static const char *environment(const char *name)
{
    const char *value = secure_getenv(name);
    return value != NULL && *value != '\0' ? value : NULL;
}

char *mms_names_default_directory(void)
{
    const char *directory = environment("MMSTATS_PATH");
    if (directory == NULL)
        directory = environment("TMPDIR");
    return strdup(directory != NULL ? directory : "/tmp");
}

char *mms_names_default_files(void)
{
    const char *files = environment("MMSTATS_FILES");
    return strdup(files != NULL ? files : "{CMD}-{PID}-{TID}.mmstats");
}

bool mms_names_turned_off(void)
{
    const char *disable = environment("MMSTATS_DISABLE");
    return disable != NULL && strcmp(disable, "0") != 0;
}

/* --- templates ---------------------------------------------------------------------------------------------------- */

enum { CMD, PID, TID, UID, MODEL, WORDS };

static const char *const words[WORDS] = {
    [CMD] = "{CMD}", [PID] = "{PID}", [TID] = "{TID}", [UID] = "{UID}", [MODEL] = "{MODEL}",
};

struct values {
    char numbers[3][24];
    char command[256];
    const char *of[WORDS];
};

/* The program's name as it was started; else what the kernel knows, which is cut at 15 bytes. */
static const char *command(char *out, size_t capacity)
{
    if (program_invocation_short_name != NULL && *program_invocation_short_name != '\0')
        return program_invocation_short_name;
    ssize_t size = 0;
    int fd = open("/proc/self/comm", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        size = read(fd, out, capacity - 1);
        close(fd);
    }
    out[size > 0 ? size : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    return out;
}

static void fill_values(const struct mms_writer *writer, const char *tid, struct values *values)
{
    snprintf(values->numbers[0], sizeof values->numbers[0], "%d", (int)getpid());
    snprintf(values->numbers[1], sizeof values->numbers[1], "%d", (int)gettid());
    snprintf(values->numbers[2], sizeof values->numbers[2], "%u", (unsigned)getuid());
    values->of[CMD] = command(values->command, sizeof values->command);
    values->of[PID] = values->numbers[0];
    values->of[TID] = tid != NULL ? tid : values->numbers[1];
    values->of[UID] = values->numbers[2];
    values->of[MODEL] = writer->model;
}

struct out {
    char *at;
    size_t left; /* with room for the NUL */
};

static bool put(struct out *out, char c)
{
    if (out->left <= 1)
        return false;
    *out->at++ = c;
    out->left--;
    return true;
}

/* What replaces a word is no path: it cannot leave the directory, nor hide the file. */
static bool put_word(struct out *out, int word, const char *value)
{
    bool text = word == CMD || word == MODEL;
    for (const char *c = value; *c != '\0'; c++) {
        bool unsafe = text && (*c == '/' || (*c == '.' && c == value));
        if (!put(out, unsafe ? '_' : *c))
            return false;
    }
    return true;
}

static int word_at(const char *template)
{
    for (int word = 0; word < WORDS; word++)
        if (strncmp(template, words[word], strlen(words[word])) == 0)
            return word;
    return WORDS;
}

static int expand(const char *template, const struct values *values, char *text, size_t capacity)
{
    struct out out = {text, capacity};
    for (const char *c = template; *c != '\0';) {
        int word = word_at(c);
        if (word == WORDS ? !put(&out, *c) : !put_word(&out, word, values->of[word]))
            return -ENAMETOOLONG;
        c += word == WORDS ? 1 : strlen(words[word]);
    }
    *out.at = '\0';
    return 0;
}

/* --- places ------------------------------------------------------------------------------------------------------- */

/* Programs change their directory: a relative path would mean another file later. */
static int make_absolute(char *directory, size_t capacity)
{
    char path[PATH_MAX];
    if (directory[0] == '/')
        return 0;
    if (getcwd(path, sizeof path) == NULL)
        return -errno;
    size_t size = strlen(path), rest = strlen(directory);
    if (size + 1 + rest >= capacity)
        return -ENAMETOOLONG;
    memmove(directory + size + 1, directory, rest + 1);
    memcpy(directory, path, size);
    directory[size] = '/';
    return 0;
}

int mms_place_find(struct mms_writer *writer, const char *tid, struct mms_place *place)
{
    struct values values;
    fill_values(writer, tid, &values);
    int error = expand(writer->directory, &values, place->directory, sizeof place->directory);
    if (error == 0)
        error = make_absolute(place->directory, sizeof place->directory);
    if (error < 0)
        return mms_writer_fail(writer, error, writer->directory, "the directory; set MMSTATS_PATH");
    error = expand(writer->files, &values, place->name, sizeof place->name);
    if (error < 0)
        return mms_writer_fail(writer, error, writer->files, "the name; set MMSTATS_FILES");
    if (*place->name == '\0' || strcmp(place->name, ".") == 0 || strcmp(place->name, "..") == 0 ||
        strchr(place->name, '/') != NULL)
        return mms_writer_fail(writer, -EINVAL, place->name,
                               "no name for a file; set MMSTATS_FILES, without a slash: the directory is MMSTATS_PATH");
    return 0;
}

int mms_place_number(const char *name, unsigned number, char *out, size_t capacity)
{
    const char *dot = strrchr(name, '.');
    size_t stem = dot != NULL && dot != name ? (size_t)(dot - name) : strlen(name);
    int size = snprintf(out, capacity, "%.*s-%u%s", (int)stem, name, number, name + stem);
    return size < 0 || (size_t)size >= capacity ? -ENAMETOOLONG : 0;
}
