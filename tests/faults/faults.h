/*
 * Faults on demand: the k-th call of a kind fails. shim.c does it to a program it is preloaded
 * into, as the environment says, or to the program it is linked into, as these functions say.
 */
#ifndef NNFS_TESTS_FAULTS_H
#define NNFS_TESTS_FAULTS_H

#include <stdbool.h>

/* From here on the k-th allocation (from 1) fails, and with `always` all after it; 0: none does. */
void fault_arm_allocation(long k, bool always);

/* Ends that. Whether an allocation failed, and how many that were made meanwhile
 * are still there. */
bool fault_disarm(long *live);

#endif
