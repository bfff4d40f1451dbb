/* SPDX-License-Identifier: MIT
 *
 * picture.h - a screen as data: pieces of text, each with its place. A terminal plays it, --once prints it. */
#ifndef MMSTATS_TOOLS_TOP_PICTURE_H
#define MMSTATS_TOOLS_TOP_PICTURE_H

#include <stdbool.h>
#include <stdio.h>

#include "mmstats/format.h"

enum top_style {
    TOP_PLAIN,
    TOP_TITLE,
    TOP_HEADING,  /* of a table */
    TOP_SELECTED, /* the row that keys go to */
    TOP_GOOD, TOP_BAD, TOP_FAINT,
    TOP_GRAPH,
    TOP_STYLES,
};

/* Takes `columns` columns of its row, from `column` on; blanks fill what its text leaves. */
struct top_piece {
    int row, column, columns;
    enum top_style style;
    size_t text, size; /* in the picture's text: UTF-8 that moves no cursor */
    int width;         /* columns of the text */
};

struct top_picture {
    int rows, columns;
    struct top_piece *pieces; /* left to right in each row, none over another */
    size_t count, capacity;
    FILE *out; /* writes to text */
    char *text;
    size_t size;
    bool failed; /* for lack of memory: parts are missing */
};

/* Returns 0 or -ENOMEM. */
int top_picture_begin(struct top_picture *picture, int rows, int columns);

enum top_align { TOP_LEFT, TOP_RIGHT };

/* Untrusted text: escaped, and cut (with a mark) where it has no room. What is outside of the picture is left out. */
void top_picture_put(struct top_picture *picture, int row, int column, int columns, enum top_style style,
                     enum top_align align, struct mms_text text);

/* No more is put; text can be read then. */
void top_picture_finish(struct top_picture *picture);

void top_picture_end(struct top_picture *picture);

/* As lines of plain text, with nothing behind the last character of each; color: with the terminal's colours. */
void top_picture_print(const struct top_picture *picture, FILE *out, bool color);

#endif
