/* The BLAS as a process-wide resource. */
#include "math/blas_runtime.h"

#include "math/gemm.h"

#include <omp.h>
#include <stdio.h>

void blas_describe(blas_info *info)
{
    *info = (blas_info){.reentrant = true};
    (void)snprintf(info->name, sizeof info->name, "%s", gemm_default()->name);
}

void blas_enter(void)
{
}

void blas_leave(void)
{
}

int blas_threads(int wanted)
{
    return wanted > 0 ? wanted : omp_get_max_threads();
}

nnfs_status blas_prepare(int threads, nnfs_error *error)
{
    (void)threads;
    (void)error;
    return NNFS_OK;
}
