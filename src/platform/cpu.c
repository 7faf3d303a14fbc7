/*
 * How many cores this process may use. The kernel's scheduler knows two limits: a mask
 * of CPUs, which OpenMP reads, and a quota of CPU time a period, which containers are
 * given and no caller reads.
 */
#include "platform/cpu.h"

#include "base/minmax.h"
#include "platform/cgroup.h"

#include <limits.h>
#include <omp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- Control groups ------------------------------------------------------------------------- */

/* The numbers in version 2's "150000 100000" or "max 100000"; microseconds. */
static bool read_version_2(const char *folder, long long *quota, long long *period)
{
    char line[64];
    return cgroup_read_line(folder, "cpu.max", line, sizeof line) &&
           sscanf(line, "%lld %lld", quota, period) == 2;
}

/* Version 1 has a file for each, and -1 is no limit. */
static bool read_version_1(const char *folder, long long *quota, long long *period)
{
    char line[64];
    return cgroup_read_line(folder, "cpu.cfs_quota_us", line, sizeof line) &&
           sscanf(line, "%lld", quota) == 1 &&
           cgroup_read_line(folder, "cpu.cfs_period_us", line, sizeof line) &&
           sscanf(line, "%lld", period) == 1;
}

/* Lowers *context, cores or 0 for no limit, to the group's. */
static void read_limit(const char *folder, bool version_2, void *context)
{
    int *limit = context;
    long long quota = 0;
    long long period = 0;
    bool read = (version_2 ? read_version_2 : read_version_1)(folder, &quota, &period);
    if (!read || quota <= 0 || period <= 0) {
        return;
    }
    long long cores = quota / period + (quota % period != 0);
    if (cores < INT_MAX && (*limit == 0 || cores < *limit)) {
        *limit = (int)cores;
    }
}

int cpu_quota(const char *root)
{
    int limit = 0;
    cgroup_each(root, "cpu", read_limit, &limit);
    return limit;
}

/* ---- Cores and threads ---------------------------------------------------------------------- */

/* Read once: a quota seldom changes, and predictions of a few microseconds ask for it. */
static int known_quota(void)
{
    static atomic_int known = -1;
    int quota = atomic_load(&known);
    if (quota < 0) {
        quota = cpu_quota("");
        atomic_store(&known, quota);
    }
    return quota;
}

/* CPUs that OpenMP's threads may run on: with OMP_PROC_BIND=primary those of the
 * first thread's place. */
static int openmp_cpus(void)
{
    int all = omp_get_num_procs();
    int place = omp_get_place_num();
    if (omp_get_proc_bind() != omp_proc_bind_master || place < 0) {
        return all;
    }
    int cpus = omp_get_place_num_procs(place);
    return cpus > 0 && cpus < all ? cpus : all;
}

/* Threads that OpenMP gives a parallel region, at most. */
static int openmp_most(void)
{
    if (omp_get_active_level() >= omp_get_max_active_levels()) {
        return 1;
    }
    return omp_get_thread_limit();
}

int cpu_cores(void)
{
    int cores = openmp_cpus();
    int quota = known_quota();
    if (quota > 0 && quota < cores) {
        return quota;
    }
    return cores;
}

nnfs_status cpu_check_threads(int threads, nnfs_error *error)
{
    if (threads < 0) {
        return fail(error, NNFS_ERROR_ARGUMENT, "%d threads are asked for; 0 is all", threads);
    }
    return NNFS_OK;
}

int cpu_threads(int wanted)
{
    int threads = wanted;
    int most = openmp_most();
    if (wanted == 0) {
        /* a number that OpenMP did not find by counting cores was asked for by somebody */
        int openmp = omp_get_max_threads();
        bool asked_for = openmp != omp_get_num_procs() || getenv("OMP_NUM_THREADS");
        threads = asked_for ? openmp : cpu_cores();
    }
    return MIN(threads, most);
}
