/*
 * How many threads of a region take tiles: all, until other programs want the CPUs as well. Every phase
 * then waits for a thread that the system has put aside, and fewer threads may be faster, as may one
 * where there are two. Whether they are shows only by trying: where thread 0 is kept off its CPU, the
 * crew does without its last thread for a moment and compares; later it asks for it back in the same
 * manner. The bits do not depend on any of this.
 */
#ifndef NNFS_TRAINING_CREW_H
#define NNFS_TRAINING_CREW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct crew {
    atomic_int working; /* threads 0 .. working - 1 take tiles */
    int threads;        /* of the region */
    double window;      /* seconds that a rate is measured over */

    /* Thread 0's own. What has been seen: */
    double began;  /* when the window did */
    double busy;   /* seconds on a CPU until then */
    int64_t steps; /* done until then */

    /* and tried: */
    bool trying;
    int before;         /* the trial; how many worked */
    double rate_before; /* and the steps a second they did */
    double hold;        /* seconds from one trial to the next */
    double until;       /* when there may be another */
} crew;

/* All of `threads` work. */
void crew_create(crew *c, int threads);

/* A region begins, at `now`; what was found in earlier ones holds. */
void crew_begin(crew *c, double now, double busy);

/* Whether a window is over: the time, and the steps (or equal parts of them) done of the region. */
bool crew_is_due(const crew *c, double now, int64_t steps);

/* By thread 0, when one is: with the seconds it has had on a CPU. May change `working`. */
void crew_look(crew *c, double now, double busy, int64_t steps);

#endif
