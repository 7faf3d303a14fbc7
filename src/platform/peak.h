/*
 * The most floating-point operations a second this machine can do: what products are held against.
 */
#ifndef NNFS_PLATFORM_PEAK_H
#define NNFS_PLATFORM_PEAK_H

/*
 * Measures GFLOP/s (2 per fused multiply-add, float32) of `threads` threads together, in some
 * 10 ms. *instructions (may be NULL) names what was used: "AVX-512", "AVX2", or "plain", where a
 * multiplication and an addition stand for the fused one.
 */
double peak_gflops(int threads, const char **instructions);

#endif
