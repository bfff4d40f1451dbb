/* SPDX-License-Identifier: MIT
 *
 * text.h - what is printed, looked at by others than those who printed it. */
#ifndef MMSTATS_FUZZ_TEXT_H
#define MMSTATS_FUZZ_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* All of it is UTF-8, without a control character but line feeds, and without marks that turn text around. */
void require_harmless(const char *text, size_t size);

/* OpenMetrics 1.0.0 (open), or the text format 0.0.4: each line by its grammar; families stand once and together, no name
 * is another family's; no series stands twice; values are such as their type may have. */
void require_exposition(const char *text, size_t size, bool open);

#endif
