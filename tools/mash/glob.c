/* SPDX-License-Identifier: MIT */

#include "tools/mash/glob.h"

#include <stdlib.h>
#include <string.h>

char *mash_glob_of(const char *path, const char *rest)
{
    char *glob = malloc(2 * strlen(path) + strlen(rest) + 1), *to = glob;
    if (glob == NULL)
        return NULL;
    for (; *path != '\0'; path++) {
        if (strchr("*?[\\", *path) != NULL)
            *to++ = '\\';
        *to++ = *path;
    }
    strcpy(to, rest);
    return glob;
}
