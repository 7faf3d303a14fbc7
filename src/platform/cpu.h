/* The cores this process may use: those of its affinity mask, within its container's limit. */
#ifndef NNFS_PLATFORM_CPU_H
#define NNFS_PLATFORM_CPU_H

#include "base/status.h"

/* Cores to compute on, at least 1. */
int cpu_cores(void);

/*
 * The threads to compute with when `wanted` are asked for. 0 is all: what OMP_NUM_THREADS or
 * omp_set_num_threads says, else a thread a core. No more than OpenMP gives a parallel region here:
 * OMP_THREAD_LIMIT and OMP_MAX_ACTIVE_LEVELS bound them.
 */
int cpu_threads(int wanted);

/* Refuses a negative number of threads; 0 stands for all. Errors: ARGUMENT. */
nnfs_status cpu_check_threads(int threads, nnfs_error *error);

/*
 * The CPU time that control groups grant this process, in cores, rounded up; 0 is no limit. Reads
 * cpu.max (version 2) and cpu.cfs_quota_us (version 1) of its groups and of all above them. `root`
 * stands before /proc and /sys; "" is this machine.
 */
int cpu_quota(const char *root);

#endif
