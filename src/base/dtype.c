/*
 * Conversion of file dtypes to float. Each loop is compiled for one dtype and byte order; every
 * vector width gives the same bits.
 */
#include "base/dtype.h"

#include "base/vector.h"

#include <stdint.h>
#include <string.h>

size_t dtype_bytes(dtype type)
{
    static const unsigned char bytes[] = {
        [DTYPE_U8] = 1,  [DTYPE_I8] = 1,  [DTYPE_I16] = 2, [DTYPE_I32] = 4,
        [DTYPE_I64] = 8, [DTYPE_F16] = 2, [DTYPE_F32] = 4, [DTYPE_F64] = 8,
    };
    return bytes[type];
}

/* ---- One value ---- */

/* Words at any alignment, which may alias any type. */
typedef uint8_t word8 __attribute__((aligned(1), may_alias));
typedef uint16_t word16 __attribute__((aligned(1), may_alias));
typedef uint32_t word32 __attribute__((aligned(1), may_alias));
typedef uint64_t word64 __attribute__((aligned(1), may_alias));

VECTOR_INLINE float float_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

VECTOR_INLINE float from_u8(uint8_t bits)
{
    return (float)bits;
}

VECTOR_INLINE float from_i8(uint8_t bits)
{
    return (float)(int8_t)bits;
}

VECTOR_INLINE float from_i16(uint16_t bits)
{
    return (float)(int16_t)bits;
}

VECTOR_INLINE float from_i32(uint32_t bits)
{
    return (float)(int32_t)bits;
}

VECTOR_INLINE float from_i64(uint64_t bits)
{
    return (float)(int64_t)bits;
}

/*
 * 1 sign, 5 exponent, 10 fraction bits: the fraction moves up by 13, and the exponent's bias from
 * 15 to 127, or from all ones to all ones. A subnormal is its fraction * 2^-24; float32 has it as a
 * normal. Masks choose, because a compiler makes no vectors where a branch holds floats.
 */
VECTOR_INLINE float from_f16(uint16_t half)
{
    uint32_t magnitude = half & 0x7fffU;
    uint32_t rebias = magnitude < 0x7c00 ? 112U << 23 : 224U << 23;
    float small = (float)(int32_t)magnitude * 0x1p-24f;
    uint32_t small_bits;
    memcpy(&small_bits, &small, sizeof small_bits);
    uint32_t subnormal = 0U - (magnitude < 0x0400); /* all ones or none */
    uint32_t bits = (small_bits & subnormal) | (((magnitude << 13) + rebias) & ~subnormal);
    return float_of_bits(bits | (half & 0x8000U) << 16);
}

VECTOR_INLINE float from_f32(uint32_t bits)
{
    return float_of_bits(bits);
}

VECTOR_INLINE float from_f64(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return (float)value;
}

/* ---- Many values ---- */

typedef void converter(const void *values, size_t count, float *restrict x);

#define AS_IT_IS(word) (word)

#define CONVERTER(name, word, order, from)                                \
    VECTOR_CLONES                                                         \
    static void name(const void *values, size_t count, float *restrict x) \
    {                                                                     \
        const word *words = values;                                       \
        _Pragma("omp simd") for (size_t i = 0; i < count; i++)            \
        {                                                                 \
            x[i] = from(order(words[i]));                                 \
        }                                                                 \
    }

CONVERTER(u8_to_floats, word8, AS_IT_IS, from_u8)
CONVERTER(i8_to_floats, word8, AS_IT_IS, from_i8)
CONVERTER(i16_to_floats, word16, AS_IT_IS, from_i16)
CONVERTER(i32_to_floats, word32, AS_IT_IS, from_i32)
CONVERTER(i64_to_floats, word64, AS_IT_IS, from_i64)
CONVERTER(f16_to_floats, word16, AS_IT_IS, from_f16)
CONVERTER(f64_to_floats, word64, AS_IT_IS, from_f64)
CONVERTER(swapped_i16_to_floats, word16, __builtin_bswap16, from_i16)
CONVERTER(swapped_i32_to_floats, word32, __builtin_bswap32, from_i32)
CONVERTER(swapped_i64_to_floats, word64, __builtin_bswap64, from_i64)
CONVERTER(swapped_f16_to_floats, word16, __builtin_bswap16, from_f16)
CONVERTER(swapped_f32_to_floats, word32, __builtin_bswap32, from_f32)
CONVERTER(swapped_f64_to_floats, word64, __builtin_bswap64, from_f64)

static void f32_to_floats(const void *values, size_t count, float *restrict x)
{
    memcpy(x, values, count * sizeof *x);
}

void dtype_to_floats(dtype type, bool swapped, const void *values, size_t count, float *x)
{
    static converter *const converters[][2] = {
        [DTYPE_U8] = {u8_to_floats, u8_to_floats},
        [DTYPE_I8] = {i8_to_floats, i8_to_floats},
        [DTYPE_I16] = {i16_to_floats, swapped_i16_to_floats},
        [DTYPE_I32] = {i32_to_floats, swapped_i32_to_floats},
        [DTYPE_I64] = {i64_to_floats, swapped_i64_to_floats},
        [DTYPE_F16] = {f16_to_floats, swapped_f16_to_floats},
        [DTYPE_F32] = {f32_to_floats, swapped_f32_to_floats},
        [DTYPE_F64] = {f64_to_floats, swapped_f64_to_floats},
    };
    converters[type][swapped](values, count, x);
}
