/* SPDX-License-Identifier: MIT
 *
 * memory.pml - what the models share: a memory under one of three models, the numbers of publications, and a read with
 * its properties. A scheme's file defines CELLS, NUMBERED and PUBLISHES, includes this, and has a writer and a reader.
 *
 * Memory is CELLS cells. Each step of the search makes one store visible or performs one load; the steps of writer and
 * reader interleave in every way. Exactly one of the memory models is defined as 1:
 *
 *   SC    a store is visible at once; loads are performed in the order of the program.
 *   TSO   stores wait in a buffer and become visible in the order of the program; loads as in SC.
 *   WEAK  stores wait in a buffer and become visible in any order, except that those into one cell stay in order, that
 *         none passes a release fence, and that a store with release passes nothing before it. Loads are performed in
 *         any order, except that those of one cell stay in order, that none passes an acquire fence, and that nothing
 *         passes a load with acquire before it. An address that depends on a load without acquire may be guessed.
 *
 * For one writer and readers that store nothing, WEAK is what C11 promises and no more. That a store becomes visible at
 * one moment for all loses nothing there, as readers tell each other nothing, and gives "during the read" a meaning.
 *
 * Death. A writer that dies makes no further store; those that wait still become visible. As every step may be the last
 * one that the writer makes, every state of a search in which no store waits is one in which it died. */

#ifndef SC
#define SC 0
#endif
#ifndef TSO
#define TSO 0
#endif
#ifndef WEAK
#define WEAK 0
#endif
#if SC + TSO + WEAK != 1
#error exactly one memory model
#endif

/* The steps that make order, by their names in slot.h; -DW1=0 takes one away. Models with several of a kind have longer
 * names for them, and use these for what they have one of. README.md says which function each of them is. */
#ifndef W1
#define W1 1
#endif
#ifndef W2
#define W2 1
#endif
#ifndef R1
#define R1 1
#endif
#ifndef R2
#define R2 1
#endif

/* --- numbers ---------------------------------------------------------------------------------------------------------
 *
 * Publications are numbered 1, 2, 3 ... A value is modelled by the number of its publication, so that a mix, or an old
 * value, is seen for what it is. A flip is stored as that number, too, of which reader and writer look at the last bit
 * only; and where a 64-bit sequence counts publications, it is one that no reader lives to see wrap.
 *
 * The writer never ends. For the search to be finite a number is kept as its age: how many publications began since.
 * That is exact for what is in memory and in the store buffer, which have the last few only (asserted: `forgotten`).
 * What the reader holds may get older without bound; from an age on that nothing in memory reaches it is just OLD:
 * older than, and not equal to, whatever can be loaded from then on. Two numbers are compared when the later one of
 * them is loaded, so that two OLD ones never have to be. `number` is the newest modulo BASE: last bits are made of it.
 *
 * So a search covers any number of publications during a read. That it is not this abstraction that makes a scheme safe
 * is shown by two kinds of runs: a sequence that wraps (WRAP), where there are counterexamples, and plain numbers
 * (BOUND publications, and an OLD beyond that, so that all ages are exact), where there are none. */

#ifndef OLD
#define OLD 6
#endif
#ifndef BASE
#define BASE 2
#endif
#define last_bit(age) ((number + (age)) % 2)
#define modulo_base(age) ((number + OLD * BASE - (age)) % BASE)
#define older(n, than) (than != OLD && n > than)

/* A counter that is odd while a publication is under way has that one's number, plus ODD. */
#define ODD 100
#define even(age) (age < ODD)
#define complete (even(cells[PUBLISHES]) -> cells[PUBLISHES] : cells[PUBLISHES] - ODD + 1)

#ifndef BOUND
#define BOUND 255 /* the writer stops after this many publications */
#define begun 0
#else
byte begun;
#endif

byte cells[CELLS];
byte number;
hidden byte i, forgotten; /* inside a step */

inline grow_older(variable)
{
    if
    :: variable < OLD -> variable++
    :: else
    fi
}

#ifndef also_grow_older
#define also_grow_older skip /* what else the reader holds */
#endif

/* --- a read and its properties ---------------------------------------------------------------------------------------
 *
 * A publication is complete when its store into cell PUBLISHES is visible. What is accepted must be
 *   torn    no mix of several publications,
 *   stale   no older than the newest that was complete when the read began,
 *   back    no older than what the last read of this reader accepted,
 *   early   complete;
 * which together say that it was the newest complete one at a moment during the read. And
 *   stuck   a read is accepted if nothing moved during it: no store became visible, and none was waiting. So a read
 *           that begins after the writer died or stopped, wherever that was, gets an exact value at its first try.
 * Where a reader may answer that a publication is under way, it may do that instead:
 *   open    it did; searched for alone, to see that it does.
 * In WEAK, too, a read begins after the one before it has ended: in all schemes that have an order, the last load of
 * the one and the first of the other are of one cell, and the latter is an acquire.
 *
 * ONLY restricts a search to some of the properties; LIMIT to reads during which at most so many publications were
 * completed, for schemes that hold up to so many. */

