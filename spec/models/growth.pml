/* SPDX-License-Identifier: MIT
 *
 * growth.pml - GROWTH: two batches of records, of two parts each, are added one behind the other. The last store of
 * each makes it visible: into its gate, the field size of a PADDING record in version 2, the low byte of a label size
 * in version 1 (R506). The second gate stands behind the first batch. Nothing is stored into twice. */

#define GATE(batch) (3 * (batch))
#define part(batch, n) (3 * (batch) + 1 + (n))
#define CELLS 6
#define NUMBERED 0
#define PUBLISHES GATE(1)
#include "memory.pml"

#define THERE 1

inline add(batch)
{
    if
    :: store(part(batch, 0), THERE, RELAXED); store(part(batch, 1), THERE, RELAXED)
    :: store(part(batch, 1), THERE, RELAXED); store(part(batch, 0), THERE, RELAXED)
    fi;
    store(GATE(batch), THERE, W2)
}

active proctype writer()
{
    add(0);
    add(1);
died:
    false
}

#define G(batch) (1 << (batch))
#define P(batch, n) (4 << (2 * (batch) + (n)))

#define FIRST (G(0) | P(0, 0) | P(0, 1))

byte batches, batches_before; /* that the reader finds, from the first one on until a gate is not there */
bit found[2], missing[2];     /* a gate; a part of what is behind it */

active proctype reader()
{
again:
    begin_read();
    d_step { missing[0] = 0; missing[1] = 0 }
    do
    :: d_step { ready(G(0), 0, 0) -> found[0] = cells[GATE(0)] }
    :: d_step { ready(P(0, 0), G(0), R1 * G(0)) -> missing[0] = missing[0] || !cells[part(0, 0)] }
    :: d_step { ready(P(0, 1), G(0), R1 * G(0)) -> missing[0] = missing[0] || !cells[part(0, 1)] }
    :: d_step { ready(G(1), FIRST, R1 * G(0)) -> found[1] = cells[GATE(1)] }
    :: d_step { ready(P(1, 0), FIRST | G(1), R1 * (G(0) | G(1))) -> missing[1] = missing[1] || !cells[part(1, 0)] }
    :: d_step { ready(P(1, 1), FIRST | G(1), R1 * (G(0) | G(1))) -> missing[1] = missing[1] || !cells[part(1, 1)] }
    :: done == (G(0) | G(1) | P(0, 0) | P(0, 1) | P(1, 0) | P(1, 1)) -> break
    od;
    atomic {
        batches = found[0] + (found[0] && found[1]);
        torn = batches > 0 && missing[0] || batches > 1 && missing[1];
        back = batches < batches_before;
        batches_before = batches
    }
    verdict(true);
    end_read();
    goto again
}
