/*
 * How many threads of a region take tiles: all, until other programs want the CPUs as well. Every
 * phase then waits for a thread that the system has put aside, and fewer threads may be faster, as
 * may one where there are two. Whether they are shows only by trying: where thread 0 is kept off
 * its CPU, the governor does without its last thread for a moment and compares; later it asks for
 * it back in the same manner. The bits do not depend on any of this.
 *
 * A region ends when its last thread has come, so that one that is kept off its CPU delays short
 * regions many times their length: these are opened with the threads that work, and no others.
 */
#ifndef NNFS_PROGRAM_GOVERNOR_H
#define NNFS_PROGRAM_GOVERNOR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Seconds that pass, those of thread 0 on a CPU, and steps (or equal parts of them) done. */
typedef struct governor_count {
    double seconds;
    double busy;
    int64_t steps;
} governor_count;

typedef struct governor {
    atomic_int working; /* threads 0 .. working - 1 take tiles */
    int threads;        /* of the region, at most */
    int team;           /* threads of the region that is open */
    double region;      /* seconds that the last one took */
    double window;      /* seconds that a rate is measured over */

    /* Thread 0's own. The window, which may go on from one region to the next: */
    governor_count at_start; /* of the region */
    governor_count seen;     /* in the regions before */

    /* and tried: */
    bool trying;
    bool up;            /* the next trial is of more threads, where there are more */
    int before;         /* the trial; how many worked */
    double rate_before; /* and the steps a second they did */
    double hold;        /* seconds in regions from one trial to the next */
    double ran;         /* steps observed */
    double until;       /* when there may be another trial */
} governor;

/* All of `threads` work. */
void governor_create(governor *c, int threads);

/* Threads to open a region with. */
int governor_open(governor *c);

/* Notes the seconds that the region took, with its opening and its end. */
void governor_close(governor *c, double seconds);

/*
 * A region begins and ends; what was found in earlier ones holds. The clocks may stand anywhere,
 * the steps are those of the region. All by thread 0.
 */
void governor_begin(governor *c, governor_count now);
void governor_end(governor *c, governor_count now);

/* Whether a window is over at that time and step. */
bool governor_is_due(const governor *c, double seconds, int64_t steps);

/* To be called when one is. May change `working`. */
void governor_look(governor *c, governor_count now);

#endif
