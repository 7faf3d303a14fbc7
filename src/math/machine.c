/* What the library runs on, in words. */
#include "base/cpu.h"
#include "math/blas_runtime.h"
#include "math/peak.h"

#include <stdio.h>
#include <sys/utsname.h>

/* The first "model name : ..." line of Linux on x86; elsewhere the architecture's name. */
static void describe_cpu(char cpu[64])
{
    char line[256];
    struct utsname system;
    FILE *file = fopen("/proc/cpuinfo", "re");
    cpu[0] = '\0';
    while (file && cpu[0] == '\0' && fgets(line, sizeof line, file)) {
        (void)sscanf(line, "model name : %63[^\n]", cpu);
    }
    if (file) {
        (void)fclose(file);
    }
    if (cpu[0] == '\0' && uname(&system) == 0) {
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
    return blas_prepare(wanted < cores ? wanted : cores, error);
}

double nnfs_machine_peak(int threads)
{
    return peak_gflops(blas_threads(threads), NULL);
}
