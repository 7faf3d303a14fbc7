/*
 * Fuzzing: what its targets share. A target is one file with LLVMFuzzerTestOneInput, which
 * hands any bytes to a reader and aborts where the reader breaks a promise; it must neither
 * fail nor leak. libFuzzer's main drives it (-Dfuzz=true, run.sh), or that of replay.c, over
 * files that are there.
 */
#ifndef NNFS_TESTS_FUZZ_H
#define NNFS_TESTS_FUZZ_H

#include <nnfs/nnfs.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Aborts, with the place, where a promise is broken: for libFuzzer a crash, kept as a file. */
#define fuzz_check(promise) fuzz_check_at(promise, #promise, __FILE__, __LINE__)
void fuzz_check_at(bool kept, const char *promise, const char *file, int line);

/* What every failure promises: the status is the error's own, with a sentence. */
void fuzz_check_error(nnfs_status status, const nnfs_error *error);

/*
 * The path of a file in memory with these bytes: readers take paths. There are FUZZ_FILES of them,
 * each the same one from input to input.
 */
enum { FUZZ_FILES = 2 };
const char *fuzz_file(int which, const uint8_t *data, size_t size);

/* A path that the process may write to, in memory where there is such a folder. */
const char *fuzz_output(void);

/*
 * Takes the next line off the input, without its end, into fresh memory that ends with a NUL; NULL
 * after the last one. A line with a NUL inside reads as a shorter one.
 */
char *fuzz_line(const uint8_t **data, size_t *size);

#endif