#define TORN 1
#define STALE 2
#define BACK 4
#define EARLY 8
#define STUCK 16
#define OPEN 32
#ifndef ONLY
#define ONLY (TORN | STALE | BACK | EARLY | STUCK)
#endif
#ifndef LIMIT
#define LIMIT 255
#endif

short done;             /* the loads of this read that were performed, a bit each */
bit moved;              /* a store became visible during it, or was waiting */
byte flips;             /* so many publications were completed during it, as far as LIMIT counts */
byte value = OLD;       /* the number of what it loaded first */
byte last;              /* the value of the last read that was accepted */
byte complete_at_begin;
bit some, torn, stale, back, early, stuck;
bit misled;             /* a guessed address was wrong: on a real machine it is as if the loads had never been */
bit accepted, open;

/* --- stores ------------------------------------------------------------------------------------------------------- */

inline make_visible(cell, it)
{
    cells[cell] = it;
    moved = 1;
    if
    :: LIMIT < 255 && cell == PUBLISHES && even(it) && flips <= LIMIT -> flips++
    :: else
    fi
}

#define RELAXED 0
#define RELEASE 1

/* At each store the writer may die instead: so many times, and another one resumes the file (taken_up, resume()). In
 * searches for a reader that never ends it may, too, and none comes after it: fairness would let it go on for ever. */
#ifndef DEATHS
#define DEATHS 0
#endif
#ifdef TRIES
#define or_die :: goto died
#define taken_up false
#elif DEATHS
#define or_die :: deaths < DEATHS -> deaths++; goto died
#define taken_up all_visible
byte deaths;
#else
#define or_die
#define taken_up all_visible
#endif

#if SC
#define store(cell, it, order) if :: d_step { make_visible(cell, it) } or_die fi
#define release_fence(there) skip
#define all_visible true
#else

/* The store buffer. In WEAK a fence waits in it, too. It has to hold all stores between two fences: then a longer one
 * lets the writer run ahead further, but nothing pass more than before. */
#ifndef ROOM
#if WEAK
#define ROOM 5
#else
#define ROOM 3
#endif
#endif
#define FENCE CELLS
#define all_visible (waiting == 0)

byte waiting;
byte where[ROOM], what[ROOM];
bit release[ROOM];

#define store(cell, it, order) \
    if \
    :: d_step { \
           waiting < ROOM -> \
           where[waiting] = cell; what[waiting] = it; release[waiting] = WEAK * (order); \
           waiting++ \
       } \
    or_die \
    fi
#define release_fence(there) \
    d_step { \
        if \
        :: !(WEAK && there) || waiting == 0 || where[waiting - 1] == FENCE \
        :: WEAK && there && waiting > 0 && waiting < ROOM && where[waiting - 1] != FENCE -> \
           where[waiting] = FENCE; waiting++ \
        fi \
    }

inline take_out(n)
{
    waiting--;
    i = n;
    do
    :: i < waiting -> where[i] = where[i + 1]; what[i] = what[i + 1]; release[i] = release[i + 1]; i++
    :: else -> break
    od;
    where[i] = 0; what[i] = 0; release[i] = 0
}

inline leave(n)
{
    make_visible(where[n], what[n]);
    take_out(n);
    if
    :: waiting > 0 && where[0] == FENCE -> take_out(0)
    :: else
    fi
}

#define overtakes(n, m) (where[m] != where[n] && where[m] != FENCE)
#define overtakes_1(n) (n < waiting && where[n] != FENCE && !release[n] && overtakes(n, 0))
#define overtakes_2(n) (overtakes_1(n) && overtakes(n, 1))
#define overtakes_3(n) (overtakes_2(n) && overtakes(n, 2))
#define overtakes_4(n) (overtakes_3(n) && overtakes(n, 3))
#define overtakes_5(n) (overtakes_4(n) && overtakes(n, 4))
#define overtakes_6(n) (overtakes_5(n) && overtakes(n, 5))
#define overtakes_7(n) (overtakes_6(n) && overtakes(n, 6))

active proctype memory()
{
    do
    :: d_step { waiting > 0 -> leave(0) }
#if WEAK
    :: d_step { overtakes_1(1) -> leave(1) }
    :: d_step { overtakes_2(2) -> leave(2) }
    :: d_step { overtakes_3(3) -> leave(3) }
    :: d_step { overtakes_4(4) -> leave(4) }
#if ROOM == 8
    :: d_step { overtakes_5(5) -> leave(5) }
    :: d_step { overtakes_6(6) -> leave(6) }
    :: d_step { overtakes_7(7) -> leave(7) }
#endif
#endif
    od
}
#endif

