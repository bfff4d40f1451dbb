/* SPDX-License-Identifier: MIT
 *
 * human.h - numbers for people: three digits and a prefix, at most MMS_HUMAN_WIDTH columns.
 *
 * For a terminal; what a program reads gets number.h's, which lose nothing. */
#ifndef MMSTATS_TOOLS_HUMAN_H
#define MMSTATS_TOOLS_HUMAN_H

#include "mmstats/format.h"

enum { MMS_HUMAN_SIZE = 16, MMS_HUMAN_WIDTH = 8 };

/* COUNT    999, 1.23k, 4.56M, 0.123, 1.2e-05; also rates
 * BYTES    999, 1.21Ki, 0.98Mi
 * SECONDS  12.3ns, 1.23ms, 59.0s, 16.7min, 1.39h, 11.6d */
enum mms_human { MMS_HUMAN_COUNT, MMS_HUMAN_BYTES, MMS_HUMAN_SECONDS };

/* Which of them suits a unit: BYTES for "bytes", "byte" and "B", SECONDS for "seconds", "second" and "s". */
enum mms_human mms_human_of(struct mms_text unit);

/* ASCII. nan, inf, -inf for what is no finite number. */
void mms_human_number(double number, enum mms_human as, char out[MMS_HUMAN_SIZE]);

#endif
