/* SPDX-License-Identifier: MIT
 *
 * version.h - the version of the library and its tools, in this place alone. */
#ifndef MMSTATS_VERSION_H
#define MMSTATS_VERSION_H

#define MMS_VERSION "1.0.0"

#endif
