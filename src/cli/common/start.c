/* How a tool starts: again, if need be, because OpenBLAS chooses its kernels when it is loaded. */
#include "common/start.h"

#include "common/exit.h"
#include "common/text.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

/*
 * The path of the program that runs; false without /proc, or if it has been deleted since, or where
 * the dynamic loader was run by hand, and so is that program: the kernel then maps no other loader.
 * Running the path and not /proc/self/exe keeps the name that ps and top show.
 */
static bool own_path(char path[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
    if (length <= 0 || length >= PATH_MAX || getauxval(AT_BASE) == 0) {
        return false;
    }
    path[length] = '\0';
    return access(path, X_OK) == 0;
}

void restart_on_better_kernel(char **argv)
{
    nnfs_machine machine;
    char path[PATH_MAX];
    if (getenv("OPENBLAS_CORETYPE")) {
        return; /* as the user wishes, or the second time */
    }
    nnfs_machine_describe(&machine);
    if (machine.better_kernel[0] && own_path(path) &&
        setenv("OPENBLAS_CORETYPE", machine.better_kernel, 1) == 0) {
        (void)execv(path, argv);
        (void)unsetenv("OPENBLAS_CORETYPE"); /* the machine's advice then speaks of it */
    }
}

/* What is lost with this number of threads. */
static void advise_threads(int wanted, const nnfs_machine *machine)
{
    if (wanted > machine->threads) {
        say("%d thread%s, not %d: this BLAS takes no more", machine->threads,
            text_plural(machine->threads), wanted);
    }
    if (machine->threads > machine->cores) {
        say("%d threads on %d core%s: expect it to be slower", machine->threads, machine->cores,
            text_plural(machine->cores));
    }
}

nnfs_status prepare_machine(int threads, bool quiet, nnfs_machine *machine, nnfs_error *error)
{
    nnfs_status status = nnfs_machine_prepare(threads, machine, error);
    if (status == NNFS_OK && !quiet) {
        if (machine->advice[0]) {
            say("advice: %s", machine->advice);
        }
        advise_threads(threads, machine);
    }
    return status;
}
