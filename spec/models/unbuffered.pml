/* SPDX-License-Identifier: MIT
 *
 * unbuffered.pml - one buffer and nothing else (R504).
 *
 *   PARTS  1: CELL, a value of one access (R603). 2: a wider one, where two equal reads are all that a reader can do
 *          (TWICE, R605): checked, never exact. */

#ifndef PARTS
#define PARTS 1
#endif
#define NUMBERED PARTS
#define CELLS PARTS
#define PUBLISHES (PARTS - 1)
#if PARTS == 2
#define also_grow_older grow_older(first[0]); grow_older(first[1])
#endif
#include "memory.pml"

#if PARTS == 2
byte first[2]; /* the first collect */
#endif

active proctype writer()
{
    do
    :: next_number();
#if PARTS == 1
       store(0, NEW, RELAXED)
#else
       store_parts(0, 1)
#endif
    od;
died:
    false
}

#define P0 1
#define P1 2
#define Q0 4
#define Q1 8


active proctype reader()
{
    bit same;
again:
    begin_read();
    d_step { same = 1 }
    do
#if PARTS == 1
    :: d_step { ready(P0, 0, 0) -> load_part(0) }
    :: done == P0 -> break
#else
    :: d_step { ready(P0, 0, 0) -> load_part(0); first[0] = cells[0] }
    :: d_step { ready(P1, 0, 0) -> load_part(1); first[1] = cells[1] }
    :: d_step { ready(Q0, P0 | P1, P0 | R2 * P1) -> same = same && cells[0] == first[0] }
    :: d_step { ready(Q1, P0 | P1, P1 | R2 * P0) -> same = same && cells[1] == first[1] }
    :: done == (P0 | P1 | Q0 | Q1) -> break
#endif
    od;
    verdict(same);
    end_read();
    goto again
}
