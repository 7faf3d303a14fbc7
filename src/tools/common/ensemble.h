/* Networks whose predictions are averaged. */
#ifndef NNFS_TOOLS_COMMON_ENSEMBLE_H
#define NNFS_TOOLS_COMMON_ENSEMBLE_H

#include <nnfs/nnfs.h>

/* A network, and the data as it takes them: the same samples for all members, each prepared as its
 * network's own were. */
typedef struct ensemble_member {
    const nnfs_network *network;
    const nnfs_dataset *data;
} ensemble_member;

typedef struct ensemble {
    const ensemble_member *members; /* [count] */
    int count;                      /* 1 or more */
} ensemble;

/*
 * The mean of the members' outputs, as nnfs_predict_dataset for one; of several it is computed in
 * double, in their order. Errors: those of nnfs_predict_dataset.
 */
nnfs_status ensemble_predict(const ensemble *of, int64_t first, int64_t count, int threads,
                             float *outputs, nnfs_error *error);

#endif
