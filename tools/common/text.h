/* SPDX-License-Identifier: MIT
 *
 * text.h - texts and labels, as bytes. */
#ifndef MMSTATS_TOOLS_TEXT_H
#define MMSTATS_TOOLS_TEXT_H

#include "mmstats/reader.h"

/* By bytes: below 0, 0, above 0. */
int mms_text_compare(struct mms_text a, struct mms_text b);
bool mms_text_is(struct mms_text a, struct mms_text b);

/* Copies it to *at, which moves behind it; returns the copy. */
struct mms_text mms_text_copy(char **at, struct mms_text text);

/* How long the prefix of a file's default fields is: of what stands before its `sys.pid` (R511). 0: none, or there is no
 * such field. Pointers from earlier calls with the reader end here. */
size_t mms_sys_prefix(struct mms_reader *reader);

/* Is it that name ("sys.tid"), behind a prefix of that size? "filesys.created" is another one. */
bool mms_sys_is(size_t prefix, struct mms_text label, const char *name);

#endif
