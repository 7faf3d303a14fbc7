/* Packing. */
#include "base/minmax.h"
#include "base/vector.h"
#include "math/bf16.h"
#include "math/gemm_packed.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { GROUP = 16 }; /* words of a vector, and of panel rows that are packed together */

/* What the loops need of a block: the matrix walked along the panels and along k. */
typedef struct block {
    const float *x;
    ptrdiff_t along_panel, along_k; /* strides of x */
    int length;                     /* along the panels */
    int k;                          /* elements */
    int width;
    gemm_word *to; /* the panel that holds the block's first row, at the block's first depth */
    int offset;    /* of that row in it */
    ptrdiff_t panel;
} block;

/* Where row i of the block begins. */
VECTOR_INLINE gemm_word *row_at(const block *b, int i)
{
    int at = b->offset + i;
    return b->to + at / b->width * b->panel + at % b->width;
}

/* ---- Any CPU ---- */

VECTOR_INLINE uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* Up to GROUP rows of a panel, of which `valid` are the block's and the rest zeros. */
typedef void pack_rows(const block *b, int i, int valid, int group);

static void pack_rows_f32(const block *b, int i, int valid, int group)
{
    gemm_word *to = row_at(b, i);
    const float *x = b->x + i * b->along_panel;
    for (int p = 0; p < b->k; p++) {
        for (int r = 0; r < group; r++) {
            to[r] = r < valid ? bits_of(x[r * b->along_panel + p * b->along_k]) : 0;
        }
        to += b->width;
    }
}

static void pack_rows_bf16(const block *b, int i, int valid, int group)
{
    gemm_word *to = row_at(b, i);
    const float *x = b->x + i * b->along_panel;
    for (int p = 0; p < b->k; p += 2) {
        for (int r = 0; r < group; r++) {
            const float *pair = x + r * b->along_panel + p * b->along_k;
            uint32_t even = r < valid ? bf16_nearest(bits_of(pair[0])) : 0;
            uint32_t odd = r < valid && p + 1 < b->k ? bf16_nearest(bits_of(pair[b->along_k])) : 0;
            to[r] = even >> 16 | odd;
        }
        to += b->width;
    }
}

#if defined(__x86_64__)

/* ---- AVX-512 ---- */

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl")))
#define NATIVE __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))

AVX512 VECTOR_INLINE __mmask16 first(int count)
{
    return (__mmask16)((1U << MIN(count, GROUP)) - 1U);
}

/* Half of the words go to the next panel where panels are that narrow. */
AVX512 VECTOR_INLINE void store_words(const block *b, gemm_word *to, __m512i words, int group)
{
    if (b->width >= GROUP) {
        _mm512_storeu_si512(to, words);
        return;
    }
    _mm256_storeu_si256((void *)to, _mm512_castsi512_si256(words));
    if (group > GEMM_COLUMNS) {
        _mm256_storeu_si256((void *)(to + b->panel), _mm512_extracti64x4_epi64(words, 1));
    }
}

/* Rows of the matrix along the panels: the words of one depth are neighbours. */
AVX512 static void copy_rows_f32(const block *b, int i, int valid, int group)
{
    gemm_word *to = row_at(b, i);
    __mmask16 mask = first(valid);
    for (int p = 0; p < b->k; p++) {
        __m512 x = _mm512_maskz_loadu_ps(mask, b->x + i + p * b->along_k);
        store_words(b, to, _mm512_castps_si512(x), group);
        to += b->width;
    }
}

NATIVE static void copy_rows_bf16(const block *b, int i, int valid, int group)
{
    gemm_word *to = row_at(b, i);
    __mmask16 mask = first(valid);
    __m512i interleave =
        _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                         21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    for (int p = 0; p < b->k; p += 2) {
        const float *x = b->x + i + p * b->along_k;
        __m512 even = _mm512_maskz_loadu_ps(mask, x);
        __m512 odd =
            p + 1 < b->k ? _mm512_maskz_loadu_ps(mask, x + b->along_k) : _mm512_setzero_ps();
        __m512i words = (__m512i)_mm512_cvtne2ps_pbh(odd, even);
        store_words(b, to, _mm512_permutexvar_epi16(interleave, words), group);
        to += b->width;
    }
}

