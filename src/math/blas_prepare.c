/*
 * Warms the BLAS up and tests it, before there is anything to lose: it gets the buffers it will
 * ever want, and all threads compute a few products of every kind at the same time.
 *
 * The matrices hold small whole numbers, and every partial sum stays below 2^24. So all orders of
 * summation, with and without fused multiply-adds, give the very same floats as the naive loops,
 * and the comparison needs no tolerance.
 */
#include "base/barrier.h"
#include "base/memory.h"
#include "math/blas_runtime.h"
#include "math/blas_symbols.h"
#include "math/gemm.h"

#include <math.h>
#include <omp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>

typedef struct test_case {
    gemm_transpose transpose_a, transpose_b;
    int m, n, k;
    float beta;
} test_case;

/*
 * The first keeps the threads inside for a while, together. The k of the fourth exceeds the
 * blocking of every kernel; the fifth takes OpenBLAS's path for small matrices.
 */
static const test_case cases[] = {
    {GEMM_N, GEMM_N, 128, 64, 300, 0.0f}, /* W A */
    {GEMM_T, GEMM_N, 61, 33, 130, 0.0f},  /* W^T D */
    {GEMM_N, GEMM_T, 67, 129, 133, 1.0f}, /* D A^T, added */
    {GEMM_N, GEMM_N, 17, 19, 1031, 1.0f}, /* deep */
    {GEMM_N, GEMM_T, 5, 7, 3, 0.0f},      /* small */
    {GEMM_T, GEMM_T, 3, 1, 29, 0.0f},     /* a column */
    {GEMM_N, GEMM_N, 67, 1, 300, 0.0f},   /* a vector */
    {GEMM_T, GEMM_N, 32, 33, 20, 0.0f},   /* turned around */
    {GEMM_T, GEMM_N, 8, 19, 1031, 0.0f},  /* in parts, added up */
};

enum {
    CASES = sizeof cases / sizeof cases[0],
    A_FLOATS = 128 * 300, /* the largest of each */
    B_FLOATS = 1031 * 19,
    C_FLOATS = 67 * 129,
    A_LIMIT = 1023, /* 1031 (deepest k) * 1023 * 15 + 1023 < 2^24 */
    B_LIMIT = 15,
};

/* Whole numbers in -limit .. limit, from a linear congruential generator. */
static void fill(float *x, size_t count, uint32_t state, uint32_t limit)
{
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        x[i] = (float)((int)((state >> 8) % (2 * limit + 1)) - (int)limit);
    }
}

/* Computes a case into c [m x n], which with beta 0 holds NaN first and else the first of A. */
static void compute(const gemm_backend *backend, const test_case *t, const float *a, const float *b,
                    float *c)
{
    for (int i = 0; i < t->m * t->n; i++) {
        c[i] = t->beta == 0.0f ? NAN : a[i % A_LIMIT];
    }
    (void)gemm_run(backend, &(gemm_product){
                                .transpose_a = t->transpose_a,
                                .transpose_b = t->transpose_b,
                                .m = t->m,
                                .n = t->n,
                                .k = t->k,
                                .alpha = 1.0f,
                                .a = a,
                                .lda = t->transpose_a == GEMM_N ? t->m : t->k,
                                .b = b,
                                .ldb = t->transpose_b == GEMM_N ? t->k : t->n,
                                .beta = t->beta,
                                .c = c,
                                .ldc = t->m,
                            });
}

static bool equal(const float *x, const float *y, int count)
{
    for (int i = 0; i < count; i++) {
        if (!(x[i] == y[i])) { /* NaN is unequal too */
            return false;
        }
    }
    return true;
}

/* Runs all cases on all threads at once; the number of the last case that came out wrong, or -1. */
static int find_wrong_case(int threads, const float *a, const float *b, const float *expected,
                           float *computed)
{
    atomic_int wrong = -1;
    barrier meeting;
    barrier_init(&meeting);
#pragma omp parallel num_threads(threads)
    {
        float *c = computed + (size_t)omp_get_thread_num() * C_FLOATS;
        const float *e = expected;
        barrier_wait(&meeting, omp_get_num_threads());
        for (int i = 0; i < CASES; i++) {
            compute(gemm_default(), &cases[i], a, b, c);
            if (!equal(c, e, cases[i].m * cases[i].n)) {
                atomic_store(&wrong, i);
            }
            e += C_FLOATS;
        }
        barrier_wait(&meeting, omp_get_num_threads());
    }
    return wrong;
}

