/* SPDX-License-Identifier: MIT
 *
 * counted.pml - COUNTED: wide values with two buffers and a flip each, and one sequence in the file that counts the
 * publications of all of them (R512, R611).
 *
 *   PARTS   of the field that is read. 2: it is wide and counted. 1: it is FLIP (R603), in a file that has a sequence.
 *   NARROW  there is another field, FLIP, which leaves the sequence alone
 *   WIDE    there is another field, wide and counted
 *   REPAIR  a writer that resumes the file moves the sequence on before it publishes anything */

#ifndef PARTS
#define PARTS 2
#endif
#define part(buffer, n) ((buffer) * PARTS + (n))
#define FLIP (2 * PARTS)
#define SEQUENCE (FLIP + 1)
#define ELSEWHERE (FLIP + 2) /* the value of another field, */
#define ITS_FLIP (FLIP + 3)  /* and its flip: nobody reads them, they store 0 */
#define NUMBERED (FLIP + 1)
#define CELLS (FLIP + 4)
#define PUBLISHES FLIP
#include "memory.pml"

#ifndef NARROW
#define NARROW 0
#endif
#ifndef WIDE
#define WIDE 0
#endif
#ifndef REPAIR
#define REPAIR 1
#endif
#ifndef W2_FLIP
#define W2_FLIP 1
#endif
#ifndef W2_SEQUENCE
#define W2_SEQUENCE 1
#endif
#ifndef R1_FLIP
#define R1_FLIP 1
#endif
#ifndef R1_SEQUENCE
#define R1_SEQUENCE 1
#endif

byte sequence; /* that the reader loaded: has numbers, and ages, of its own */

inline count_on()
{
    d_step { grow_older_in_memory(SEQUENCE, SEQUENCE); grow_older(sequence) }
    store(SEQUENCE, NEW, W2_SEQUENCE)
}

active proctype writer()
{
publish:
    do
    :: next_number();
       release_fence(W1);
#if PARTS == 1
       store(part(!(number % 2), 0), NEW, RELAXED);
       store(FLIP, NEW, W2_FLIP)
#else
       store_parts(part(!(number % 2), 0), part(!(number % 2), 1));
       store(FLIP, NEW, W2_FLIP);
       count_on()
#endif
#if NARROW
    :: release_fence(W1);
       store(ELSEWHERE, 0, RELAXED);
       store(ITS_FLIP, 0, W2_FLIP)
#endif
#if WIDE
    :: release_fence(W1);
       store(ELSEWHERE, 0, RELAXED);
       store(ITS_FLIP, 0, W2_FLIP);
       count_on()
#endif
    od;
died:
    resume(FLIP);
#if REPAIR
    count_on();
#endif
    goto publish
}

#define S1 1
#define F1 2
#define P0 4
#define P1 8
#define P (P0 | (PARTS - 1) * P1)
#define S2 16
#define F2 32

active proctype reader()
{
    bit buffer, same;
again:
    begin_read();
    guess(buffer, R1_FLIP);
    do
#if PARTS == 1
    :: d_step { ready(F1, 0, 0) -> follow(buffer, !last_bit(cells[FLIP]), R1_FLIP) }
    :: d_step { ready(P0, F1, R1_FLIP * F1) -> load_part(part(buffer, 0)) }
    :: d_step { ready(F2, F1 | P, F1 | R2 * P) -> same = last_bit(cells[FLIP]) != buffer }
    :: done == (F1 | P | F2) -> break
#else
    :: d_step { ready(S1, 0, 0) -> sequence = cells[SEQUENCE] }
    :: d_step { ready(F1, S1, R1_SEQUENCE * S1) -> follow(buffer, !last_bit(cells[FLIP]), R1_FLIP) }
    :: d_step { ready(P0, S1 | F1, R1_SEQUENCE * S1 | R1_FLIP * F1) -> load_part(part(buffer, 0)) }
    :: d_step { ready(P1, S1 | F1, R1_SEQUENCE * S1 | R1_FLIP * F1) -> load_part(part(buffer, 1)) }
    :: d_step { ready(S2, S1 | F1 | P, S1 | R2 * (F1 | P)) -> same = cells[SEQUENCE] == sequence }
    :: done == (S1 | F1 | P | S2) -> break
#endif
    od;
    verdict(same);
    end_read();
    goto again
}
