/* SPDX-License-Identifier: MIT
 *
 * histogram.pml - HISTOGRAM: two buckets, the sum of the samples, and a sequence that counts them (R514, R612).
 *
 * SAMPLES of them, each of either bucket: 1 goes into the first, 3 into the second. Plain numbers: nothing gets OLD. */

#ifndef SAMPLES
#define SAMPLES 4
#endif
#define SEQUENCE 0
#define NUMBERED 1
#define BUCKET(n) (1 + (n))
#define SUM 3
#define CELLS 4
#define PUBLISHES SEQUENCE
#define BOUND SAMPLES
#define OLD (SAMPLES + 1)
#include "memory.pml"

#ifndef W3
#define W3 1 /* the sum is stored with release, after the bucket */
#endif
#ifndef R3
#define R3 1 /* an acquire fence between the sum and the buckets */
#endif

/* What there is after so many samples. */
byte true_first[SAMPLES + 2], true_sum[SAMPLES + 2];

active proctype writer()
{
    bit bucket;
    byte count;
    do
    :: if
       :: bucket = 0
       :: bucket = 1
       fi;
       next_number();
       d_step {
           true_first[begun] = true_first[begun - 1] + !bucket;
           true_sum[begun] = true_sum[begun - 1] + 1 + 2 * bucket;
           count = (bucket -> begun - true_first[begun] : true_first[begun])
       }
       release_fence(W1);
       store(BUCKET(bucket), count, RELAXED);
       store(SUM, true_sum[begun], W3);
       store(SEQUENCE, NEW, W2)
    od;
died:
    false
}

#define S1 1
#define T 2  /* the sum */
#define B0 4
#define B1 8
#define S2 16
#define U 32 /* the second collect */
#define C0 64
#define C1 128
#define S3 256
#define FIRST (S1 | T | B0 | B1)
#define SECOND (FIRST | U | C0 | C1)

byte sum, buckets[2];
#define sample_number (begun - value)
#define before_or_after(it, before, after) (it == (before) || sample_number < begun && it == (after))

/* Exact: what there was after so many samples. Checked: a sample is under way, or its writer died in it; each of the
 * three is what it was before that one, or after it. Where nothing is under way, it has to be exact. */
inline judge()
{
    i = sample_number;
    if
    :: exact -> torn = sum != true_sum[i] || buckets[0] != true_first[i]
    :: else ->
        torn = !before_or_after(sum, true_sum[i], true_sum[i + 1]);
        torn = torn || !before_or_after(buckets[0], true_first[i], true_first[i + 1]);
        torn = torn || !before_or_after(buckets[1], i - true_first[i], i + 1 - true_first[i + 1]);
#if ONLY & STUCK
        stuck = !moved && value == NEW;
        assert(!stuck);
#endif
        skip
    fi
}

active proctype reader()
{
    bit same, exact;
again:
    begin_read();
    d_step { same = 1 }
    do
    :: d_step { ready(S1, 0, 0) -> value = cells[SEQUENCE]; stale = older(value, complete_at_begin);
                back = older(value, last) }
    :: d_step { ready(T, S1, R1 * S1) -> sum = cells[SUM] }
    :: d_step { ready(B0, S1 | T, R1 * S1 | R3 * T) -> buckets[0] = cells[BUCKET(0)] }
    :: d_step { ready(B1, S1 | T, R1 * S1 | R3 * T) -> buckets[1] = cells[BUCKET(1)] }
    :: d_step { ready(S2, FIRST, S1 | R2 * FIRST) -> same = cells[SEQUENCE] == value }
    :: done == (FIRST | S2) -> break
    od;
    exact = buckets[0] + buckets[1] == sample_number;
    if
    :: !same || exact
    :: same && !exact ->
       do
       :: d_step { ready(U, FIRST, FIRST) -> same = same && cells[SUM] == sum }
       :: d_step { ready(C0, FIRST, FIRST) -> same = same && cells[BUCKET(0)] == buckets[0] }
       :: d_step { ready(C1, FIRST, FIRST) -> same = same && cells[BUCKET(1)] == buckets[1] }
       :: d_step { ready(S3, SECOND, FIRST | S2 | R2 * SECOND) -> same = same && cells[SEQUENCE] == value }
       :: done == (SECOND | S2 | S3) -> break
       od
    fi;
    atomic { if :: same -> judge() :: else fi }
    verdict(same);
    end_read();
    goto again
}
