/*
 * The control groups this process is in, whose limits containers are given: version 2 has one
 * folder for all controllers, version 1 one for each.
 */
#ifndef NNFS_PLATFORM_CGROUP_H
#define NNFS_PLATFORM_CGROUP_H

#include <stdbool.h>

/* Called with the folder of a group, in which `context` may find its limits. */
typedef void cgroup_reader(const char *folder, bool version_2, void *context);

/*
 * Looks at the groups of `controller` ("cpu") that this process is in, and all above them up to the
 * mount. `root` stands before /proc and /sys; "" is this machine.
 */
void cgroup_each(const char *root, const char *controller, cgroup_reader *reader, void *context);

/* The first line of a file in a folder; false if there is none. */
bool cgroup_read_line(const char *folder, const char *name, char *line, int size);

#endif
