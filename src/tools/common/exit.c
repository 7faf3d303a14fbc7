/* How a tool ends. */
#include "common/exit.h"

#include "common/text.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Messages ---- */

enum { LONGEST_MESSAGE = 8192 };

static bool silent;
static char last_message[512];
static void (*before_exit)(int status, const char *message);

/* Streams that were copied into files: the path of the file, and what users call the stream. */
static struct {
    char path[32];
    char name[256];
} streams[4];
static int stream_count;

void cli_name_stream(const char *path, const char *name)
{
    if (stream_count < (int)(sizeof streams / sizeof *streams)) {
        (void)snprintf(streams[stream_count].path, sizeof streams->path, "%s", path);
        (void)snprintf(streams[stream_count].name, sizeof streams->name, "%s", name);
        stream_count++;
    }
}

const char *cli_stream_path(const char *name)
{
    for (int i = 0; i < stream_count; i++) {
        if (strcmp(streams[i].name, name) == 0) {
            return streams[i].path;
        }
    }
    return NULL;
}

/* A message about the file that a stream became names the stream. */
static void show_streams(char *message, size_t size)
{
    for (int i = 0; i < stream_count; i++) {
        size_t length = strlen(streams[i].path);
        char *at = strstr(message, streams[i].path);
        if (at && !isdigit((unsigned char)at[length])) {
            char *rest = strdup(at + length);
            (void)snprintf(at, size - (size_t)(at - message), "%s%s", streams[i].name,
                           rest ? rest : "");
            free(rest);
        }
    }
}

static void say_list(const char *format, va_list arguments)
{
    char message[LONGEST_MESSAGE];
    size_t used = (size_t)snprintf(message, sizeof message, "%s: ", program_invocation_short_name);
    (void)vsnprintf(message + used, sizeof message - used, format, arguments);
    show_streams(message + used, sizeof message - used);
    (void)text_clean(message);
    (void)snprintf(last_message, sizeof last_message, "%.500s", message + used);
    if (silent) {
        return;
    }
    (void)fflush(stdout);
    text_wrap(stderr, message, stream_columns(stderr), 2);
}

void cli_message(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_list(format, arguments);
    va_end(arguments);
}

void cli_before_exit(void (*call)(int status, const char *message))
{
    before_exit = call;
}

void cli_silence(void)
{
    silent = true;
}

_Noreturn void cli_exit(int status)
{
    (void)fflush(NULL);
    if (before_exit) {
        before_exit(status, last_message);
    }
    _exit(status);
}

static void point_to_help(void)
{
    if (silent) {
        return;
    }
    (void)fprintf(stderr, "Try '%s --help'.\n", program_invocation_short_name);
}

void usage_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_list(format, arguments);
    va_end(arguments);
    point_to_help();
    cli_exit(EXIT_USAGE);
}

nnfs_status set_error(nnfs_error *error, nnfs_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error->status = status;
    (void)vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return status;
}

/* ---- Statuses ---- */

static const int exit_statuses[] = {
    [NNFS_OK] = EXIT_DONE,
    [NNFS_ERROR_ARGUMENT] = EXIT_USAGE,
    [NNFS_ERROR_MEMORY] = EXIT_CANNOT_RUN,
    [NNFS_ERROR_IO] = EXIT_CANNOT_RUN,
    [NNFS_ERROR_DATA] = EXIT_BAD_DATA,
    [NNFS_ERROR_DIVERGED] = EXIT_DIVERGED,
    [NNFS_ERROR_STOPPED] = EXIT_CANNOT_RUN, /* by something other than a signal */
    [NNFS_ERROR_BACKEND] = EXIT_CANNOT_RUN,
};

int exit_status(nnfs_status status)
{
    if (status == NNFS_ERROR_STOPPED && signal_caught()) {
        return 128 + signal_caught();
    }
    return exit_statuses[status];
}

void cli_error(const nnfs_error *error)
{
    cli_message("%s", error->message);
    if (error->status == NNFS_ERROR_ARGUMENT) {
        point_to_help();
    }
}

void cli_error_aloud(const nnfs_error *error)
{
    silent = false;
    cli_error(error);
}

int cli_finish(int status)
{
    bool failed = ferror(stdout) != 0; /* before now: the reason is forgotten */
    if (fflush(stdout) == 0 && !failed) {
        return status;
    }
    cli_message("cannot write the results%s%s", failed ? "" : ": ", failed ? "" : strerror(errno));
    if (status != EXIT_DONE) {
        return status;
    }
    return EXIT_CANNOT_RUN;
}

/* ---- Signals ---- */

static const struct {
    int number;
    const char *name;
} endings[] = {{SIGINT, "SIGINT"}, {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"}};

enum { ENDINGS = sizeof endings / sizeof *endings };

static volatile sig_atomic_t caught;
static char stopping[128]; /* what a handler says: it may not format */

static void on_signal(int signal_number)
{
    int reason = errno;
    if (caught) {
        _exit(128 + signal_number);
    }
    caught = signal_number;
    ssize_t written = write(STDERR_FILENO, stopping, strlen(stopping));
    (void)written; /* no other channel is left */
    errno = reason;
}

void signals_catch(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct sigaction hangup;
    (void)snprintf(stopping, silent ? 1 : sizeof stopping,
                   "%s%s: stopping after this batch; a second signal ends it at once\n",
                   isatty(STDERR_FILENO) ? "\n" : "", program_invocation_short_name);
    (void)sigemptyset(&action.sa_mask);
    for (int i = 0; i < ENDINGS; i++) {
        /* nohup has asked for SIGHUP to be ignored */
        if (endings[i].number != SIGHUP ||
            (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)) {
            (void)sigaction(endings[i].number, &action, NULL);
        }
    }
}

void signals_ignore_of_writes(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
}

int signal_caught(void)
{
    return caught;
}

const char *signal_name(int signal_number)
{
    int i = 0;
    while (i < ENDINGS - 1 && endings[i].number != signal_number) {
        i++;
    }
    return endings[i].name;
}
