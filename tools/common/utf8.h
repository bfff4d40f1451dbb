/* SPDX-License-Identifier: MIT
 *
 * utf8.h - untrusted text, one character at a time. */
#ifndef MMSTATS_TOOLS_UTF8_H
#define MMSTATS_TOOLS_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define MMS_UTF8_INVALID (-1)

/* The character at the start of size bytes, which are at least one. Returns how many bytes it has; *character is
 * MMS_UTF8_INVALID for bytes that begin none (then as many as a decoder replaces by one U+FFFD). */
size_t mms_utf8_next(const char *text, size_t size, int32_t *character);

#endif
