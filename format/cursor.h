/* SPDX-License-Identifier: MIT
 *
 * cursor.h - the one gate to untrusted bytes. Private to format/.
 *
 * A cursor is what is left of some bytes. Everything is taken from its front, after the need has been compared with
 * what remains (never the other way round: a pointer past the end is not even computed). Nothing can be taken twice:
 * a number that was fetched once is not fetched again. */
#ifndef MMSTATS_FORMAT_CURSOR_H
#define MMSTATS_FORMAT_CURSOR_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "format/bug.h"

static_assert(sizeof(size_t) == 8, "sizes of 63 bits are computed in size_t");

struct mms_cursor {
    const uint8_t *at;
    size_t left;
};

/* need bytes, or NULL when fewer are left: then nothing is taken. */
static inline const uint8_t *mms_take(struct mms_cursor *in, size_t need)
{
    if (in->left + (MMS_BUG == MMS_BUG_GATE) < need)
        return NULL;
    const uint8_t *taken = in->at;
    in->at += need;
    in->left -= need;
    return taken;
}

/* --- numbers at any address ------------------------------------------------------------------------------- */

static inline uint16_t mms_load_u16(const uint8_t *at, bool swapped)
{
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return swapped ? __builtin_bswap16(value) : value;
}

static inline uint32_t mms_load_u32(const uint8_t *at, bool swapped)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return swapped ? __builtin_bswap32(value) : value;
}

static inline uint64_t mms_load_u64(const uint8_t *at, bool swapped)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return swapped ? __builtin_bswap64(value) : value;
}

static inline double mms_load_f64(const uint8_t *at, bool swapped)
{
    uint64_t bits = mms_load_u64(at, swapped);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* --- numbers from the front: false when fewer bytes are left ---------------------------------------------- */

static inline bool mms_take_u8(struct mms_cursor *in, uint8_t *value)
{
    const uint8_t *at = mms_take(in, 1);
    if (at == NULL)
        return false;
    *value = *at;
    return true;
}

static inline bool mms_take_u16(struct mms_cursor *in, bool swapped, uint16_t *value)
{
    const uint8_t *at = mms_take(in, 2);
    if (at == NULL)
        return false;
    *value = mms_load_u16(at, swapped);
    return true;
}

static inline bool mms_take_u32(struct mms_cursor *in, bool swapped, uint32_t *value)
{
    const uint8_t *at = mms_take(in, 4);
    if (at == NULL)
        return false;
    *value = mms_load_u32(at, swapped);
    return true;
}

static inline bool mms_take_u64(struct mms_cursor *in, bool swapped, uint64_t *value)
{
    const uint8_t *at = mms_take(in, 8);
    if (at == NULL)
        return false;
    *value = mms_load_u64(at, swapped);
    return true;
}

static inline bool mms_take_f64(struct mms_cursor *in, bool swapped, double *value)
{
    const uint8_t *at = mms_take(in, 8);
    if (at == NULL)
        return false;
    *value = mms_load_f64(at, swapped);
    return true;
}

#endif
