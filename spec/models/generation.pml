/* SPDX-License-Identifier: MIT
 *
 * generation.pml - GENERATION: two fields that change in transactions, and a counter that is odd while one is open
 * (R515, R613). A reader takes a snapshot of both.
 *
 *   FLIPS  1: both fields are FLIP. 0: both are CELL, without a fence of their own. */

#ifndef FLIPS
#define FLIPS 1
#endif
#define GENERATION 0
#if FLIPS
#define X(buffer) (1 + (buffer))
#define X_FLIP 3
#define Y(buffer) (4 + (buffer))
#define Y_FLIP 6
#define CELLS 7
#else
#define X 1
#define Y 2
#define CELLS 3
#endif
#define NUMBERED CELLS
#define PUBLISHES GENERATION
#define also_grow_older grow_older(generation)
#include "memory.pml"

#ifndef W4
#define W4 1 /* a release fence after the generation has become odd */
#endif
#ifndef W2_EVEN
#define W2_EVEN 1 /* it becomes even with release */
#endif
#ifndef R1_GENERATION
#define R1_GENERATION 1 /* it is loaded with acquire, before the fields */
#endif
#ifndef R2_GENERATION
#define R2_GENERATION 1 /* an acquire fence, before it is loaded again */
#endif

byte generation = OLD; /* that the reader loaded */

#if FLIPS
#define publish(field, flip) \
    release_fence(W1); \
    store(field(!(number % 2)), NEW, RELAXED); \
    store(flip, NEW, W2)
#else
#define publish(field, flip) store(field, NEW, RELAXED)
#endif

active proctype writer()
{
    do
    :: next_number();
       store(GENERATION, ODD + NEW, RELAXED);
       release_fence(W4);
       if
       :: publish(X, X_FLIP); publish(Y, Y_FLIP)
       :: publish(Y, Y_FLIP); publish(X, X_FLIP)
       fi;
       store(GENERATION, NEW, W2_EVEN)
    od;
died:
    false
}

#define G1 1
#define G2 2
#define XV 4
#define YV 8
#define XF1 16
#define XF2 32
#define YF1 64
#define YF2 128
#if FLIPS
#define VALUES (XF1 | XV | XF2 | YF1 | YV | YF2)
#else
#define VALUES (XV | YV)
#endif

active proctype reader()
{
    bit same;
#if FLIPS
    bit x, y; /* buffers */
#endif
again:
    begin_read();
    d_step { same = 1 }
    do
    :: d_step { ready(G1, 0, 0) -> generation = cells[GENERATION]; open = !even(generation) }
#if FLIPS
#define X_DONE (G1 | XF1 | XV)
#define Y_DONE (X_DONE | XF2 | YF1 | YV)
    :: d_step { ready(XF1, G1, R1_GENERATION * G1) -> x = !last_bit(cells[X_FLIP]) }
    :: d_step { ready(XV, G1 | XF1, XF1 | R1_GENERATION * G1) -> load_part(X(x)) }
    :: d_step { ready(XF2, X_DONE, XF1 | R1_GENERATION * G1 | R2 * X_DONE) ->
                same = same && last_bit(cells[X_FLIP]) == !x }
    :: d_step { ready(YF1, X_DONE | XF2, XF1 | R1_GENERATION * G1 | R2 * X_DONE) -> y = !last_bit(cells[Y_FLIP]) }
    :: d_step { ready(YV, X_DONE | XF2 | YF1, YF1 | XF1 | R1_GENERATION * G1 | R2 * X_DONE) -> load_part(Y(y)) }
    :: d_step { ready(YF2, Y_DONE, YF1 | XF1 | R1_GENERATION * G1 | R2 * Y_DONE) ->
                same = same && last_bit(cells[Y_FLIP]) == !y }
    :: d_step { ready(G2, G1 | VALUES, G1 | XF1 | YF1 | R2 * Y_DONE | R2_GENERATION * VALUES) ->
                same = same && cells[GENERATION] == generation }
#else
    :: d_step { ready(XV, G1, R1_GENERATION * G1) -> load_part(X) }
    :: d_step { ready(YV, G1, R1_GENERATION * G1) -> load_part(Y) }
    :: d_step { ready(G2, G1 | VALUES, G1 | R2_GENERATION * VALUES) -> same = same && cells[GENERATION] == generation }
#endif
    :: done == (G1 | VALUES | G2) -> break
    od;
    verdict(same && !open);
    end_read();
    goto again
}
