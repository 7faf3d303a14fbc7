/* How a tool starts: on the kernels its CPU deserves, and saying what would make it faster. */
#ifndef NNFS_CLI_START_H
#define NNFS_CLI_START_H

#include <nnfs/nnfs.h>

#include <stdbool.h>

/*
 * Where OpenBLAS knows faster kernels for this CPU than those it chose, the process begins again
 * with them, once: the same arguments, and OPENBLAS_CORETYPE in the environment. Where the user set
 * that, or it cannot be done, this returns. The first line of every main.
 */
void restart_on_better_kernel(char **argv);

/*
 * nnfs_machine_prepare for a tool given `threads` (0 is all); unless quiet, then says what the
 * machine could do better, and whether the threads fit it.
 */
nnfs_status prepare_machine(int threads, bool quiet, nnfs_machine *machine, nnfs_error *error);

#endif
