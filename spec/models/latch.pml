/* SPDX-License-Identifier: MIT
 *
 * latch.pml - LATCH: two buffers and a sequence of the value's own (R503, R604).
 *
 *   WRAP    the sequence wraps at so many: a counter of fewer bits than 64. Rejected.
 *   INTENT  a second counter, which the writer moves on before it touches a buffer, tells the reader whether that is
 *           the one that it reads: one publication during a read does no harm. Measured, not shipped. */

#define part(buffer, n) ((buffer) * 2 + (n))
#define FLIP 4
#define SEQUENCE 5
#define BEGUN 6
#ifndef INTENT
#define INTENT 0
#endif
#define CELLS (6 + INTENT)
#define NUMBERED CELLS
#define PUBLISHES SEQUENCE

byte sequence; /* that the reader loaded */
#ifdef WRAP
#define BASE WRAP
#define counted(age) modulo_base(age)
#else
#define counted(age) (age)
#define also_grow_older grow_older(sequence)
#endif
#include "memory.pml"

#ifndef W2_FLIP
#define W2_FLIP 1
#endif

active proctype writer()
{
publish:
    do
    :: next_number();
#if INTENT
       store(BEGUN, NEW, RELAXED);
#endif
       release_fence(W1);
       store_parts(part(number % 2, 0), part(number % 2, 1));
       store(FLIP, NEW, W2_FLIP);
       store(SEQUENCE, NEW, W2)
    od;
died:
    resume(SEQUENCE);
    goto publish
}

#define S1 1
#define P0 2
#define P1 4
#define S2 8

active proctype reader()
{
    bit buffer, same;
again:
    begin_read();
    guess(buffer, R1);
    do
    :: d_step { ready(S1, 0, 0) -> sequence = counted(cells[SEQUENCE]); follow(buffer, last_bit(cells[SEQUENCE]), R1) }
    :: d_step { ready(P0, S1, R1 * S1) -> load_part(part(buffer, 0)) }
    :: d_step { ready(P1, S1, R1 * S1) -> load_part(part(buffer, 1)) }
#if INTENT
    :: d_step { ready(S2, S1 | P0 | P1, R1 * S1 | R2 * (S1 | P0 | P1)) ->
                same = sequence != OLD && sequence - cells[BEGUN] <= 1 }
#else
    :: d_step { ready(S2, S1 | P0 | P1, S1 | R2 * (P0 | P1)) -> same = counted(cells[SEQUENCE]) == sequence }
#endif
    :: done == (S1 | P0 | P1 | S2) -> break
    od;
    verdict(same);
    end_read();
    goto again
}
