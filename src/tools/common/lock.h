/* Locks on log files, so that two processes do not write to one. */
#ifndef NNFS_TOOLS_COMMON_LOCK_H
#define NNFS_TOOLS_COMMON_LOCK_H

#include <stdbool.h>

/*
 * Takes an exclusive lock (flock) on an open file until it is closed. Waits up to a second for the
 * holder: a killed process releases its lock with a delay. Returns false if another process holds
 * it; true also on file systems without locks.
 */
bool lock_file(int file);

#endif
