/* SPDX-License-Identifier: MIT
 *
 * spark.h - a chart of one line. */
#ifndef MMSTATS_TOOLS_SPARK_H
#define MMSTATS_TOOLS_SPARK_H

#include <stddef.h>

/* What a chart of so many columns takes, with the NUL behind it. */
#define MMS_SPARK_SIZE(columns) (3 * (columns) + 1)

/* BLOCKS: the eight of Unicode, as UTF-8. */
enum mms_spark { MMS_SPARK_BLOCKS, MMS_SPARK_ASCII };

/* The last `columns` of the numbers, oldest first, with blanks before them where there are fewer: always as many
 * columns. From 0 (or the least, where that is below 0) to the greatest; a finite number always shows, NaN and
 * infinities are a blank. out has room for MMS_SPARK_SIZE(columns). Returns its bytes. */
size_t mms_spark_line(const double *numbers, size_t count, size_t columns, enum mms_spark style, char *out);

#endif
