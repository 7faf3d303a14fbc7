/*
 * Whether the threads of short parallel regions come late. A region ends when its last thread has
 * come; where other programs want the CPUs that may be many times the region's own work later, and
 * a caller that works alone is done sooner. After a late region, calls with no more work go without
 * threads for a while; then one tries again.
 */
#ifndef NNFS_PROGRAM_LATE_THREADS_H
#define NNFS_PROGRAM_LATE_THREADS_H

#include <stdatomic.h>
#include <stdbool.h>

/* Any thread may call the functions below; all zero: none has come late. */
typedef struct late_threads {
    _Atomic double until; /* the time up to which threads are expected to come late */
    _Atomic double hold;  /* seconds from the last late region to then */
    _Atomic double work;  /* of that region */
} late_threads;

/* Whether a region of `work`, in any unit, had better be opened without threads;
 * times in seconds. */
bool late_threads_expected(const late_threads *l, double now, double work);

/* A region with threads has ended: the caller worked for `own` seconds, then
 * waited for `waited`. */
void late_threads_note(late_threads *l, double now, double work, double own, double waited);

#endif
