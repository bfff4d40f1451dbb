/* SPDX-License-Identifier: MIT
 *
 * ring.pml - RING: the last SLOTS - 1 elements that were added, a write offset, and a sequence that counts additions
 * (R513, R606). An element is one access.
 *
 *   SLOTS         of the array, with the one that is never shown
 *   OFFSET_FIRST  the reader looks at the write offset before the sequence. Wrong.
 *   DROP          -1: of the elements that may have been written to, the reader drops one less than t - s. Wrong.
 *   REPAIR        a writer that resumes the file moves the sequence on where the dead one had stored the offset only
 *
 * Addition k goes into slot (k - 1) mod SLOTS, and the write offset is k mod SLOTS then: like a flip it is stored as a
 * number. `value` is that of the write offset which the reader loaded: the newest element that it shows. */

#ifndef SLOTS
#define SLOTS 3
#endif
#define OFFSET SLOTS
#define SEQUENCE (SLOTS + 1)
#define NUMBERED (SLOTS + 2)
#define CELLS (SLOTS + 2)
#define PUBLISHES OFFSET
#define BASE SLOTS
#define also_grow_older ring_grows_older()

#ifndef OFFSET_FIRST
#define OFFSET_FIRST 0
#endif
#ifndef DROP
#define DROP 0
#endif
#ifndef REPAIR
#define REPAIR 1
#endif

#include "memory.pml"

#ifndef W2_OFFSET
#define W2_OFFSET 1
#endif
#ifndef W2_SEQUENCE
#define W2_SEQUENCE 1
#endif
#ifndef R1_SEQUENCE
#define R1_SEQUENCE 1
#endif
#ifndef R1_OFFSET
#define R1_OFFSET 1
#endif

byte sequence = OLD;    /* that the reader loaded first */
byte seen[SLOTS] = OLD; /* what it loaded from a slot, until it knows the write offset */
byte total;             /* additions, as far as it matters how many there were */

inline ring_grows_older()
{
    grow_older(sequence);
    for (i : 0 .. SLOTS - 1) {
        grow_older(seen[i])
    }
    total = total + (total < SLOTS + 3)
}

active proctype writer()
{
    byte behind; /* the sequence is, since a writer died */
publish:
    do
    :: next_number();
same_number:
       skip;
       release_fence(W1);
       store((number + SLOTS - 1) % SLOTS, NEW, RELAXED);
       store(OFFSET, NEW, W2_OFFSET);
       store(SEQUENCE, NEW + behind, W2_SEQUENCE)
    od;
died:
    taken_up;
    if
    :: cells[OFFSET] != NEW -> goto same_number
    :: cells[OFFSET] == NEW && cells[SEQUENCE] == NEW + behind -> goto publish
    :: cells[OFFSET] == NEW && cells[SEQUENCE] != NEW + behind ->
#if REPAIR
       store(SEQUENCE, NEW, RELEASE);
#else
       behind++;
#endif
       goto publish
    fi
}

#define S1 1
#define O 2
#define E(n) (4 << (n))
#define E_ALL (E(SLOTS) - 4)
#define S2 128

byte newest;      /* slot before the write offset that was loaded */
bit wrong[SLOTS]; /* a slot had another element than at the time of that write offset */

/* Element n back from the newest one is addition value - n. */
inline judge(slot)
{
    wrong[slot] = value == OLD || seen[slot] == OLD || seen[slot] != value + (newest + SLOTS - slot) % SLOTS;
    seen[slot] = OLD
}

inline load_sequence()
{
    sequence = cells[SEQUENCE];
    assert(sequence <= 4); /* or total would have to count further */
    shown = total - sequence;
    if
    :: shown > SLOTS - 1 -> shown = SLOTS - 1
    :: else
    fi
}

inline load_offset()
{
    value = cells[OFFSET];
    stale = older(value, complete_at_begin);
    back = older(value, last);
    newest = (modulo_base(value) + SLOTS - 1) % SLOTS;
    for (i : 0 .. SLOTS - 1) {
        if
        :: done & E(i) -> judge(i)
        :: else
        fi
    }
    skip
}

inline load_slot(slot)
{
    seen[slot] = cells[slot];
    if
    :: done & O -> judge(slot)
    :: else
    fi
}

/* The elements that are shown: a slot that may have been written to is dropped. */
inline choose()
{
    accepts = sequence != OLD && (shown == 0 || written < SLOTS - 1);
    if
    :: shown > 0 && shown + written + DROP > SLOTS - 1 -> shown = SLOTS - 1 - written - DROP
    :: else
    fi;
    i = 0;
    do
    :: accepts && i < shown -> torn = torn || wrong[(newest + SLOTS - i) % SLOTS]; i++
    :: else -> break
    od;
    skip
}

#if OFFSET_FIRST
#define ready_s1 ready(S1, O, R1_OFFSET * O)
#define ready_o ready(O, 0, 0)
#else
#define ready_s1 ready(S1, 0, 0)
#define ready_o ready(O, S1, R1_SEQUENCE * S1)
#endif
#define ready_e(slot) ready(E(slot), S1 | O, R1_SEQUENCE * S1 | R1_OFFSET * (S1 | O))

active proctype reader()
{
    byte shown, written; /* t - s */
    bit accepts;
again:
    begin_read();
    do
    :: d_step { ready_s1 -> load_sequence() }
    :: d_step { ready_o -> load_offset() }
    :: d_step { ready_e(0) -> load_slot(0) }
    :: d_step { ready_e(1) -> load_slot(1) }
    :: d_step { ready_e(2) -> load_slot(2) }
#if SLOTS > 3
    :: d_step { ready_e(3) -> load_slot(3) }
#endif
    :: d_step { ready(S2, S1 | O | E_ALL, S1 | R1_OFFSET * O | R2 * (O | E_ALL)) ->
                written = sequence - cells[SEQUENCE] }
    :: d_step { done == (S1 | O | E_ALL | S2) -> choose() } break
    od;
    verdict(accepts);
    d_step {
        sequence = OLD; shown = 0; written = 0; newest = 0;
        for (i : 0 .. SLOTS - 1) {
            wrong[i] = 0;
            seen[i] = OLD
        }
        skip
    }
    end_read();
    goto again
}
