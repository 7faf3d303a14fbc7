/* What the library runs on, in words. */
#include "base/minmax.h"
#include "math/blas_runtime.h"
#include "platform/cpu.h"
#include "platform/peak.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/*
 * The first "model name : ..." line of Linux on x86; elsewhere the architecture's name. Without a
 * stream: a failed allocation would change the name, which checkpoints compare.
 */
static void describe_cpu(char cpu[64])
{
    char text[4096] = "";
    struct utsname system;
    int file = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC);
    ssize_t length = 0;
    if (file >= 0) {
        length = read(file, text, sizeof text - 1);
    }
    text[MAX(length, 0)] = '\0';
    if (file >= 0) {
        (void)close(file);
    }
    const char *line = strstr(text, "model name");
    cpu[0] = '\0';
    if ((!line || sscanf(line, "model name : %63[^\n]", cpu) != 1) && uname(&system) == 0) {
        (void)snprintf(cpu, 64, "%.63s", system.machine);
    }
}

static void describe_machine(int threads, nnfs_machine *machine)
{
    blas_info blas;
    blas_describe(&blas);
    *machine = (nnfs_machine){.cores = cpu_cores(), .threads = blas_threads(threads)};
    describe_cpu(machine->cpu);
    (void)snprintf(machine->blas, sizeof machine->blas, "%s", blas.name);
    (void)snprintf(machine->kernel, sizeof machine->kernel, "%s", blas.kernel);
    (void)snprintf(machine->better_kernel, sizeof machine->better_kernel, "%s", blas.better_kernel);
    (void)snprintf(machine->advice, sizeof machine->advice, "%s", blas.advice);
}

void nnfs_machine_describe(nnfs_machine *machine)
{
    if (!machine) {
        return;
    }
    describe_machine(0, machine);
}

nnfs_status nnfs_machine_prepare(int threads, nnfs_machine *machine, nnfs_error *error)
{
    nnfs_status status = cpu_check_threads(threads, error);
    if (status != NNFS_OK) {
        return status;
    }
    int wanted = blas_threads(threads);
    int cores = cpu_cores();
    if (machine) {
        describe_machine(threads, machine);
    }
    return blas_prepare(MIN(wanted, cores), error);
}

double nnfs_machine_peak(int threads)
{
    return peak_gflops(blas_threads(threads), NULL);
}
