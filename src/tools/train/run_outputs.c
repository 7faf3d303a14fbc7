/* The outputs of a resumed run: proven to be its own, named again, or refused. */
#include "train/run_outputs.h"

#include "common/exit.h"
#include "common/text.h"
#include "train/resume.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OUTPUTS = 3 };

/* A file that the run writes besides its checkpoints. */
typedef struct output_path {
    const char *option;
    const char *path; /* NULL: not wanted */
    bool named;       /* on the command line of --resume */
} output_path;

static void list_outputs(const train_run *run, output_path outputs[OUTPUTS])
{
    const train_options *options = run->options;
    outputs[0] = (output_path){"--output", options->output, options->named.output};
    outputs[1] = (output_path){"--log", options->log, options->named.log};
    outputs[2] = (output_path){"--report", options->report, options->named.report};
}

/* ---- Identifiers ---- */

void outputs_identify(train_run *run)
{
    uint64_t bits = 0;
    if (run->options->checkpoint && run->id[0] == '\0' &&
        getrandom(&bits, sizeof bits, 0) == (ssize_t)sizeof bits) {
        memcpy(run->id, text_hash(bits).text, sizeof run->id);
    }
}

/* ---- Lists of claims: "IDENTIFIER NAME" a line, the last line of a name decides ---- */

/* The folder behind all links, and the name in it, of a file that may not exist yet. */
typedef struct place {
    char folder[PATH_MAX];
    char name[NAME_MAX + 1];
} place;

static bool find_place(const char *path, place *found)
{
    char *whole = realpath(path, NULL);
    char *copy = strdup(whole ? whole : path);
    const char *slash = strrchr(whole ? whole : path, '/');
    const char *name = path;
    if (slash) {
        name = slash + 1;
    }
    size_t length = strlen(name);
    bool fits = copy && length > 0 && length < sizeof found->name;
    if (fits) {
        memcpy(found->name, name, length + 1);
        fits = realpath(dirname(copy), found->folder) != NULL;
    }
    free(copy);
    free(whole);
    return fits;
}

/* The list beside it; -1 with errno. */
static int open_list(const place *where, int flags)
{
    char path[PATH_MAX + sizeof "/" OUTPUT_LIST];
    (void)snprintf(path, sizeof path, "%s/%s", where->folder, OUTPUT_LIST);
    return open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
}

static nnfs_status fail_list(const place *where, nnfs_error *error)
{
    return set_error(error, NNFS_ERROR_IO, "%s/" OUTPUT_LIST ": %s", where->folder,
                     strerror(errno));
}

static nnfs_status find_claim(const place *where, const char *id, bool *claimed, nnfs_error *error)
{
    int file = open_list(where, O_RDONLY);
    FILE *list = NULL;
    if (file >= 0) {
        list = fdopen(file, "r");
    }
    char *line = NULL;
    size_t room = 0;
    *claimed = false;
    if (!list) {
        if (errno != ENOENT) {
            return fail_list(where, error);
        }
        return NNFS_OK;
    }
    while (getline(&line, &room, list) > 0) {
        char *name = strchr(line, ' ');
        line[strcspn(line, "\n")] = '\0';
        if (name && resume_read_word(name + 1) && strcmp(name + 1, where->name) == 0) {
            *name = '\0';
            *claimed = strcmp(line, id) == 0;
        }
    }
    nnfs_status status = NNFS_OK;
    if (ferror(list)) {
        status = fail_list(where, error);
    }
    free(line);
    (void)fclose(list);
    return status;
}

/* The line "IDENTIFIER NAME", in fresh memory; NULL: no memory. */
static char *claim_line(const place *where, const char *id)
{
    char *line = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&line, &length);
    if (!stream) {
        return NULL;
    }
    (void)fprintf(stream, "%s ", id);
    resume_write_word(stream, where->name);
    (void)fputc('\n', stream);
    bool written = !ferror(stream);
    if (fclose(stream) != 0 || !written) {
        free(line);
        return NULL;
    }
    return line;
}

static bool write_line(int file, const char *line)
{
    ssize_t written = 0;
    for (; *line; line += written) {
        written = TEMP_FAILURE_RETRY(write(file, line, strlen(line)));
        if (written < 0) {
            return false;
        }
    }
    return true;
}

