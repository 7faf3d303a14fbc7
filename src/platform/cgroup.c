/* Control groups, as the kernel shows them in /proc/self/cgroup and /sys/fs/cgroup. */
#include "platform/cgroup.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool cgroup_read_line(const char *folder, const char *name, char *line, int size)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    bool read = file && fgets(line, size, file);
    if (file) {
        (void)fclose(file);
    }
    return read;
}

/*
 * From the group up to the mount. Seen from inside a container the group's own folder may be
 * absent, and the mount is the container's group.
 */
static void read_ancestors(const char *mount, const char *group, bool version_2,
                           cgroup_reader *reader, void *context)
{
    char folder[PATH_MAX - 32]; /* leaves room for a file's name */
    (void)snprintf(folder, sizeof folder, "%s%s", mount, strstr(group, "/..") ? "" : group);
    for (char *end = folder + strlen(folder); end && end >= folder + strlen(mount);) {
        *end = '\0';
        reader(folder, version_2, context);
        end = strrchr(folder, '/');
    }
}

/* Whether "cpu" is one of the controllers "cpu,cpuacct". */
static bool has_controller(const char *controllers, const char *wanted)
{
    size_t length = strlen(wanted);
    for (const char *at = controllers; *at != '\0'; at += strcspn(at, ",")) {
        at += *at == ',';
        if (strncmp(at, wanted, length) == 0 && (at[length] == ',' || at[length] == '\0')) {
            return true;
        }
    }
    return false;
}

/* A line of /proc/self/cgroup: "0::/group", or "4:cpu,cpuacct:/group". */
static void read_line(const char *root, char *line, const char *controller, cgroup_reader *reader,
                      void *context)
{
    char mount[PATH_MAX / 2];
    line[strcspn(line, "\n")] = '\0';
    char *controllers = strchr(line, ':');
    char *group = NULL;
    if (controllers) {
        group = strchr(controllers + 1, ':');
    }
    if (!group) {
        return;
    }
    *controllers++ = *group++ = '\0';
    bool version_2 = *controllers == '\0';
    if (version_2 || has_controller(controllers, controller)) {
        (void)snprintf(mount, sizeof mount, "%s/sys/fs/cgroup%s%s", root, version_2 ? "" : "/",
                       version_2 ? "" : controller);
        read_ancestors(mount, group, version_2, reader, context);
    }
}

void cgroup_each(const char *root, const char *controller, cgroup_reader *reader, void *context)
{
    char path[PATH_MAX];
    char *line = NULL;
    size_t size = 0;
    (void)snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "re");
    while (file && getline(&line, &size, file) > 0) {
        read_line(root, line, controller, reader, context);
    }
    if (file) {
        (void)fclose(file);
    }
    free(line);
}
