/* SPDX-License-Identifier: MIT
 *
 * output.h - standard output that says when it fails, and messages. */
#ifndef MMSTATS_TOOLS_OUTPUT_H
#define MMSTATS_TOOLS_OUTPUT_H

#include <stdbool.h>

/* Call it first. From then on output that cannot be written ends the program with MMS_EXIT_FAILED and a message; but
 * with no message, and the status that it would have had, when nobody reads the pipe any more. */
void mms_output_begin(void);

/* Can more be written? Where a tool has much to do, it looks now and then. */
bool mms_output_works(void);

/* "NAME: message" on standard error, after what is on its way to standard output. Arguments are shown as they are:
 * what is untrusted goes through mms_complain_about. */
__attribute__((format(printf, 1, 2))) void mms_complain(const char *format, ...);

/* "NAME: SUBJECT: message", with the subject escaped. */
void mms_complain_about(const char *subject, const char *message);

#endif
