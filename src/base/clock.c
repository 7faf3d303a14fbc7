/* The monotonic clock, and that of a thread. */
#include "base/clock.h"

#include <time.h>

static double seconds_of(clockid_t which)
{
    struct timespec now;
    (void)clock_gettime(which, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double clock_seconds(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

double clock_busy_seconds(void)
{
    return seconds_of(CLOCK_THREAD_CPUTIME_ID);
}
