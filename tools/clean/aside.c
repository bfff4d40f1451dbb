/* SPDX-License-Identifier: MIT
 *
 * aside.c - files that runs set aside to remove them, and did not. */

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/clean/clean.h"

/* Its name was gone before it was killed: that is brought to its end, unless a writer has it. */
static void finish(struct clean_file *file, const char *name)
{
    if (file->verdict == CLEAN_DEAD && !clean_is_wanted(file)) {
        file->verdict = CLEAN_REMOVED;
        if (unlinkat(file->directory, file->name, 0) < 0)
            clean_fail(file, -errno, "Could not remove ");
    } else if (file->fd >= 0 && !clean_is_contended(file) && clean_give_back(file, file->name, name) == 0) {
        file->verdict = CLEAN_GONE; /* it is judged by its name again */
    }
}

void clean_finish_removals(int directory, const char *path, const struct clean_options *options,
                           struct clean_report *report)
{
    struct clean_options how = *options;
    char **names, name[NAME_MAX + 1];
    uint64_t number;
    size_t count;
    how.min_age = 0;
    how.named = false;
    clean_list_names(CLEAN_REMOVE, &names, &count); /* what is not listed is for the next run */
    for (size_t i = 0; i < count; i++) {
        char *shown = clean_path(path, names[i]);
        struct clean_file file = {.path = shown != NULL ? shown : names[i], .name = names[i], .directory = directory};
        clean_parse_name(names[i], CLEAN_REMOVE, name, &number);
        clean_look(&file, &how);
        finish(&file, name);
        clean_report_file(report, &file);
        clean_forget(&file);
        free(shown);
        free(names[i]);
    }
    free(names);
}
