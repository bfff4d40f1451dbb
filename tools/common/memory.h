/* SPDX-License-Identifier: MIT
 *
 * memory.h - a stream into memory that says when there was too little of it.
 *
 * One of open_memstream does not: what it had no room for is missing, and neither ferror nor fclose tells. */
#ifndef MMSTATS_TOOLS_MEMORY_H
#define MMSTATS_TOOLS_MEMORY_H

#include <stdio.h>

struct mms_memory {
    char *text;  /* with a NUL behind it; the caller frees it after fclose, also when that fails */
    size_t size; /* both hold after fflush and fclose */
    size_t room;
};

/* NULL: no memory, and nothing is left to be freed. What stands before the stream's position is the text: fseeko to an
 * earlier one takes back what was printed since. When memory was short, ferror says so, and fclose returns EOF. */
FILE *mms_memory_open(struct mms_memory *memory);

#endif
