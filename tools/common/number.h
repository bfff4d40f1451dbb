/* SPDX-License-Identifier: MIT
 *
 * number.h - floating-point numbers as text, and numbers that options say. */
#ifndef MMSTATS_TOOLS_NUMBER_H
#define MMSTATS_TOOLS_NUMBER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Any integer of 64 bits, sums of 2^63 of them, and what it takes to scale one. */
__extension__ typedef __int128 mms_wide;

enum { MMS_NUMBER_SIZE = 40 };

/* For people: 12 significant digits, no zeros behind, but always a ".0" or an exponent: 3.0, 0.1, 1e+11, 1e-05, inf,
 * nan. */
void mms_number_short(double number, char out[MMS_NUMBER_SIZE]);

/* For programs: 15 significant digits, or the 16 or 17 that it takes to read back as the same number; 3.0, not 3. */
void mms_number_exact(double number, char out[MMS_NUMBER_SIZE]);

/* number / 10^decimals with all digits: no zeros behind, and a point only where digits follow. */
void mms_put_fixed(FILE *out, mms_wide number, unsigned decimals);

/* What an option of any tool takes for a number: a decimal one (2, 0.5, .5, 1e3), with no sign, blank or unit around
 * it; no hexadecimal one, inf or nan. False, and no output: it is none, or out of range. */
bool mms_number_parse(const char *text, double least, double most, double *number);

/* The same for whole numbers: digits alone. */
bool mms_whole_parse(const char *text, uint64_t least, uint64_t most, uint64_t *number);

#endif
