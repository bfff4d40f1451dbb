/* SPDX-License-Identifier: MIT
 *
 * escape.h - untrusted text, made harmless for where it goes (R608).
 *
 * What can move a cursor, hide or reorder text never comes out raw: control characters (C0, C1, DEL), line and
 * paragraph separators, and invisible format characters such as bidi marks (all but the two joiners, which scripts
 * need). */
#ifndef MMSTATS_TOOLS_ESCAPE_H
#define MMSTATS_TOOLS_ESCAPE_H

#include <stdbool.h>
#include <stdio.h>

#include "mmstats/format.h"

/* For a terminal and for plain text: \x1b for a control character and for a byte that is no UTF-8, \u202e, \U000e0001
 * for the others. A backslash stays as it is. */
void mms_put_escaped(FILE *out, struct mms_text text);

/* How many columns that takes. */
size_t mms_escaped_width(struct mms_text text);

/* The same, for text in `quote`s, which are put before and behind: quote and backslash get a backslash. */
void mms_put_quoted(FILE *out, struct mms_text text, char quote);

/* As much from the front of a text, escaped for a terminal, as fits into so many columns, to out (NULL: nowhere); takes
 * it off the text. Returns how many columns that has. What terminals measure in different ways (joiners, variation
 * selectors, many marks on one character) is left out. */
size_t mms_put_escaped_columns(FILE *out, struct mms_text *text, size_t columns);

/* A field of CSV (RFC 4180), escaped as for a terminal. */
void mms_put_csv(FILE *out, struct mms_text text);

/* A JSON string. What is not UTF-8 becomes U+FFFD; the characters above become \u escapes. */
void mms_put_json(FILE *out, struct mms_text text);

/* The text in `out`, which has room for 3 * size bytes, with U+FFFD for what is no UTF-8. Returns its length. */
size_t mms_text_mend(struct mms_text text, char *out);

/* The value of a label for Prometheus, between quotes that the caller puts: escaped as for a terminal, but a line feed is
 * \n; then quote (where `quote` says so) and backslash get a backslash. */
void mms_put_exposition(FILE *out, struct mms_text text, bool quote);

/* What escaping would change in a text: a set of these. */
enum { MMS_TEXT_NO_UTF8 = 1, MMS_TEXT_HARMFUL = 2 };
unsigned mms_text_flaws(struct mms_text text);

/* The text of a C string. */
struct mms_text mms_text_of(const char *string);

#endif
