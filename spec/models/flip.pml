/* SPDX-License-Identifier: MIT
 *
 * flip.pml - two buffers and a flip: all that there is in version 1 (R502).
 *
 *   PARTS     1: a value of one access. 2: a wider one, or one that is not aligned.
 *   COLLECTS  0: flip, value: the naive reader.
 *             1: flip, value, flip: with one part this is FLIP (R603); with two it is rejected.
 *             2: flip, value, flip, value, flip: FLIPS (R605), which compares both values, too. But the values of two
 *                publications may be equal: here they have two bits, those of the number. */

#ifndef PARTS
#define PARTS 1
#endif
#ifndef COLLECTS
#define COLLECTS 1
#endif
#define part(buffer, n) ((buffer) * PARTS + (n))
#define FLIP (2 * PARTS)
#define NUMBERED (2 * PARTS + 1)
#define CELLS (2 * PARTS + 1)
#define PUBLISHES FLIP
#if COLLECTS == 2
#define BASE 4
#endif
#include "memory.pml"

active proctype writer()
{
publish:
    do
    :: next_number();
       release_fence(W1);
#if PARTS == 1
       store(part(!(number % 2), 0), NEW, RELAXED);
#else
       store_parts(part(!(number % 2), 0), part(!(number % 2), 1));
#endif
       store(FLIP, NEW, W2)
    od;
died:
    resume(FLIP);
    goto publish
}

#define F1 1
#define P0 2
#define P1 4
#define P (P0 | (PARTS - 1) * P1)
#define F2 8
#define F3 16
#define Q0 32
#define Q1 64
#define Q (Q0 | (PARTS - 1) * Q1)
#define F4 128

#if COLLECTS == 2
byte first[PARTS]; /* the first collect */
#define content(n) modulo_base(cells[part(buffer, n)])
#define check_flip same = same && last_bit(cells[FLIP]) == flip
#define COLLECT_1 (F1 | P | F2 | F3)
#endif

active proctype reader()
{
    bit flip, buffer, same;
again:
    begin_read();
    guess(buffer, R1);
    d_step { flip = 0; same = 1 }
    do
    :: d_step { ready(F1, 0, 0) -> flip = last_bit(cells[FLIP]); follow(buffer, !flip, R1) }
#if COLLECTS < 2
    :: d_step { ready(P0, F1, R1 * F1) -> load_part(part(buffer, 0)) }
#if PARTS == 2
    :: d_step { ready(P1, F1, R1 * F1) -> load_part(part(buffer, 1)) }
#endif
#if COLLECTS == 0
    :: done == (F1 | P) -> break
#else
    :: d_step { ready(F2, F1 | P, F1 | R2 * P) -> same = last_bit(cells[FLIP]) == flip }
    :: done == (F1 | P | F2) -> break
#endif
#else
    :: d_step { ready(P0, F1, R1 * F1) -> first[0] = content(0) }
    :: d_step { ready(P1, F1, R1 * F1) -> first[1] = content(1) }
    :: d_step { ready(F2, F1 | P, F1 | R2 * P) -> check_flip }
    :: d_step { ready(F3, F1 | P | F2, F1 | F2 | R2 * P) -> check_flip }
    :: d_step { ready(Q0, COLLECT_1, P0 | R1 * F3 | R2 * (F1 | P)) -> same = same && content(0) == first[0] }
    :: d_step { ready(Q1, COLLECT_1, P1 | R1 * F3 | R2 * (F1 | P)) -> same = same && content(1) == first[1] }
    :: d_step { ready(F4, COLLECT_1 | Q, F1 | F2 | F3 | R2 * (P | Q)) -> check_flip }
    :: done == (COLLECT_1 | Q | F4) -> torn = first[0] != first[1]; break
#endif
    od;
    verdict(same);
    end_read();
    goto again
}
