/* Clocks in seconds. */
#ifndef NNFS_BASE_CLOCK_H
#define NNFS_BASE_CLOCK_H

/* One that only goes forward, for measuring spans of time. */
double clock_seconds(void);

/* What the calling thread has spent on a CPU. */
double clock_busy_seconds(void);

#endif
