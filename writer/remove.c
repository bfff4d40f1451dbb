/* SPDX-License-Identifier: MIT
 *
 * remove.c - removes a writer's file, and what ended threads left by the same template. */

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "writer/internal.h"

#define ANY_TID "\001" /* stands for digits in a pattern */

int mms_remove_own(struct mms_writer *writer)
{
    if (!writer->published || writer->pid != getpid())
        return 0;
    int ours = mms_publish_is_ours(writer);
    if (ours == 1 && unlink(writer->path) < 0 && errno != ENOENT)
        ours = -errno;
    if (ours < 0)
        return mms_writer_fail(writer, ours, writer->path, "its directory must be writable");
    writer->published = false; /* handles go on in the file that has no name now */
    return 0;
}

/* --- others ------------------------------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool matches(const char *name, const char *pattern)
{
    for (; *pattern != '\0'; pattern++) {
        if (*pattern != *ANY_TID) {
            if (*name++ != *pattern)
                return false;
            continue;
        }
        if (!is_digit(*name))
            return false;
        while (is_digit(*name))
            name++;
    }
    return *name == '\0';
}

/* A name with a number (mms_place_number), without it: false when it has none. */
static bool drop_number(const char *name, char *out)
{
    const char *dot = strrchr(name, '.');
    const char *end = dot != NULL && dot != name ? dot : name + strlen(name);
    const char *digits = end;
    while (digits > name && is_digit(digits[-1]))
        digits--;
    if (digits == end || digits == name || digits[-1] != '-')
        return false;
    size_t stem = (size_t)(digits - 1 - name);
    memcpy(out, name, stem);
    strcpy(out + stem, end);
    return true;
}

/* One file of the directory: ours and parked, or of a writer that is dead. */
static void remove_other(int directory, const char *name)
{
    struct stat stat;
    struct mms_existing existing;
    if (fstatat(directory, name, &stat, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(stat.st_mode))
        return;
    struct mms_writer *other = mms_registry_find(stat.st_dev, stat.st_ino);
    if (other != NULL) {
        if (other->parked)
            mms_remove_own(other);
        return;
    }
    if (mms_existing_look(directory, name, &existing) == MMS_EXISTING_DEAD) {
        unlinkat(directory, name, 0); /* while we have its lock */
        close(existing.fd);
    }
}

void mms_remove_others(struct mms_writer *writer)
{
    struct mms_place place;
    /* Without these the template may mean other processes' files, or but one file. */
    if (strstr(writer->files, "{PID}") == NULL || strstr(writer->files, "{TID}") == NULL ||
        mms_place_find(writer, ANY_TID, &place) < 0)
        return;
    DIR *directory = opendir(place.directory);
    if (directory == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char bare[sizeof entry->d_name];
        if (matches(entry->d_name, place.name) || (drop_number(entry->d_name, bare) && matches(bare, place.name)))
            remove_other(dirfd(directory), entry->d_name);
    }
    closedir(directory);
}
