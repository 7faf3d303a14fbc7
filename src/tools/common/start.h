/* How a tool starts: on the kernels its CPU deserves, and saying what would make it faster. */
#ifndef NNFS_TOOLS_COMMON_START_H
#define NNFS_TOOLS_COMMON_START_H

#include <nnfs/nnfs.h>

#include <stdbool.h>

/*
 * The process begins again, once, with the same arguments, where OpenBLAS does better by its
 * environment: with OPENBLAS_CORETYPE where it knows faster kernels for this CPU than those it
 * chose, and with OPENBLAS_THREAD_TIMEOUT where it has threads of its own, which would else ask for
 * work without a pause for the first 0.1 s and get in the way of ours. What the user set holds;
 * where nothing is left to do, or it cannot be done, this returns. The first line of every main.
 */
void restart_with_better_blas(char **argv);

/*
 * nnfs_machine_prepare for a tool given `threads` (0 is all); unless quiet, then says what the
 * machine could do better, and whether the threads fit it.
 */
nnfs_status prepare_machine(int threads, bool quiet, nnfs_machine *machine, nnfs_error *error);

#endif
