/*
 * The kernels. Each keeps its tile of C in registers while it walks the depth: a few vectors of A,
 * loaded, times columns of B, broadcast. 32 x 8 is 16 sums in AVX-512, which cover the latency of
 * two units, and loads 10 words or vectors for 16 multiply-adds.
 */
#include "math/gemm_micro.h"

#include "base/vector.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/*
 * NAME(tile, ...) adds vectors * LANES rows and `columns` columns, which are constants where it
 * becomes part of a kernel.
 */
#define DEFINE_BLOCK(NAME, TARGET, VECTOR, LANES, LOAD, STORE, BROADCAST, ADD)            \
    TARGET VECTOR_INLINE void NAME(const gemm_tile *t, int vectors, int columns, int row, \
                                   int column, ptrdiff_t b_depth, ptrdiff_t b_column)     \
    {                                                                                     \
        const float *a = t->a + row;                                                      \
        const float *b = t->b + column * b_column;                                        \
        float *c = t->c + row + column * t->ldc;                                          \
        VECTOR sum[16];                                                                   \
        _Pragma("GCC unroll 16") for (int s = 0; s < vectors * columns; s++)              \
        {                                                                                 \
            sum[s] = BROADCAST(0.0f);                                                     \
        }                                                                                 \
        if (t->add) {                                                                     \
            _Pragma("GCC unroll 16") for (int s = 0; s < vectors * columns; s++)          \
            {                                                                             \
                sum[s] = LOAD(c + s / vectors * t->ldc + s % vectors * (LANES));          \
            }                                                                             \
        }                                                                                 \
        for (int p = 0; p < t->depth; p++) {                                              \
            VECTOR x[2];                                                                  \
            _Pragma("GCC unroll 2") for (int v = 0; v < vectors; v++)                     \
            {                                                                             \
                x[v] = LOAD(a + v * (LANES));                                             \
            }                                                                             \
            _Pragma("GCC unroll 8") for (int j = 0; j < columns; j++)                     \
            {                                                                             \
                VECTOR y = BROADCAST(b[j * b_column]);                                    \
                _Pragma("GCC unroll 2") for (int v = 0; v < vectors; v++)                 \
                {                                                                         \
                    sum[j * vectors + v] = ADD(sum[j * vectors + v], x[v], y);            \
                }                                                                         \
            }                                                                             \
            a += GEMM_LANES;                                                              \
            b += b_depth;                                                                 \
        }                                                                                 \
        _Pragma("GCC unroll 16") for (int s = 0; s < vectors * columns; s++)              \
        {                                                                                 \
            STORE(c + s / vectors * t->ldc + s % vectors * (LANES), sum[s]);              \
        }                                                                                 \
    }

/* With 32 registers: the whole tile at once, or half of it where no more is wanted. */
#define DEFINE_WIDE(NAME, TARGET, BLOCK, B_DEPTH, B_COLUMN)         \
    TARGET static void NAME(const gemm_tile *t)                     \
    {                                                               \
        if (t->rows <= GEMM_LANES / 2) {                            \
            BLOCK(t, 1, GEMM_COLUMNS, 0, 0, B_DEPTH, B_COLUMN);     \
        } else if (t->columns <= GEMM_COLUMNS / 2) {                \
            BLOCK(t, 2, GEMM_COLUMNS / 2, 0, 0, B_DEPTH, B_COLUMN); \
        } else {                                                    \
            BLOCK(t, 2, GEMM_COLUMNS, 0, 0, B_DEPTH, B_COLUMN);     \
        }                                                           \
    }

/* With 16: two vectors of rows by four columns. */
#define DEFINE_NARROW(NAME, TARGET, BLOCK, LANES, B_DEPTH, B_COLUMN) \
    TARGET static void NAME(const gemm_tile *t)                      \
    {                                                                \
        for (int row = 0; row < t->rows; row += 2 * (LANES)) {       \
            for (int column = 0; column < t->columns; column += 4) { \
                BLOCK(t, 2, 4, row, column, B_DEPTH, B_COLUMN);      \
            }                                                        \
        }                                                            \
    }

