/*
 * Statuses with a sentence: every function that can fail ends in `return fail(error, STATUS, ...)`.
 */
#ifndef NNFS_BASE_STATUS_H
#define NNFS_BASE_STATUS_H

#include <nnfs/nnfs.h>

/* Returns from the calling function with the status of `call` unless it is NNFS_OK. */
#define TRY(call)                        \
    do {                                 \
        nnfs_status try_status = (call); \
        if (try_status != NNFS_OK) {     \
            return try_status;           \
        }                                \
    } while (0)

/*
 * Sets the calling function's `status` to that of `call`, and goes to its label `cleanup` unless
 * it is NNFS_OK.
 */
#define TRY_CLEANUP(call)        \
    do {                         \
        status = (call);         \
        if (status != NNFS_OK) { \
            goto cleanup;        \
        }                        \
    } while (0)

/* Fills *error (may be NULL) with the status and the formatted sentence, and returns the status. */
nnfs_status fail(nnfs_error *error, nnfs_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Fills *error for a failed allocation of `bytes` for `what`, and returns NNFS_ERROR_MEMORY. */
nnfs_status fail_memory(nnfs_error *error, size_t bytes, const char *what);

/* Refuses NULL where a function needs an object, settings or an output: ARGUMENT. */
nnfs_status fail_null(nnfs_error *error, const char *argument);

#endif
