/* SPDX-License-Identifier: MIT
 *
 * faults_calls.h - between the files that define functions in front of libc's. */
#ifndef MMSTATS_TESTS_FAULTS_CALLS_H
#define MMSTATS_TESTS_FAULTS_CALLS_H

#include <stddef.h>

#include "tests/faults.h"

/* The error of this call, or 0. */
int fault_next(enum fault_call call);

/* The same for a call that says by errno what is wrong; for one that transfers bytes: how many. */
bool fault_fails(enum fault_call call);
bool fault_fails_or_shortens(enum fault_call call, size_t *size);

/* libc's own. */
void *fault_find_real(enum fault_call call, const char *name);
#define REAL(call, name) ((__typeof__(&name))fault_find_real(call, #name))

#endif