/* ---- Any CPU ---- */

enum { PLAIN = 4 };
typedef float plain_floats __attribute__((vector_size(4 * PLAIN)));
typedef uint32_t plain_words __attribute__((vector_size(4 * PLAIN)));

VECTOR_INLINE plain_floats plain_load(const float *x)
{
    plain_floats y;
    memcpy(&y, x, sizeof y);
    return y;
}

VECTOR_INLINE void plain_store(float *x, plain_floats y)
{
    memcpy(x, &y, sizeof y);
}

VECTOR_INLINE plain_floats plain_broadcast(float x)
{
    return (plain_floats){x, x, x, x};
}

VECTOR_INLINE plain_floats plain_add(plain_floats sum, plain_floats x, plain_floats y)
{
    return sum + x * y;
}

VECTOR_INLINE plain_floats plain_add_pairs(plain_floats sum, plain_floats x, plain_floats y)
{
    plain_words a = (plain_words)x, b = (plain_words)y;
    sum = sum + (plain_floats)(a & 0xffff0000U) * (plain_floats)(b & 0xffff0000U);
    return sum + (plain_floats)(a << 16) * (plain_floats)(b << 16);
}

DEFINE_BLOCK(plain_f32, , plain_floats, PLAIN, plain_load, plain_store, plain_broadcast, plain_add)
DEFINE_NARROW(plain_f32_packed, , plain_f32, PLAIN, GEMM_COLUMNS, 1)
DEFINE_NARROW(plain_f32_in_place, , plain_f32, PLAIN, t->b_depth, t->b_column)
DEFINE_BLOCK(plain_bf16, , plain_floats, PLAIN, plain_load, plain_store, plain_broadcast,
             plain_add_pairs)
DEFINE_NARROW(plain_bf16_packed, , plain_bf16, PLAIN, GEMM_COLUMNS, 1)
DEFINE_NARROW(plain_bf16_in_place, , plain_bf16, PLAIN, t->b_depth, t->b_column)

static bool is_any(void)
{
    return true;
}

#define PLAIN_F32                                \
    {                                            \
        "plain", is_any,                         \
        {                                        \
            plain_f32_packed, plain_f32_in_place \
        }                                        \
    }
#define PLAIN_BF16                                 \
    {                                              \
        "plain", is_any,                           \
        {                                          \
            plain_bf16_packed, plain_bf16_in_place \
        }                                          \
    }

#if defined(__x86_64__)

/* ---- AVX2 and FMA ---- */

#define AVX2 __attribute__((target("avx2,fma")))

AVX2 VECTOR_INLINE __m256 avx2_add(__m256 sum, __m256 x, __m256 y)
{
    return _mm256_fmadd_ps(x, y, sum);
}

AVX2 VECTOR_INLINE __m256 avx2_add_pairs(__m256 sum, __m256 x, __m256 y)
{
    __m256 odd = _mm256_castsi256_ps(_mm256_set1_epi32((int)0xffff0000U));
    __m256i a = _mm256_castps_si256(x), b = _mm256_castps_si256(y);
    sum = _mm256_fmadd_ps(_mm256_and_ps(x, odd), _mm256_and_ps(y, odd), sum);
    return _mm256_fmadd_ps(_mm256_castsi256_ps(_mm256_slli_epi32(a, 16)),
                           _mm256_castsi256_ps(_mm256_slli_epi32(b, 16)), sum);
}

DEFINE_BLOCK(avx2_f32, AVX2, __m256, 8, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_set1_ps, avx2_add)
DEFINE_NARROW(avx2_f32_packed, AVX2, avx2_f32, 8, GEMM_COLUMNS, 1)
DEFINE_NARROW(avx2_f32_in_place, AVX2, avx2_f32, 8, t->b_depth, t->b_column)
DEFINE_BLOCK(avx2_bf16, AVX2, __m256, 8, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_set1_ps,
             avx2_add_pairs)
