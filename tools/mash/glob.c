/* SPDX-License-Identifier: MIT */

#include "tools/mash/glob.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char special[] = "*?[\\";

char *mash_glob_of(const char *path, const char *rest)
{
    char *glob = malloc(2 * strlen(path) + strlen(rest) + 1), *to = glob;
    if (glob == NULL)
        return NULL;
    for (; *path != '\0'; path++) {
        if (strchr(special, *path) != NULL)
            *to++ = '\\';
        *to++ = *path;
    }
    strcpy(to, rest);
    return glob;
}

char *mash_glob_real(const char *glob)
{
    const char *end = glob + strcspn(glob, special);
    while (end > glob && end[-1] != '/')
        end--;
    char *directory = end > glob ? strndup(glob, (size_t)(end - glob)) : strdup("./");
    char *real = directory != NULL ? realpath(directory, NULL) : NULL;
    bool is_root = real != NULL && real[1] == '\0';
    char *rest = malloc(strlen(end) + 2), *made = NULL;
    if (rest != NULL && directory != NULL) {
        rest[0] = '/';
        strcpy(rest + 1, end);
        made = real != NULL ? mash_glob_of(is_root ? "" : real, rest) : strdup(glob);
    }
    free(rest);
    free(real);
    free(directory);
    return made;
}
