/* SPDX-License-Identifier: MIT
 *
 * seqlock.pml - one buffer, and a counter that is odd while the writer is at it. Rejected: a reader gets nothing from a
 * writer that was stopped, or died, inside. */

#define part(n) (n)
#define SEQUENCE 2
#define NUMBERED 3
#define CELLS 3
#define PUBLISHES SEQUENCE
#define also_grow_older grow_older(sequence)
#include "memory.pml"

byte sequence = OLD; /* that the reader loaded */

active proctype writer()
{
    do
    :: next_number();
       store(SEQUENCE, ODD + NEW, RELAXED);
       release_fence(W1);
       store_parts(part(0), part(1));
       store(SEQUENCE, NEW, W2)
    od;
died:
    false
}

#define S1 1
#define P0 2
#define P1 4
#define S2 8

active proctype reader()
{
    bit same;
again:
    begin_read();
    do
    :: d_step { ready(S1, 0, 0) -> sequence = cells[SEQUENCE] }
    :: d_step { ready(P0, S1, R1 * S1) -> load_part(part(0)) }
    :: d_step { ready(P1, S1, R1 * S1) -> load_part(part(1)) }
    :: d_step { ready(S2, S1 | P0 | P1, S1 | R2 * (P0 | P1)) -> same = cells[SEQUENCE] == sequence && even(sequence) }
    :: done == (S1 | P0 | P1 | S2) -> break
    od;
    verdict(same);
    end_read();
    goto again
}
