/*
 * Phases of work shared by the threads of a team: each phase consists of tiles, a thread claims one
 * at a time, and the phase ends when all its tiles are complete, by any threads. Unlike at a
 * barrier, no thread waits for one that has no tile: a descheduled thread joins the current phase
 * when it runs again. A thread claims its own share first, which keeps its data in its cache, then
 * the remaining tiles.
 */
#ifndef NNFS_BASE_PHASES_H
#define NNFS_BASE_PHASES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* The number of no phase: all are over. */
#define PHASES_OVER UINT64_MAX

typedef struct phases {
    _Alignas(64) atomic_uint_fast64_t current; /* number of the phase, only ever growing */
    _Alignas(64) atomic_int finished;          /* tiles of it */
    atomic_uint_fast64_t *claimed; /* [tiles] number + 1 of the last phase it was claimed in */
    int tiles;
} phases;

/* Phases of at most `tiles` tiles, in the caller's memory [tiles]. */
void phases_init(phases *phases, atomic_uint_fast64_t *claimed, int tiles);

/* Begins phase 0 anew, while no thread is at work. */
void phases_begin(phases *phases);

/*
 * Claims a tile of a phase for thread `thread` of `threads`; -1 when all `tiles` are taken, or the
 * phase is over. *from, 0 at first, is where the search stands.
 */
int phases_claim(phases *phases, uint64_t phase, int tiles, int thread, int threads, int *from);

/*
 * A claimed tile is finished. True for the last one of the phase: the caller, alone, sees all that
 * was done in it, and must call phases_advance.
 */
bool phases_finish(phases *phases, int tiles);

/* Begins another phase: a larger number than all before it, or PHASES_OVER. */
void phases_advance(phases *phases, uint64_t next);

/* The number of the current phase. */
uint64_t phases_current(const phases *phases);

/* Waits until `phase` is over, and returns the one that is current then. */
uint64_t phases_wait(const phases *phases, uint64_t phase);

#endif
