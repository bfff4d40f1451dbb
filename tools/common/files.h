/* SPDX-License-Identifier: MIT
 *
 * files.h - the files that a tool looks at. */
#ifndef MMSTATS_TOOLS_FILES_H
#define MMSTATS_TOOLS_FILES_H

#include "mmstats/reader.h"
#include "tools/common/options.h"

enum { MMS_MESSAGE_SIZE = 256 };

/* Opens the paths, or what the default glob finds when there are none. Complains when that fails, or finds no file.
 * Returns MMS_EXIT_OK, MMS_EXIT_NOTHING (*set is an empty set), or MMS_EXIT_FAILED (*set is NULL). */
int mms_files_open(const char *const *paths, size_t count, const struct mms_tool_options *options,
                   struct mms_set **set);

/* How a tool reads: by default from mappings, under a handler for SIGBUS, which is put in place. Each reader holds a
 * descriptor, and there may be a file for each thread of a machine: as many are let be open as are allowed. */
struct mms_reader_options mms_files_reading(const struct mms_tool_options *options);

/* The default glob (mms_default_glob). The caller frees it; NULL: no memory. */
char *mms_files_glob(void);

/* What is wrong with a file, for a person: "malformed at byte 17, rule 206: the write buffer byte is ...". `more` is
 * how many other records cannot be read either. */
void mms_file_message(int error, const struct mms_diag *diag, size_t more, char out[MMS_MESSAGE_SIZE]);

/* Of -errno, for a person: as strerror, and what to do where that is known. */
const char *mms_error_text(int error);

/* "EBADMSG" */
const char *mms_error_name(int error);

/* Complains once about each directory of the set that is not in memory. */
void mms_files_on_disk(const struct mms_set *set);

#endif