/* w[r] is 16 depths of row r; afterwards w[p] is the 16 rows at depth p. */
AVX512 VECTOR_INLINE void transpose(__m512i w[GROUP])
{
    __m512i t[GROUP];
    _Pragma("GCC unroll 8") for (int i = 0; i < GROUP; i += 2)
    {
        t[i] = _mm512_unpacklo_epi32(w[i], w[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(w[i], w[i + 1]);
    }
    /* w[4 g + q], lane l: rows 4 g to 4 g + 3 at depth 4 l + q */
    _Pragma("GCC unroll 4") for (int i = 0; i < GROUP; i += 4)
    {
        w[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        w[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        w[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        w[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    _Pragma("GCC unroll 4") for (int q = 0; q < 4; q++)
    {
        __m512i low_a = _mm512_shuffle_i32x4(w[q], w[4 + q], 0x44);
        __m512i high_a = _mm512_shuffle_i32x4(w[q], w[4 + q], 0xee);
        __m512i low_b = _mm512_shuffle_i32x4(w[8 + q], w[12 + q], 0x44);
        __m512i high_b = _mm512_shuffle_i32x4(w[8 + q], w[12 + q], 0xee);
        t[q] = _mm512_shuffle_i32x4(low_a, low_b, 0x88);
        t[4 + q] = _mm512_shuffle_i32x4(low_a, low_b, 0xdd);
        t[8 + q] = _mm512_shuffle_i32x4(high_a, high_b, 0x88);
        t[12 + q] = _mm512_shuffle_i32x4(high_a, high_b, 0xdd);
    }
    _Pragma("GCC unroll 16") for (int i = 0; i < GROUP; i++)
    {
        w[i] = t[i];
    }
}

AVX512 VECTOR_INLINE __m512i load_f32(const float *x, int k)
{
    return _mm512_castps_si512(_mm512_maskz_loadu_ps(first(k), x));
}

NATIVE VECTOR_INLINE __m512i load_bf16(const float *x, int k)
{
    __m512 low = _mm512_maskz_loadu_ps(first(k), x);
    __m512 high =
        k > GROUP ? _mm512_maskz_loadu_ps(first(k - GROUP), x + GROUP) : _mm512_setzero_ps();
    return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

/* Columns of the matrix along the panels: blocks of GROUP words of GROUP columns are turned. */
#define DEFINE_TURN(NAME, TARGET, LOAD, ELEMENTS)                                      \
    TARGET static void NAME(const block *b, int i, int valid, int group)               \
    {                                                                                  \
        gemm_word *to = row_at(b, i);                                                  \
        for (int p = 0; p < b->k; p += GROUP * (ELEMENTS)) {                           \
            int left = b->k - p;                                                       \
            int depth = (left + (ELEMENTS)-1) / (ELEMENTS);                            \
            __m512i words[GROUP];                                                      \
            _Pragma("GCC unroll 16") for (int r = 0; r < GROUP; r++)                   \
            {                                                                          \
                words[r] = r < valid ? LOAD(b->x + (i + r) * b->along_panel + p, left) \
                                     : _mm512_setzero_si512();                         \
            }                                                                          \
            transpose(words);                                                          \
            _Pragma("GCC unroll 16") for (int q = 0; q < GROUP; q++)                   \
            {                                                                          \
                if (q < depth) {                                                       \
                    store_words(b, to + q * b->width, words[q], group);                \
                }                                                                      \
            }                                                                          \
            to += GROUP * b->width;                                                    \
        }                                                                              \
    }
DEFINE_TURN(turn_columns_f32, AVX512, load_f32, 1)
DEFINE_TURN(turn_columns_bf16, NATIVE, load_bf16, 2)

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl");
}

static bool is_fast(gemm_dtype dtype)
{
    return has_avx512() && (dtype == GEMM_F32 || __builtin_cpu_supports("avx512bf16"));
}

static pack_rows *const fast[2][2] = {
    [GEMM_F32] = {[GEMM_PANEL_ROWS] = copy_rows_f32, [GEMM_PANEL_COLUMNS] = turn_columns_f32},
    [GEMM_BF16] = {[GEMM_PANEL_ROWS] = copy_rows_bf16, [GEMM_PANEL_COLUMNS] = turn_columns_bf16},
};

#else

static bool is_fast(gemm_dtype dtype)
{
    (void)dtype;
    return false;
}

static pack_rows *const fast[2][2] = {{NULL}};

#endif

/* ---- Both ---- */

/* A narrow group is one panel; two at a time only where vectors pack them. */
static void pack_block(const block *b, pack_rows *pack, int most)
{
    for (int i = 0; i < b->length; i += most) {
        int valid = b->length - i < most ? b->length - i : most;
        pack(b, i, valid, b->width < GROUP && valid <= b->width ? b->width : most);
    }
}

static void pack_with(const gemm_packing *packing, const float *x, int ld, int row, int column,
                      int rows, int columns, gemm_word *panels, bool vectors)
{
    bool by_rows = packing->axis == GEMM_PANEL_ROWS;
    int first_row = by_rows ? row : column, first_k = by_rows ? column : row;
    block b = {.x = x,
               .along_panel = by_rows ? 1 : ld,
               .along_k = by_rows ? ld : 1,
               .length = by_rows ? rows : columns,
               .k = by_rows ? columns : rows,
               .width = packing->width,
               .offset = first_row % packing->width,
               .panel = (ptrdiff_t)gemm_panel_at(packing->dtype, packing->width, packing->k)};
    b.to = panels + first_row / packing->width * b.panel +
           (ptrdiff_t)gemm_depth(packing->dtype, first_k) * packing->width;
    static pack_rows *const plain[2] = {pack_rows_f32, pack_rows_bf16};
    if (vectors) {
        pack_block(&b, fast[packing->dtype][packing->axis], GROUP);
    } else {
        pack_block(&b, plain[packing->dtype], GEMM_COLUMNS);
    }
}

void gemm_pack(const gemm_packing *packing, const float *x, int ld, int row, int column, int rows,
               int columns, gemm_word *panels)
{
    pack_with(packing, x, ld, row, column, rows, columns, panels, is_fast(packing->dtype));
}

void gemm_pack_plain(const gemm_packing *packing, const float *x, int ld, int row, int column,
                     int rows, int columns, gemm_word *panels)
{
    pack_with(packing, x, ld, row, column, rows, columns, panels, false);
}