DEFINE_NARROW(avx2_bf16_packed, AVX2, avx2_bf16, 8, GEMM_COLUMNS, 1)
DEFINE_NARROW(avx2_bf16_in_place, AVX2, avx2_bf16, 8, t->b_depth, t->b_column)

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

/* ---- AVX-512 ---- */

#define AVX512 __attribute__((target("avx512f")))

AVX512 VECTOR_INLINE __m512 avx512_add(__m512 sum, __m512 x, __m512 y)
{
    return _mm512_fmadd_ps(x, y, sum);
}

AVX512 VECTOR_INLINE __m512 avx512_add_pairs(__m512 sum, __m512 x, __m512 y)
{
    __m512i odd = _mm512_set1_epi32((int)0xffff0000U);
    __m512i a = _mm512_castps_si512(x), b = _mm512_castps_si512(y);
    sum = _mm512_fmadd_ps(_mm512_castsi512_ps(_mm512_and_si512(a, odd)),
                          _mm512_castsi512_ps(_mm512_and_si512(b, odd)), sum);
    return _mm512_fmadd_ps(_mm512_castsi512_ps(_mm512_slli_epi32(a, 16)),
                           _mm512_castsi512_ps(_mm512_slli_epi32(b, 16)), sum);
}

DEFINE_BLOCK(avx512_f32, AVX512, __m512, 16, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_set1_ps,
             avx512_add)
DEFINE_WIDE(avx512_f32_packed, AVX512, avx512_f32, GEMM_COLUMNS, 1)
DEFINE_WIDE(avx512_f32_in_place, AVX512, avx512_f32, t->b_depth, t->b_column)
DEFINE_BLOCK(avx512_bf16, AVX512, __m512, 16, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_set1_ps,
             avx512_add_pairs)
DEFINE_WIDE(avx512_bf16_packed, AVX512, avx512_bf16, GEMM_COLUMNS, 1)
DEFINE_WIDE(avx512_bf16_in_place, AVX512, avx512_bf16, t->b_depth, t->b_column)

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f");
}

/* ---- AVX512_BF16 ---- */

#define NATIVE __attribute__((target("avx512f,avx512bf16")))

/* vdpbf16ps adds the product of the odd halves first, then that of the even ones. */
NATIVE VECTOR_INLINE __m512 native_add(__m512 sum, __m512 x, __m512 y)
{
    return _mm512_dpbf16_ps(sum, (__m512bh)_mm512_castps_si512(x),
                            (__m512bh)_mm512_castps_si512(y));
}

DEFINE_BLOCK(native_bf16, NATIVE, __m512, 16, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_set1_ps,
             native_add)
DEFINE_WIDE(native_bf16_packed, NATIVE, native_bf16, GEMM_COLUMNS, 1)
DEFINE_WIDE(native_bf16_in_place, NATIVE, native_bf16, t->b_depth, t->b_column)

static bool has_bf16(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bf16");
}

const gemm_micro gemm_micros[2][GEMM_MICROS] = {
    [GEMM_F32] = {{"AVX-512", has_avx512, {avx512_f32_packed, avx512_f32_in_place}},
                  {"AVX2", has_avx2, {avx2_f32_packed, avx2_f32_in_place}},
                  PLAIN_F32},
    [GEMM_BF16] = {{"AVX512_BF16", has_bf16, {native_bf16_packed, native_bf16_in_place}},
                   {"AVX-512", has_avx512, {avx512_bf16_packed, avx512_bf16_in_place}},
                   {"AVX2", has_avx2, {avx2_bf16_packed, avx2_bf16_in_place}},
                   PLAIN_BF16},
};

#else

const gemm_micro gemm_micros[2][GEMM_MICROS] = {
    [GEMM_F32] = {PLAIN_F32},
    [GEMM_BF16] = {PLAIN_BF16},
};

#endif
