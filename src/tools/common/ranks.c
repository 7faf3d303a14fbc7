/* A tool as one rank of an MPI job. */
#include "common/ranks.h"

#include "common/exit.h"
#include "common/paths.h"
#include "common/spool.h"
#include "common/text.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FORMAT_BYTES = 16 }; /* of a format's name */

static nnfs_communicator *joined; /* for ends in the middle of the tool */

/* An end before the ranks have met: what it says on one of them is for all to know. */
static void leave_early(int status, const char *message)
{
    nnfs_communicator *communicator = joined;
    nnfs_error error;
    joined = NULL;
    nnfs_status own = NNFS_ERROR_IO;
    if (status == EXIT_DONE) {
        own = NNFS_OK;
    }
    (void)set_error(&error, own, "%s", message);
    if (nnfs_communicator_agree(communicator, own, &error) != NNFS_OK &&
        nnfs_communicator_lost(communicator)) {
        nnfs_communicator_abort(communicator, status);
    }
    nnfs_communicator_free(communicator);
}

/* Ranks that are gone before the job has begun, or while it ends, send no heartbeat that
 * could be missed. */
enum { ANSWER_SECONDS = 45 };

static void end_late(int signal)
{
    static const char sentence[] = "the ranks of the job do not answer for 45 seconds\n";
    (void)signal;
    (void)!write(STDERR_FILENO, program_invocation_short_name,
                 strlen(program_invocation_short_name));
    (void)!write(STDERR_FILENO, ": ", 2);
    (void)!write(STDERR_FILENO, sentence, sizeof sentence - 1);
    _exit(EXIT_CANNOT_RUN);
}

nnfs_communicator *ranks_join(void)
{
    nnfs_error error;
    const struct sigaction late = {.sa_handler = end_late};
    (void)sigaction(SIGALRM, &late, NULL);
    (void)alarm(ANSWER_SECONDS);
    nnfs_status status = nnfs_communicator_create(&joined, &error);
    (void)alarm(0);
    if (status != NNFS_OK) {
        cli_error(&error);
        cli_exit(EXIT_CANNOT_RUN);
    }
    if (!joined) {
        return NULL;
    }
    cli_before_exit(leave_early);
    if (nnfs_communicator_rank(joined) > 0) {
        cli_silence();
        (void)!freopen("/dev/null", "w", stdout);
    }
    return joined;
}

int ranks_threads(const nnfs_communicator *communicator)
{
    cpu_set_t own;
    int ranks = nnfs_communicator_host_ranks(communicator);
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    if (ranks == 1 || sched_getaffinity(0, sizeof own, &own) != 0) {
        return 0;
    }
    int usable = CPU_COUNT(&own);
    if ((long)usable * ranks <= cpus) { /* the launcher has given each its own */
        return 0;
    }
    if (usable > ranks) {
        return usable / ranks;
    }
    return 1;
}

int ranks_shards(const nnfs_communicator *communicator)
{
    int shards = 1;
    while (shards < nnfs_communicator_size(communicator)) {
        shards *= 2;
    }
    return shards;
}

nnfs_status ranks_data_path(const char *data, char **path, nnfs_error *error)
{
    nnfs_status status = data_path(data, path, error);
    if (status == NNFS_ERROR_IO && nnfs_communicator_rank(joined) > 0) {
        *path = strdup(data);
        status = *path ? NNFS_OK : set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    return status;
}

/* Tells the others the format that this rank sees; "": none. */
static void tell_format(const char *format)
{
    char name[FORMAT_BYTES] = "";
    (void)snprintf(name, sizeof name, "%s", text_or(format, ""));
    for (int rank = 1; rank < nnfs_communicator_size(joined); rank++) {
        (void)nnfs_communicator_send(joined, rank, name, sizeof name, NULL);
    }
}

/* What rank 0 has told; false: a rank is lost. */
static bool hear_format(char name[FORMAT_BYTES])
{
    const struct timespec spell = {.tv_nsec = 1000000};
    size_t size = 0;
    int from = 0;
    nnfs_status status = NNFS_OK;
    while (status == NNFS_OK && size == 0) {
        status = nnfs_communicator_receive(joined, &from, name, FORMAT_BYTES, &size, NULL);
        if (size == 0) {
            (void)nanosleep(&spell, NULL);
        }
    }
    return status == NNFS_OK;
}

const char *ranks_format(const char *data)
{
    static char told[FORMAT_BYTES]; /* options keep it */
    static bool asked;
    char *path = NULL;
    if (!joined || is_stream(data) || asked) {
        return *told ? told : NULL;
    }
    asked = true;
    nnfs_error error; /* what is wrong with the path is said when the data are loaded */
    const char *own = data_path(data, &path, &error) == NNFS_OK ? nnfs_dataset_format(path) : NULL;
    free(path);
    if (nnfs_communicator_rank(joined) == 0) {
        tell_format(own);
    } else if (!hear_format(told) || own) {
        *told = '\0';
    }
    return *told ? told : NULL;
}

void ranks_leave(nnfs_communicator *communicator, int status)
{
    joined = NULL;
    cli_before_exit(NULL);
    /* Here all wait for the last one to be done; from here on none has anything left to do. */
    (void)nnfs_communicator_agree(communicator, NNFS_OK, NULL);
    (void)fflush(NULL);
    if (nnfs_communicator_lost(communicator)) {
        nnfs_communicator_abort(communicator, status);
    }
    (void)alarm(ANSWER_SECONDS);
    nnfs_communicator_free(communicator);
    (void)alarm(0);
}
