/* SPDX-License-Identifier: MIT
 *
 * number.h - floating-point numbers as text. */
#ifndef MMSTATS_TOOLS_NUMBER_H
#define MMSTATS_TOOLS_NUMBER_H

enum { MMS_NUMBER_SIZE = 40 };

/* For people: 12 significant digits, no zeros behind, but always a ".0" or an exponent: 3.0, 0.1, 1e+11, 1e-05, inf,
 * nan. */
void mms_number_short(double number, char out[MMS_NUMBER_SIZE]);

/* For programs: 15 significant digits, or the 16 or 17 that it takes to read back as the same number; 3.0, not 3. */
void mms_number_exact(double number, char out[MMS_NUMBER_SIZE]);

#endif
