/* SPDX-License-Identifier: MIT
 *
 * bug.h - faults to be put in, one at a time, so that it can be seen that the fuzzers find them: -DMMS_BUG=n
 * (fuzz/README.md). Private to this project: nothing of it is installed, and nothing is compiled in without that
 * option. */
#ifndef MMSTATS_FORMAT_BUG_H
#define MMSTATS_FORMAT_BUG_H

#define MMS_BUG_GATE 1     /* cursor.h: one byte more than there is */
#define MMS_BUG_OVERFLOW 2 /* signature.c: size times count may wrap */
#define MMS_BUG_LABEL 3    /* scan_v2.c: only the low byte of a label's size is compared with what is left */
#define MMS_BUG_ALIGN 4    /* signature.c: codes are aligned under marks that say they are not */
#define MMS_BUG_BUCKETS 5  /* scan_v2.c: the number of buckets is believed */
#define MMS_BUG_ITEMS 6    /* reader/decode.c: room for 255 items at most */
#define MMS_BUG_FETCH 7    /* reader/observe_live.c: an array's size is fetched again, from the mapping */
#define MMS_BUG_INDEX 8    /* reader/internal.h: an array's write offset is trusted */
#define MMS_BUG_STALE 9    /* reader/view.c: a refresh does not look whether the structure is the same */
#define MMS_BUG_PADDING 10 /* writer/records.c: padding may be a byte too short for a record */
#define MMS_BUG_SLOT 11    /* writer/shapes.c: a ring has no slot to spare */
#define MMS_BUG_ESCAPE 12  /* tools/common/escape.c: JSON has backslashes as they are */
#define MMS_BUG_QUOTE 13   /* tools/common/escape.c: CSV has commas as they are */
#define MMS_BUG_TWICE 14   /* reader/observe_live.c: an array's write offset is checked, and then fetched again */
#define MMS_BUG_PORT 15    /* tools/mash/headers.c: whatever stands behind the colon in Host is a port */
#define MMS_BUG_WEAK 16    /* tools/mash/headers.c: every tag in If-None-Match has two bytes to compare with W/ */
#define MMS_BUG_DIGIT 17   /* tools/mash/request.c: %AB is %01 */
#define MMS_BUG_ROOM 18    /* tools/mash/request.c: texts get no more room than the target had */
#define MMS_BUG_NAMES 19   /* tools/metrics/names.c: a family takes its name alone, not those of its samples */
#define MMS_BUG_NUMERAL 20 /* tools/metrics/names.c: a name may begin with a digit */
#define MMS_BUG_BYTES 21   /* tools/common/escape.c: of bytes that are no character, only the first is escaped */
#define MMS_BUG_TAIL 22    /* tools/lint/lint_dump.c: what is behind a body is not shown */
#ifndef MMS_BUG
#define MMS_BUG 0
#endif

#endif