static nnfs_status fail_case(const test_case *t, int threads, nnfs_error *error)
{
    blas_info info;
    blas_describe(&info);
    return fail(error, NNFS_ERROR_BACKEND,
                "%s%s%s computes a wrong product on %d threads: sgemm %c%c %dx%dx%d, beta %g; "
                "another BLAS, or another kernel (OPENBLAS_CORETYPE), is needed",
                info.name, info.kernel[0] ? ", kernel " : "", info.kernel, threads,
                t->transpose_a == GEMM_N ? 'N' : 'T', t->transpose_b == GEMM_N ? 'N' : 'T', t->m,
                t->n, t->k, (double)t->beta);
}

/*
 * OpenBLAS maps a buffer for each call that runs at the same time as others, when it first does,
 * keeps it, and spins forever if it cannot have it. So its allocator is asked for them now, after a
 * check that the address space has room.
 */
#define OPENBLAS_BUFFER_BYTES ((size_t)128 << 20)

/* Of address space: little of a buffer is ever touched. */
static bool has_room(size_t bytes)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *room = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    return room != MAP_FAILED && munmap(room, bytes) == 0;
}

static nnfs_status get_buffers(int threads, nnfs_error *error)
{
    const blas_symbols *blas = blas_find_symbols();
    if (gemm_default() == &gemm_naive || !blas->blas_memory_alloc || !blas->blas_memory_free ||
        !blas->openblas_get_num_threads) {
        return NNFS_OK;
    }
    /* its own threads, idle as they are, may be about to take one each */
    size_t wanted = (size_t)threads + (size_t)blas->openblas_get_num_threads() - 1;
    size_t bytes = size_mul(wanted, OPENBLAS_BUFFER_BYTES);
    void **buffers = memory_alloc((size_t)threads, sizeof *buffers);
    if (!buffers || !has_room(bytes)) {
        memory_free(buffers);
        return fail_memory(error, bytes, "the buffers of OpenBLAS");
    }
    int count = 0;
    while (count < threads && (buffers[count] = blas->blas_memory_alloc(0))) {
        count++;
    }
    for (int i = 0; i < count; i++) {
        blas->blas_memory_free(buffers[i]);
    }
    memory_free(buffers);
    if (count != threads) {
        return fail(error, NNFS_ERROR_BACKEND, "OpenBLAS has buffers for %d threads at most",
                    count);
    }
    return NNFS_OK;
}

static nnfs_status test_products(int threads, nnfs_error *error)
{
    nnfs_status status = NNFS_OK;
    size_t count =
        size_add(A_FLOATS + B_FLOATS + CASES * C_FLOATS, size_mul((size_t)threads, C_FLOATS));
    float *a = memory_alloc(count, sizeof *a);
    if (!a) {
        return fail_memory(error, size_mul(count, sizeof *a), "testing the BLAS");
    }
    float *b = a + A_FLOATS;
    float *expected = b + B_FLOATS;
    fill(a, A_FLOATS, 1, A_LIMIT);
    fill(b, B_FLOATS, 2, B_LIMIT);
    for (int i = 0; i < CASES; i++) {
        compute(&gemm_naive, &cases[i], a, b, expected + (size_t)i * C_FLOATS);
    }
    blas_enter();
    int wrong = find_wrong_case(threads, a, b, expected, expected + (size_t)CASES * C_FLOATS);
    blas_leave();
    if (wrong >= 0) {
        status = fail_case(&cases[wrong], threads, error);
    }
    memory_free(a);
    return status;
}

nnfs_status blas_prepare(int threads, nnfs_error *error)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static int prepared; /* threads that the BLAS is prepared for */
    nnfs_status status = NNFS_OK;
    int wanted = blas_threads(threads);
    (void)pthread_mutex_lock(&lock);
    if (wanted > prepared) {
        TRY_CLEANUP(get_buffers(wanted, error));
        TRY_CLEANUP(test_products(wanted, error));
        prepared = wanted;
    }
cleanup:
    (void)pthread_mutex_unlock(&lock);
    return status;
}