/* --- the writer --------------------------------------------------------------------------------------------------- */

/* The numbers in these cells, and those on their way there, get a publication older. */
inline grow_older_in_memory(first_cell, last_cell)
{
    forgotten = 0;
    for (i : first_cell .. last_cell) {
        cells[i]++;
        forgotten = forgotten || cells[i] % ODD >= OLD
    }
#if !SC
    for (i : 0 .. ROOM - 1) {
        if
        :: i < waiting && where[i] >= first_cell && where[i] <= last_cell ->
            what[i]++;
            forgotten = forgotten || what[i] % ODD >= OLD
        :: else
        fi
    }
#endif
    assert(!forgotten)
}

/* Begins a publication: its number is of age 0 now. */
#define NEW 0
inline next_number()
{
    d_step {
        begun < BOUND -> number = (number + 1) % BASE;
#if BOUND < 255
        begun++;
#endif
        grow_older_in_memory(0, NUMBERED - 1);
        grow_older(value);
        grow_older(last);
        grow_older(complete_at_begin);
        also_grow_older
    }
}

/* The parts of a value are copied in either order. */
inline store_parts(first, second)
{
    if
    :: store(first, NEW, RELAXED); store(second, NEW, RELAXED)
    :: store(second, NEW, RELAXED); store(first, NEW, RELAXED)
    fi
}

/* Another writer takes up the file that a dead one left, after all of that one's stores. It goes on at the flip that it
 * finds in this cell: a number that the dead one did not get published is never used again, and the last bit of the
 * next one is not the flip's. */
inline resume(cell)
{
    taken_up;
    if
    :: cells[cell] % 2 == 0
    :: cells[cell] % 2 == 1 -> next_number()
    fi
}

/* --- the reader --------------------------------------------------------------------------------------------------- */

/* May this load be performed? program: all loads that stand before it; weak: those of them that it cannot overtake. */
#if WEAK
#define ready(load, program, weak) !(done & (load)) && (done & (weak)) == (weak) -> done = done | (load)
#else
#define ready(load, program, weak) !(done & (load)) && (done & (program)) == (program) -> done = done | (load)
#endif

inline begin_read()
{
    d_step {
        done = 0; moved = !all_visible; flips = 0;
        some = 0; torn = 0; stale = 0; back = 0; early = 0; misled = 0; open = 0;
        value = OLD;
        complete_at_begin = complete
    }
}

/* An address that depends on a load: where nothing orders what is loaded from there behind that load, it is guessed. */
inline guess(address, ordered)
{
    if
    :: address = 0
    :: WEAK && !(ordered) -> address = 1
    fi
}

inline follow(address, actual, ordered)
{
    if
    :: WEAK && !(ordered) -> misled = misled || address != (actual)
    :: else -> address = actual
    fi
}

/* Inside a step: loads a part of the value. */
inline load_part(cell)
{
    if
    :: !some -> some = 1; value = cells[cell]
    :: else -> torn = torn || cells[cell] != value
    fi;
    stale = stale || older(cells[cell], complete_at_begin);
    back = back || older(cells[cell], last)
}

/* Ends a read: whether the reader accepts. */
inline verdict(accepts)
{
    d_step {
        accepted = (accepts) && !misled && flips <= LIMIT;
        if
        :: misled || flips > LIMIT
        :: else ->
            if
            :: accepted ->
                early = value < complete;
                last = value;
#if ONLY & TORN
                assert(!torn);
#endif
#if ONLY & STALE
                assert(!stale);
#endif
#if ONLY & BACK
                assert(!back);
#endif
#if ONLY & EARLY
                assert(!early);
#endif
                skip
            :: else ->
                stuck = !moved && !open;
#if ONLY & STUCK
                assert(!stuck);
#endif
#if ONLY & OPEN
                open = open && !moved;
                assert(!open);
#endif
                skip
            fi
        fi
    }
}

/* What every read ends with; then the reader goes on to the next one. With TRIES it stops when a read was accepted, or
 * after so many tries (0: there is no bound to them), for searches for a reader that never ends. */
#ifdef TRIES
byte tries;
#endif
inline end_read()
{
    if
    :: accepted -> assert(accepted) /* reached, or the search says little: the runner looks */
    :: !accepted
    fi;
#ifdef TRIES
    tries = tries + (TRIES > 0);
    if
    :: accepted || (TRIES > 0 && tries == TRIES) ->
progress_reader_ended:
        false
    :: else
    fi
#endif
}