/* One write, so that the lines of runs that begin together do not mix. */
static nnfs_status claim(const place *where, const char *id, nnfs_error *error)
{
    char *line = claim_line(where, id);
    if (!line) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    int file = open_list(where, O_WRONLY | O_APPEND | O_CREAT);
    bool written = file >= 0 && write_line(file, line) && (fsync(file) == 0 || errno == EINVAL);
    nnfs_status status = NNFS_OK;
    if (!written) {
        status = fail_list(where, error);
    }
    if (file >= 0) {
        (void)close(file);
    }
    free(line);
    return status;
}

/* Of a device or a pipe there is nothing to note. */
static bool is_device(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && !S_ISREG(about.st_mode);
}

static nnfs_status claim_output(const char *path, const char *id, nnfs_error *error)
{
    place where;
    bool claimed;
    if (!path || is_device(path) || !find_place(path, &where)) {
        return NNFS_OK;
    }
    TRY(find_claim(&where, id, &claimed, error));
    if (!claimed) {
        return claim(&where, id, error);
    }
    return NNFS_OK;
}

nnfs_status outputs_claim(const train_run *run, nnfs_error *error)
{
    const train_options *options = run->options;
    if (!options->checkpoint) {
        return NNFS_OK;
    }
    /* Its folder may take no new file; its first line tells, too. */
    (void)claim_output(options->log, run->id, error);
    TRY(claim_output(options->output, run->id, error));
    return claim_output(options->report, run->id, error);
}

/* ---- Whether an output is the run's ---- */

static bool is_stream(const char *path)
{
    static const char *const streams[] = {"/dev/null", "/dev/stdout", "/dev/stderr"};
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        if (strcmp(path, streams[i]) == 0) {
            return true;
        }
    }
    return false;
}

static nnfs_status find_allowed(const train_run *run, const output_path *output, bool *allowed,
                                nnfs_error *error)
{
    place where;
    *allowed = !output->path || output->named || is_stream(output->path);
    if (*allowed || run->id[0] == '\0') {
        return NNFS_OK;
    }
    if (output->path == run->options->log) {
        TRY(find_run_log(output->path, run->id, allowed, error));
    }
    if (!*allowed && find_place(output->path, &where)) {
        return find_claim(&where, run->id, allowed, error);
    }
    return NNFS_OK;
}

static void say_foreign(const output_path *output)
{
    char *here = output->path[0] == '/' ? NULL : getcwd(NULL, 0);
    cli_message("  %s %s%s%s", output->option, text_or(here, ""), here ? "/" : "", output->path);
    free(here);
}

nnfs_status outputs_check(train_run *run, nnfs_error *error)
{
    output_path outputs[OUTPUTS];
    int foreign = 0;
    if (!run->checkpoint || run->options->resume_outputs) {
        return NNFS_OK;
    }
    list_outputs(run, outputs);
    for (int i = 0; i < OUTPUTS; i++) {
        bool allowed;
        nnfs_status status = find_allowed(run, &outputs[i], &allowed, error);
        if (status != NNFS_OK) {
            return status;
        }
        run->own_log |= allowed && outputs[i].path == run->options->log && !outputs[i].named;
        if (!allowed && foreign++ == 0) {
            cli_message("%s: this run would also write, and nothing shows that they are its own:",
                        run->options->resume);
        }
        if (!allowed) {
            say_foreign(&outputs[i]);
        }
    }
    if (foreign != 0) {
        return set_error(error, NNFS_ERROR_ARGUMENT,
                         "name other files with --output, --log or --report, or allow "
                         "these with --resume-outputs");
    }
    return NNFS_OK;
}

/* ---- Named again ---- */

/* An absolute path in fresh memory; NULL: no memory. */
static char *absolute_path(const char *path)
{
    char *here = NULL;
    if (*path != '/') {
        here = getcwd(NULL, 0);
    }
    char *whole = NULL;
    int length = here ? asprintf(&whole, "%s/%s", here, path) : asprintf(&whole, "%s", path);
    free(here);
    if (length < 0) {
        return NULL;
    }
    return whole;
}

nnfs_status outputs_named(train_options *given, nnfs_error *error)
{
    const struct {
        bool named;
        const char **path;
    } outputs[] = {{given->named.output, &given->output},
                   {given->named.log, &given->log},
                   {given->named.report, &given->report}};
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        if (outputs[i].named && *outputs[i].path) {
            given->named.paths[i] = absolute_path(*outputs[i].path);
            *outputs[i].path = given->named.paths[i];
            if (!*outputs[i].path) {
                return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
            }
        }
    }
    return NNFS_OK;
}
