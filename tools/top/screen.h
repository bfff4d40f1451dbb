/* SPDX-License-Identifier: MIT
 *
 * screen.h - a view as a picture: lists, details or help, of any size. */
#ifndef MMSTATS_TOOLS_TOP_SCREEN_H
#define MMSTATS_TOOLS_TOP_SCREEN_H

#include "tools/top/picture.h"
#include "tools/top/view.h"

/* Draws all of it, and tells the view how many rows its lists have there. keys: with the line of keys at the bottom.
 * Returns 0 or -ENOMEM; top_picture_end in either case. */
int top_screen_draw(struct top_view *view, struct top_picture *picture, int rows, int columns, bool keys);

#endif
