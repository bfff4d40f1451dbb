/* SPDX-License-Identifier: MIT
 *
 * application.c - which archive a file belongs to. */

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "tools/clean/fold.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_separator(char c)
{
    return c == '-' || c == '.' || c == '_';
}

/* Where the process ID stands in a name, as a word of its own; NULL: nowhere. */
static const char *find_pid(const char *name, size_t size, const char *pid)
{
    size_t digits = strlen(pid);
    for (const char *at = name; at + digits <= name + size; at++) {
        bool begins = at == name || is_separator(at[-1]);
        bool ends = at + digits == name + size || is_separator(at[digits]);
        if (begins && ends && memcmp(at, pid, digits) == 0)
            return at;
    }
    return NULL;
}

/* Without words that are numbers, and what separates them, at its beginning. */
static const char *skip_numbers(const char *at, const char *end)
{
    for (;;) {
        const char *word = at;
        while (word < end && is_separator(*word))
            word++;
        const char *behind = word;
        while (behind < end && is_digit(*behind))
            behind++;
        if (behind == word || (behind < end && !is_separator(*behind)))
            return word;
        at = behind;
    }
}

void clean_application(const char *name, uint64_t pid, char out[CLEAN_APPLICATION])
{
    const char *dot = strrchr(name, '.');
    const char *end = dot != NULL && dot != name ? dot : name + strlen(name);
    const char *from = name;
    char digits[24];

    snprintf(digits, sizeof digits, "%" PRIu64, pid);
    const char *found = pid != 0 ? find_pid(name, (size_t)(end - name), digits) : NULL;
    if (found != NULL && found - name > 1)
        end = found - 1;
    else if (found != NULL)
        from = skip_numbers(found, end);
    while (from < end && *from == '.') /* an archive is no hidden file */
        from++;
    size_t size = mms_utf8_cut(from, (size_t)(end - from), CLEAN_APPLICATION - 1);
    memcpy(out, from, size);
    out[size] = '\0';
    if (size == 0)
        strcpy(out, "unnamed");
}
