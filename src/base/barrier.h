/*
 * A barrier for phases of some ten microseconds. OpenMP's own either spins for milliseconds, which
 * on a machine with other work takes the CPU from the very thread that is waited for, or sleeps at
 * once, which costs more than a phase; this one spins briefly and then gives way.
 */
#ifndef NNFS_BASE_BARRIER_H
#define NNFS_BASE_BARRIER_H

#include <stdatomic.h>

typedef struct barrier {
    atomic_int arrived;
    atomic_uint generation; /* of the barrier: how often all have met */
} barrier;

void barrier_init(barrier *meeting);

/* Waits until `threads` threads have called it. What each wrote before is seen by all after. */
void barrier_wait(barrier *meeting, int threads);

#endif
