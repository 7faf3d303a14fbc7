/*
 * The functions of a BLAS that CBLAS does not have: they exist or not depending on which BLAS the
 * loader found, so they are looked up by name when first needed.
 */
#ifndef NNFS_MATH_BLAS_SYMBOLS_H
#define NNFS_MATH_BLAS_SYMBOLS_H

#include <stddef.h>

/* NULL for each function that the loaded BLAS lacks. */
typedef struct blas_symbols {
    /* OpenBLAS: openblas_config.h, cblas.h */
    char *(*openblas_get_config)(void);
    char *(*openblas_get_corename)(void);
    int (*openblas_get_parallel)(void);
    int (*openblas_get_num_threads)(void);
    void (*openblas_set_num_threads)(int threads);
    /* OpenBLAS's allocator: exported by every release, in no header */
    void *(*blas_memory_alloc)(int unused);
    void (*blas_memory_free)(void *buffer);
    /* BLIS: blis.h, where dim_t is ptrdiff_t wide and arch_t an enum */
    const char *(*bli_info_get_version_str)(void);
    int (*bli_arch_query_id)(void);
    const char *(*bli_arch_string)(int arch);
    ptrdiff_t (*bli_thread_get_num_threads)(void);
    void (*bli_thread_set_num_threads)(ptrdiff_t threads);
} blas_symbols;

/* Looked up once a process. Safe from any thread. */
const blas_symbols *blas_find_symbols(void);

#endif
