/*
 * Phases of work that a few threads share: each phase is cut into tiles, a thread claims one at a time,
 * and the phase is over when all its tiles are finished, whoever was there to do it. Unlike at a barrier
 * nobody waits for a thread that has no tile: one that the system has put aside is simply late, and goes
 * on where the others are. A thread claims its own share first, which keeps its data in its cache, and
 * then what others have left.
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

/* Room for phases of at most so many tiles. False: no memory. */
bool phases_create(phases *phases, int tiles);
void phases_free(phases *phases);

/* Begins phase 0 anew, while no thread is at work. */
void phases_begin(phases *phases);

/*
 * Claims a tile of a phase for thread `thread` of `threads`; -1 when all `tiles` are taken, or the phase
 * is over. *from, 0 at first, is where the search stands.
 */
int phases_claim(phases *phases, uint64_t phase, int tiles, int thread, int threads, int *from);

/*
 * A claimed tile is finished. True for the last one of the phase: the caller, alone, sees all that was
 * done in it, and must call phases_advance.
 */
bool phases_finish(phases *phases, int tiles);

/* Begins another phase: a larger number than all before it, or PHASES_OVER. */
void phases_advance(phases *phases, uint64_t next);

/* The number of the current phase. */
uint64_t phases_current(const phases *phases);

/* Waits until `phase` is over, and returns the one that is current then. */
uint64_t phases_wait(const phases *phases, uint64_t phase);

#endif
