/*
 * Cores and threads: the quota of control groups as the kernel shows it, read from a made-up root.
 */
#include "base/memory.h"
#include "platform/cpu.h"
#include "platform/memory_limit.h"

#include <ftw.h>
#include <limits.h>
#include <omp.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

/* ---- A root --------------------------------------------------------------------------------- */

static char root[64];

static int make_root(void **state)
{
    (void)state;
    (void)snprintf(root, sizeof root, "/tmp/nnfs-test-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static int remove_root(void **state)
{
    (void)state;
    return nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* Writes a file under the root, and the folders above it. */
static void put(const char *name, const char *text)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s%s", root, name);
    for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

#define V2 "/sys/fs/cgroup"
#define V1 "/sys/fs/cgroup/cpu"

static void put_v1(const char *folder, const char *quota, const char *period)
{
    char name[PATH_MAX];
    (void)snprintf(name, sizeof name, "%s/cpu.cfs_quota_us", folder);
    put(name, quota);
    (void)snprintf(name, sizeof name, "%s/cpu.cfs_period_us", folder);
    put(name, period);
}

/* ---- Quotas --------------------------------------------------------------------------------- */

static void no_groups_no_limit(void **state)
{
    (void)state;
    assert_int_equal(cpu_quota(root), 0);
    put("/proc/self/cgroup", "");
    assert_int_equal(cpu_quota(root), 0);
    put("/proc/self/cgroup", "0::/\n");
    assert_int_equal(cpu_quota(root), 0);
}

static void version_2(void **state)
{
    static const struct {
        const char *text;
        int cores;
    } cases[] = {
        {"max 100000\n", 0},
        {"100000 100000\n", 1},
        {"100001 100000\n", 2}, /* rounded up */
        {"150000 100000\n", 2},
        {"1000 100000\n", 1}, /* at least 1 */
        {"400000 100000", 4},
        {"50000 10000\n", 5},
        {"9223372036854775807 1\n", 0}, /* more than there are */
        {"100000 0\n", 0},              /* nonsense is no limit */
        {"-1 100000\n", 0},
        {"100000\n", 0},
        {"\n", 0},
        {"", 0},
    };
    (void)state;
    put("/proc/self/cgroup", "0::/\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put(V2 "/cpu.max", cases[i].text);
        assert_int_equal(cpu_quota(root), cases[i].cores);
    }
}

/* The limit of any group above holds too. */
static void groups_in_groups(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "0::/user.slice/job:7/inner\n");
    put(V2 "/user.slice/job:7/inner/cpu.max", "max 100000\n");
    put(V2 "/user.slice/cpu.max", "max 100000\n");
    assert_int_equal(cpu_quota(root), 0);
    put(V2 "/user.slice/job:7/cpu.max", "300000 100000\n");
    assert_int_equal(cpu_quota(root), 3);
    put(V2 "/user.slice/cpu.max", "800000 100000\n");
    assert_int_equal(cpu_quota(root), 3);
    put(V2 "/user.slice/cpu.max", "200000 100000\n");
    assert_int_equal(cpu_quota(root), 2);
    put(V2 "/user.slice/job:7/inner/cpu.max", "50000 100000\n");
    assert_int_equal(cpu_quota(root), 1);
    put("/proc/self/cgroup", "0::/elsewhere\n");
    assert_int_equal(cpu_quota(root), 0);
}

static void version_1(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "12:pids:/\n5:cpuset:/\n4:cpu,cpuacct:/docker/0123\n0::/\n");
    put_v1(V1, "-1\n", "100000\n");
    put_v1(V1 "/docker/0123", "250000\n", "100000\n");
    assert_int_equal(cpu_quota(root), 3);
    put("/proc/self/cgroup", "4:cpuacct,cpu:/docker/0123\n");
    assert_int_equal(cpu_quota(root), 3);
    put("/proc/self/cgroup", "4:cpu:/docker/0123\n");
    assert_int_equal(cpu_quota(root), 3);
    put("/proc/self/cgroup", "4:cpuset:/docker/0123\n3:cpuacct:/docker/0123\n");
    assert_int_equal(cpu_quota(root), 0);
}

/* Inside a container the path is that of the host, and the mount is the container's own group. */
static void seen_from_inside(void **state)
{
    (void)state;
    put_v1(V1, "150000\n", "100000\n");
    put("/proc/self/cgroup", "4:cpu,cpuacct:/docker/0123\n");
    assert_int_equal(cpu_quota(root), 2);
    put(V2 "/cpu.max", "500000 100000\n");
    put("/proc/self/cgroup", "0::/../../other\n"); /* outside its own namespace */
    assert_int_equal(cpu_quota(root), 5);
    put("/proc/self/cgroup", "4:cpu,cpuacct:/docker/0123\n0::/\n");
    assert_int_equal(cpu_quota(root), 2); /* the smaller of both */
}

static void odd_lines(void **state)
{
    (void)state;
    char line[3 * PATH_MAX];
    put(V2 "/cpu.max", "200000 100000\n");
    put("/proc/self/cgroup", "nonsense\n:\n0:\n0::\n");
    assert_int_equal(cpu_quota(root), 2); /* the last has an empty path */
    memset(line, '/', sizeof line);
    memcpy(line, "0::/a", 5);
    line[sizeof line - 1] = '\0';
    put("/proc/self/cgroup", line);
    assert_int_equal(cpu_quota(root), 2);
}

/* ---- Cores and threads ---------------------------------------------------------------------- */

/* tests/cli/cases/threads.sh narrows the mask: not every OpenMP looks at it again. */
/* The same groups' limits of memory: the least of all, and of what the machine has. */
static void memory_of_groups(void **state)
{
    (void)state;
    size_t all = memory_limit(root); /* a root without a /proc */
    assert_true(all > (size_t)64 << 20);
    put("/proc/self/cgroup", "0::/outer/inner\n");
    put(V2 "/outer/memory.max", "max\n");
    assert_true(memory_limit(root) == all);
    put(V2 "/outer/memory.max", "9223372036854775807\n");
    assert_true(memory_limit(root) == all);
    put(V2 "/outer/memory.max", "20000000\n");
    assert_int_equal(memory_limit(root), 20000000);
    put(V2 "/outer/inner/memory.max", "30000000\n");
    assert_int_equal(memory_limit(root), 20000000);
    put(V2 "/outer/inner/memory.max", "10000000\n");
    assert_int_equal(memory_limit(root), 10000000);
    put("/proc/self/cgroup", "4:cpu:/outer\n3:memory:/mine\n");
    put("/sys/fs/cgroup/memory/mine/memory.limit_in_bytes", "9223372036854771712\n");
    assert_true(memory_limit(root) == all);
    put("/sys/fs/cgroup/memory/mine/memory.limit_in_bytes", "5000000\n");
    assert_int_equal(memory_limit(root), 5000000);
}

static void counts_cores(void **state)
{
    (void)state;
    cpu_set_t mask;
    assert_int_equal(sched_getaffinity(0, sizeof mask, &mask), 0);
    int quota = cpu_quota("");
    int cores = cpu_cores();
    print_message("%d cores, quota %d\n", cores, quota);
    assert_int_equal(cores, quota > 0 && quota < CPU_COUNT(&mask) ? quota : CPU_COUNT(&mask));
}

static void counts_threads(void **state)
{
    (void)state;
    int before = omp_get_max_threads();
    assert_int_equal(cpu_threads(7), 7);
    omp_set_num_threads(omp_get_num_procs() + 3);
    assert_int_equal(cpu_threads(0), omp_get_num_procs() + 3);
    omp_set_num_threads(before);
    if (!getenv("OMP_NUM_THREADS")) {
        assert_int_equal(cpu_threads(0), cpu_cores());
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_groups_no_limit, make_root, remove_root),
        cmocka_unit_test_setup_teardown(version_2, make_root, remove_root),
        cmocka_unit_test_setup_teardown(groups_in_groups, make_root, remove_root),
        cmocka_unit_test_setup_teardown(version_1, make_root, remove_root),
        cmocka_unit_test_setup_teardown(seen_from_inside, make_root, remove_root),
        cmocka_unit_test_setup_teardown(odd_lines, make_root, remove_root),
        cmocka_unit_test_setup_teardown(memory_of_groups, make_root, remove_root),
        cmocka_unit_test(counts_cores),
        cmocka_unit_test(counts_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
