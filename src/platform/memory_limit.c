/* The memory this process may use: the machine's, within the limits of its control groups
 * and its own. */
#include "platform/memory_limit.h"

#include "base/memory.h"
#include "platform/cgroup.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* Lowers *context to the group's limit; "max" is none, and so is version 1's largest number. */
static void lower_limit(const char *folder, bool version_2, void *context)
{
    size_t *least = context;
    const char *name = "memory.limit_in_bytes";
    if (version_2) {
        name = "memory.max";
    }
    char line[64];
    unsigned long long limit = 0;
    if (cgroup_read_line(folder, name, line, sizeof line) && sscanf(line, "%llu", &limit) == 1 &&
        limit > 0 && limit < *least) {
        *least = (size_t)limit;
    }
}

size_t memory_limit(const char *root)
{
    long pages = sysconf(_SC_PHYS_PAGES);
    long page = sysconf(_SC_PAGESIZE);
    size_t least = SIZE_MAX;
    if (pages > 0 && page > 0) {
        least = size_mul((size_t)pages, (size_t)page);
    }
    cgroup_each(root, "memory", lower_limit, &least);
    struct rlimit data;
    if (getrlimit(RLIMIT_DATA, &data) == 0 && data.rlim_cur < least) {
        least = (size_t)data.rlim_cur;
    }
    return least;
}
