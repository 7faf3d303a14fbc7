/*
 * Where the time of a run goes: each thread notes, whenever it has finished an op, the time since
 * it finished the last one, so that the spans of a thread add up to all of its time. Without a
 * profile (NULL) a span costs the test of a pointer.
 */
#ifndef NNFS_BASE_PROFILE_H
#define NNFS_BASE_PROFILE_H

#include <stdint.h>

/* What a cell adds up to, over all threads. */
typedef struct profile_sum {
    double seconds; /* of all threads together */
    int64_t calls;
    double flops; /* 0 for all but products */
    double bytes; /* of the operands of products */
} profile_sum;

typedef struct profile profile;

/* Allocates a profile with a cell per op and one for waiting. NULL: no memory.
 * profile_free accepts NULL. */
profile *profile_create(int ops, int threads);
void profile_free(profile *p);

/*
 * Around a parallel region, by the one thread that runs then. The threads begin and end with
 * waiting, so all of the time between the two calls belongs to some cell.
 */
void profile_enter_on(profile *p);
static inline void profile_enter(profile *p)
{
    if (p) {
        profile_enter_on(p);
    }
}

void profile_leave_on(profile *p);
static inline void profile_leave(profile *p)
{
    if (p) {
        profile_leave_on(p);
    }
}

/* The calling thread of the region has finished an op on a tile. */
void profile_span(profile *p, int op, int64_t multiply_adds, int64_t elements);

/* It has waited for others. */
void profile_wait_on(profile *p);
static inline void profile_wait(profile *p)
{
    if (p) {
        profile_wait_on(p);
    }
}

/* Sums over the regions that have ended. Not while one runs. */
profile_sum profile_of_op(const profile *p, int op);
profile_sum profile_of_waiting(const profile *p);

#endif
