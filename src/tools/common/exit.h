/*
 * How a tool ends: exit statuses, messages on stderr, and signals.
 *
 * Every tool exits with 0 done, 1 could not run (files, memory), 2 usage, 3 diverged, 4 bad data,
 * 128 + signal when a signal stopped it.
 */
#ifndef NNFS_TOOLS_COMMON_EXIT_H
#define NNFS_TOOLS_COMMON_EXIT_H

#include <nnfs/nnfs.h>

enum {
    EXIT_DONE = 0,
    EXIT_CANNOT_RUN = 1,
    EXIT_USAGE = 2,
    EXIT_DIVERGED = 3,
    EXIT_BAD_DATA = 4,
};

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

/* Messages about `path` call it `name`. */
void cli_name_stream(const char *path, const char *name);
/* The path that a stream of this name became; NULL: none. */
const char *cli_stream_path(const char *name);

/* "nnfs-train: " and the formatted sentence, on a line of stderr. */
void cli_message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Ends the process with all that was printed, but not in an orderly way: where memory is short, a
 * thread of OpenBLAS may never have begun, and exit() would wait for it for ever. For every end
 * before nnfs_machine_prepare has succeeded.
 */
_Noreturn void cli_exit(int status);

/* Called by cli_exit with the last message; NULL: nothing is. */
void cli_before_exit(void (*call)(int status, const char *message));

/* From here on no message is printed. */
void cli_silence(void);

/* Prints an error although the tool is silent. */
void cli_error_aloud(const nnfs_error *error);

/* Says what is wrong with the command line, points to --help, and exits with status 2. */
_Noreturn void usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Fills *error, as the library does, for what the tool itself finds wrong; returns the status. */
nnfs_status set_error(nnfs_error *error, nnfs_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The exit status that stands for `status`. */
int exit_status(nnfs_status status);

/* Says the error's sentence, with a pointer to --help where the command line is to blame. */
void cli_error(const nnfs_error *error);

/* Flushes stdout: the status to exit with, which is 1 where the results could not be written. */
int cli_finish(int status);

/*
 * From here on the first SIGINT, SIGTERM or SIGHUP is only noted, with a line on stderr; a second
 * one ends the process at once.
 */
void signals_catch(void);

/*
 * From here on a write into a closed pipe, or past the largest size a file may have, fails with a
 * reason like any other, and does not end the process with all that it has trained.
 */
void signals_ignore_of_writes(void);

/* The signal that came, 0 if none did; and what it is called. */
int signal_caught(void);
const char *signal_name(int signal_number);

#endif
