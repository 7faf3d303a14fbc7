/*
 * How many cores this process may use. The kernel's scheduler knows two limits: a mask
 * of CPUs, which OpenMP reads, and a quota of CPU time a period, which containers are
 * given and nobody reads.
 */
#include "base/cpu.h"

#include <limits.h>
#include <omp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Control groups ------------------------------------------------------------------------- */

/* The first line of a file; false if there is none. */
static bool read_line(const char *path, char *line, int size)
{
    FILE *file = fopen(path, "re");
    bool read = file && fgets(line, size, file);
    if (file) {
        (void)fclose(file);
    }
    return read;
}

/* The numbers in version 2's "150000 100000" or "max 100000"; microseconds. */
static bool read_version_2(const char *folder, long long *quota, long long *period)
{
    char path[PATH_MAX];
    char line[64];
    (void)snprintf(path, sizeof path, "%s/cpu.max", folder);
    return read_line(path, line, sizeof line) && sscanf(line, "%lld %lld", quota, period) == 2;
}

/* Version 1 has a file for each, and -1 is no limit. */
static bool read_version_1(const char *folder, long long *quota, long long *period)
{
    char path[PATH_MAX];
    char line[64];
    (void)snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", folder);
    if (!read_line(path, line, sizeof line) || sscanf(line, "%lld", quota) != 1) {
        return false;
    }
    (void)snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
    return read_line(path, line, sizeof line) && sscanf(line, "%lld", period) == 1;
}

typedef bool quota_reader(const char *folder, long long *quota, long long *period);

static int smaller_limit(int limit, long long quota, long long period)
{
    if (quota <= 0 || period <= 0) {
        return limit;
    }
    long long cores = quota / period + (quota % period != 0);
    return cores < INT_MAX && (limit == 0 || cores < limit) ? (int)cores : limit;
}

/*
 * The smallest limit from the group up to the mount. Seen from inside a container the group's own
 * folder may be absent, and the mount is the container's group.
 */
static int group_limit(const char *mount, const char *group, quota_reader *read)
{
    char folder[PATH_MAX - 32]; /* leaves room for a file's name */
    long long quota;
    long long period;
    int limit = 0;
    (void)snprintf(folder, sizeof folder, "%s%s", mount, strstr(group, "/..") ? "" : group);
    for (char *end = folder + strlen(folder); end && end >= folder + strlen(mount);) {
        *end = '\0';
        if (read(folder, &quota, &period)) {
            limit = smaller_limit(limit, quota, period);
        }
        end = strrchr(folder, '/');
    }
    return limit;
}

/* Whether "cpu" is one of the controllers "cpu,cpuacct". */
static bool has_cpu(const char *controllers)
{
    for (const char *at = controllers; *at != '\0'; at += strcspn(at, ",")) {
        at += *at == ',';
        if (strncmp(at, "cpu", 3) == 0 && (at[3] == ',' || at[3] == '\0')) {
            return true;
        }
    }
    return false;
}

/* The limit in a line of /proc/self/cgroup: "0::/group", or "4:cpu,cpuacct:/group". */
static int line_limit(const char *root, char *line)
{
    char mount[PATH_MAX / 2];
    line[strcspn(line, "\n")] = '\0';
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group) {
        return 0;
    }
    *controllers++ = *group++ = '\0';
    bool version_2 = *controllers == '\0';
    if (!version_2 && !has_cpu(controllers)) {
        return 0;
    }
    (void)snprintf(mount, sizeof mount, "%s/sys/fs/cgroup%s", root, version_2 ? "" : "/cpu");
    return group_limit(mount, group, version_2 ? read_version_2 : read_version_1);
}

int cpu_quota(const char *root)
{
    char path[PATH_MAX];
    char *line = NULL;
    size_t size = 0;
    int least = 0;
    (void)snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "re");
    while (file && getline(&line, &size, file) > 0) {
        int limit = line_limit(root, line);
        least = limit > 0 && (least == 0 || limit < least) ? limit : least;
    }
    if (file) {
        (void)fclose(file);
    }
    free(line);
    return least;
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

int cpu_cores(void)
{
    int cores = omp_get_num_procs();
    int quota = known_quota();
    return quota > 0 && quota < cores ? quota : cores;
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
    if (wanted > 0) {
        return wanted;
    }
    /* a number that OpenMP did not find by counting cores was asked for by somebody */
    int openmp = omp_get_max_threads();
    bool asked_for = openmp != omp_get_num_procs() || getenv("OMP_NUM_THREADS");
    return asked_for ? openmp : cpu_cores();
}
