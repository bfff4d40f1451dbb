/* SPDX-License-Identifier: MIT */

#include "tools/top/picture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/escape.h"

static const char mark[] = "\xe2\x80\xa6"; /* U+2026 */

int top_picture_begin(struct top_picture *picture, int rows, int columns)
{
    *picture = (struct top_picture){.rows = rows, .columns = columns};
    picture->out = open_memstream(&picture->text, &picture->size);
    return picture->out != NULL ? 0 : -ENOMEM;
}

/* Returns the columns that were written. */
static int put_cut(FILE *out, struct mms_text text, int columns)
{
    struct mms_text rest = text;
    int width = (int)mms_put_escaped_columns(NULL, &rest, (size_t)columns);
    if (rest.size == 0) {
        mms_put_escaped_columns(out, &text, (size_t)columns);
        return width;
    }
    width = (int)mms_put_escaped_columns(out, &text, (size_t)columns - 1);
    fputs(mark, out);
    return width + 1;
}

void top_picture_put(struct top_picture *picture, int row, int column, int columns, enum top_style style,
                     enum top_align align, struct mms_text text)
{
    if (columns > picture->columns - column)
        columns = picture->columns - column;
    if (row < 0 || row >= picture->rows || column < 0 || columns <= 0)
        return;
    if (picture->count == picture->capacity) {
        size_t capacity = 2 * picture->capacity + 64;
        struct top_piece *pieces = realloc(picture->pieces, capacity * sizeof *pieces);
        picture->failed |= pieces == NULL;
        if (pieces == NULL)
            return;
        picture->pieces = pieces;
        picture->capacity = capacity;
    }
    struct top_piece piece = {.row = row, .column = column, .columns = columns, .style = style};
    fflush(picture->out);
    piece.text = picture->size;
    int width = 0, before = 0;
    struct mms_text rest = text;
    if (align == TOP_RIGHT) {
        width = (int)mms_put_escaped_columns(NULL, &rest, (size_t)columns);
        before = rest.size == 0 ? columns - width : 0;
        fprintf(picture->out, "%*s", before, "");
    }
    piece.width = before + put_cut(picture->out, text, columns);
    fflush(picture->out);
    piece.size = picture->size - piece.text;
    picture->pieces[picture->count++] = piece;
}

void top_picture_finish(struct top_picture *picture)
{
    picture->failed |= ferror(picture->out) != 0;
    picture->failed |= fclose(picture->out) != 0;
    picture->failed |= picture->text == NULL; /* of its last realloc fclose does not say that it failed */
    picture->out = NULL;
}

void top_picture_end(struct top_picture *picture)
{
    if (picture->out != NULL)
        fclose(picture->out);
    free(picture->text);
    free(picture->pieces);
    *picture = (struct top_picture){0};
}

/* --- as lines ----------------------------------------------------------------------------------------------------- */

static const char *const colors[TOP_STYLES] = {
    [TOP_TITLE] = "\033[1m",  [TOP_HEADING] = "\033[1;4m", [TOP_SELECTED] = "", [TOP_GOOD] = "\033[32m",
    [TOP_BAD] = "\033[1;31m", [TOP_FAINT] = "\033[2m",   [TOP_GRAPH] = "\033[36m",
};

/* The size of a piece's text without blanks at its end. */
static size_t trimmed(const struct top_picture *picture, const struct top_piece *piece)
{
    size_t size = piece->size;
    while (size > 0 && picture->text[piece->text + size - 1] == ' ')
        size--;
    return size;
}

static bool is_last(const struct top_picture *picture, size_t i)
{
    for (size_t k = i + 1; k < picture->count && picture->pieces[k].row == picture->pieces[i].row; k++)
        if (trimmed(picture, &picture->pieces[k]) > 0)
            return false;
    return true;
}

void top_picture_print(const struct top_picture *picture, FILE *out, bool color)
{
    size_t i = 0;
    for (int row = 0; row < picture->rows; row++) {
        int at = 0;
        for (; i < picture->count && picture->pieces[i].row == row; i++) {
            const struct top_piece *piece = &picture->pieces[i];
            bool last = is_last(picture, i);
            size_t size = last ? trimmed(picture, piece) : piece->size;
            const char *begin = color && colors[piece->style] != NULL && size > 0 ? colors[piece->style] : "";
            if (size == 0)
                continue;
            fprintf(out, "%*s%s", piece->column - at, "", begin);
            fwrite(picture->text + piece->text, 1, size, out);
            fputs(*begin != '\0' ? "\033[0m" : "", out);
            at = piece->column + piece->width;
        }
        fputc('\n', out);
    }
}
