/* Seconds on a clock that only goes forward, for measuring spans of time. */
#ifndef NNFS_BASE_CLOCK_H
#define NNFS_BASE_CLOCK_H

double clock_seconds(void);

#endif
