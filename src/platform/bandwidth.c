/* The bandwidth: each thread's best of several rounds of adding up its own share of the memory. */
#include "platform/bandwidth.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/minmax.h"
#include "base/vector.h"

#include <omp.h>

enum { ROUNDS = 5, MOST_BYTES = 128 << 20 };
/* A round reads at least so much, so that it lasts longer than the clock takes to be read. */
static const size_t round_bytes = 4 << 20;

VECTOR_CLONES
static float add_up(const float *x, size_t count)
{
    float sum = 0.0f;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < count; i++) {
        sum += x[i];
    }
    return sum;
}

/* The calling thread's best round over its share. */
static double best_rate(float *x, size_t count)
{
    double best = 0.0;
    volatile float sink = 0.0f; /* keeps the sums from being dropped */
    for (size_t i = 0; i < count; i++) {
        x[i] = 1.0f; /* the first touch: now the memory is there */
    }
    size_t bytes = count * sizeof *x;
    for (int round = 0; round < ROUNDS; round++) {
        double start = clock_seconds();
        size_t done = 0;
        do {
            sink = sink + add_up(x, count);
            done += bytes;
        } while (done < round_bytes);
        double rate = (double)done / (clock_seconds() - start);
        best = MAX(rate, best);
    }
    return best;
}

double bandwidth_measure(int threads, size_t bytes)
{
    bytes = MIN(bytes, MOST_BYTES);
    size_t share = size_round_up(bytes / sizeof(float) / (size_t)threads + 1, MEMORY_LINE_FLOATS);
    float *x = memory_alloc(size_mul(share, (size_t)threads), sizeof *x);
    double sum = 0.0;
    if (!x) {
        return 0.0;
    }
    /* Not a reduction: clang's leaves a symbol in the library that everybody sees. */
#pragma omp parallel num_threads(threads)
    {
        double rate = best_rate(x + share * (size_t)omp_get_thread_num(), share);
#pragma omp atomic
        sum += rate;
    }
    memory_free(x);
    return sum;
}
