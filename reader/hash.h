/* SPDX-License-Identifier: MIT
 *
 * hash.h - SipHash-1-3 with a random key, for tables whose keys others choose: without the key nobody can choose them to
 * collide. */
#ifndef MMSTATS_READER_HASH_H
#define MMSTATS_READER_HASH_H

#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static inline uint64_t mms_hash_rotate(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

static inline void mms_hash_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = mms_hash_rotate(v[1], 13) ^ v[0];
    v[3] = mms_hash_rotate(v[3], 16) ^ v[2];
    v[0] = mms_hash_rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = mms_hash_rotate(v[1], 17) ^ v[2];
    v[3] = mms_hash_rotate(v[3], 21) ^ v[0];
    v[2] = mms_hash_rotate(v[2], 32);
}

/* The same bytes have the same hash under the same key. */
static inline uint64_t mms_hash(const uint64_t key[2], const char *data, size_t size)
{
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261,
                     key[1] ^ 0x7465646279746573};
    uint64_t last = (uint64_t)size << 56, word;
    size_t i = 0;

    for (; size - i >= sizeof word; i += sizeof word) {
        memcpy(&word, data + i, sizeof word);
        v[3] ^= word;
        mms_hash_round(v);
        v[0] ^= word;
    }
    for (size_t k = 0; k < size % sizeof word; k++)
        last |= (uint64_t)(uint8_t)data[i + k] << (8 * k);
    v[3] ^= last;
    mms_hash_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    for (int i_final = 0; i_final < 3; i_final++)
        mms_hash_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* Early at boot there may be no random numbers yet: time and an address then have to do. */
static inline void mms_hash_key(uint64_t key[2])
{
    struct timespec now;
    if (getrandom(key, 2 * sizeof key[0], GRND_NONBLOCK) == (ssize_t)(2 * sizeof key[0]))
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    key[0] = (uint64_t)now.tv_nsec * 0x9e3779b97f4a7c15 ^ (uint64_t)now.tv_sec;
    key[1] = (uint64_t)(uintptr_t)key;
}

#endif
