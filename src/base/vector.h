/*
 * Vectorised loops: a static function marked VECTOR_CLONES is compiled for several instruction
 * sets, of which the running CPU's best is picked when the program is loaded. With
 * -ffp-contract=off and no fast-math every clone of an elementwise loop gives the same bits. Where
 * the compiler cannot do that (not x86-64, clang before 14, or under a sanitizer) the loop is
 * compiled once, for the target at hand. Its name is its own in the whole library: what picks a
 * clone is visible to other files where clang 14 makes it.
 */
#ifndef NNFS_BASE_VECTOR_H
#define NNFS_BASE_VECTOR_H

#if !defined(__x86_64__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define VECTOR_CLONES
#elif defined(__clang__)
#if __clang_major__ >= 14 && !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
/* Features, because clang 14 takes arch=x86-64-v4 for a CPU's name, and then no CPU has it. */
#define VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define VECTOR_CLONES
#endif
#elif defined(__GNUC__)
#define VECTOR_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define VECTOR_CLONES
#endif

/* For small functions that must become part of the loop that calls them, in each of its clones. */
#define VECTOR_INLINE static inline __attribute__((always_inline))

#endif
