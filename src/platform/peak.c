/*
 * The peak: as many independent chains of fused multiply-adds as fill two units of four
 * cycles' latency, in registers alone, in the widest vectors the CPU has; each thread's
 * best of several rounds.
 */
#include "platform/peak.h"

#include "base/clock.h"
#include "base/minmax.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { CHAINS = 12, UNROLL = 8, STEPS = 12500, ROUNDS = 40 };

/*
 * Every chain is x -> x a + b, which stays near 1. Returns a number that depends on all of them.
 * Unrolled, so that the chains live in registers under any -O and that an unlucky placement of a
 * short loop does not cost its 7 % (gcc 12, Zen 5).
 */
#define DEFINE_CHAINS(name, attributes, vector, broadcast, multiply_add)       \
    attributes static float name(void)                                         \
    {                                                                          \
        vector a = broadcast(0.999f), b = broadcast(0.001f), x[CHAINS];        \
        _Pragma("GCC unroll 12") for (int c = 0; c < CHAINS; c++)              \
        {                                                                      \
            x[c] = broadcast(1.0f + 0.001f * (float)c);                        \
        }                                                                      \
        for (int i = 0; i < STEPS; i++) {                                      \
            _Pragma("GCC unroll 96") for (int c = 0; c < UNROLL * CHAINS; c++) \
            {                                                                  \
                x[c % CHAINS] = multiply_add(x[c % CHAINS], a, b);             \
            }                                                                  \
        }                                                                      \
        float sum = 0.0f;                                                      \
        _Pragma("GCC unroll 12") for (int c = 0; c < CHAINS; c++)              \
        {                                                                      \
            sum += x[c][0];                                                    \
        }                                                                      \
        return sum;                                                            \
    }

typedef float float4 __attribute__((vector_size(16)));
#define BROADCAST_4(x)          ((float4){(x), (x), (x), (x)})
#define MULTIPLY_ADD_4(x, a, b) ((x) * (a) + (b))
DEFINE_CHAINS(chains_plain, , float4, BROADCAST_4, MULTIPLY_ADD_4)

#if defined(__x86_64__)
DEFINE_CHAINS(chains_avx2, __attribute__((target("avx2,fma"))), __m256, _mm256_set1_ps,
              _mm256_fmadd_ps)
DEFINE_CHAINS(chains_avx512, __attribute__((target("avx512f"))), __m512, _mm512_set1_ps,
              _mm512_fmadd_ps)
#endif

typedef struct unit {
    const char *name;
    int lanes;
    float (*run)(void);
} unit;

static unit best_unit(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) {
        return (unit){"AVX-512", 16, chains_avx512};
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        return (unit){"AVX2", 8, chains_avx2};
    }
#endif
    return (unit){"plain", 4, chains_plain};
}

/* The calling thread's best round. */
static double best_rate(const unit *u)
{
    double best = 0.0;
    volatile float sink = 0.0f; /* keeps the chains from being dropped */
    for (int round = 0; round < ROUNDS; round++) {
        double start = clock_seconds();
        sink = u->run();
        double rate = 2e-9 * u->lanes * UNROLL * CHAINS * STEPS / (clock_seconds() - start);
        best = MAX(rate, best);
    }
    (void)sink;
    return best;
}

double peak_gflops(int threads, const char **instructions)
{
    unit u = best_unit();
    double sum = 0.0;
    if (instructions) {
        *instructions = u.name;
    }
    /* Not a reduction: clang's leaves a symbol in the library that everybody sees. */
#pragma omp parallel num_threads(threads)
    {
        double rate = best_rate(&u);
#pragma omp atomic
        sum += rate;
    }
    return sum;
}
