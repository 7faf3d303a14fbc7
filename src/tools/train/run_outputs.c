/* The outputs of a resumed run: proven to be its own, named again, or refused. */
#include "train/run_outputs.h"

#include "common/exit.h"
#include "common/text.h"
#include "train/resume.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
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
    if (run->id[0] == '\0' && getrandom(&bits, sizeof bits, 0) == (ssize_t)sizeof bits) {
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
    const char *name = slash ? slash + 1 : path;
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

static FILE *open_list(const place *where, const char *mode, int flags)
{
    char path[PATH_MAX + sizeof "/" OUTPUT_LIST];
    (void)snprintf(path, sizeof path, "%s/%s", where->folder, OUTPUT_LIST);
    int file = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    FILE *list = file >= 0 ? fdopen(file, mode) : NULL;
    if (file >= 0 && !list) {
        (void)close(file);
    }
    return list;
}

static bool is_claimed(const place *where, const char *id)
{
    FILE *list = open_list(where, "r", O_RDONLY);
    char *line = NULL;
    size_t room = 0;
    bool claimed = false;
    while (list && getline(&line, &room, list) > 0) {
        char *name = strchr(line, ' ');
        line[strcspn(line, "\n")] = '\0';
        if (name && resume_read_word(name + 1) && strcmp(name + 1, where->name) == 0) {
            *name = '\0';
            claimed = strcmp(line, id) == 0;
        }
    }
    free(line);
    if (list) {
        (void)fclose(list);
    }
    return claimed;
}

static void claim(const place *where, const char *id)
{
    FILE *list = open_list(where, "a", O_WRONLY | O_APPEND | O_CREAT);
    if (list) {
        (void)fprintf(list, "%s ", id);
        resume_write_word(list, where->name);
        (void)fputc('\n', list);
        (void)fclose(list);
    }
}

void outputs_claim(const train_run *run)
{
    output_path outputs[OUTPUTS];
    place where;
    list_outputs(run, outputs);
    if (!run->options->checkpoint || run->id[0] == '\0') {
        return;
    }
    for (int i = 0; i < OUTPUTS; i++) {
        if (outputs[i].path && strncmp(outputs[i].path, "/dev/", 5) != 0 &&
            find_place(outputs[i].path, &where) && !is_claimed(&where, run->id)) {
            claim(&where, run->id);
        }
    }
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

static bool is_allowed(const train_run *run, const output_path *output)
{
    place where;
    if (!output->path || output->named || is_stream(output->path)) {
        return true;
    }
    if (run->id[0] == '\0' || !find_place(output->path, &where)) {
        return false;
    }
    return is_claimed(&where, run->id) ||
           (output->path == run->options->log && is_run_log(output->path, run->id));
}

nnfs_status outputs_check(const train_run *run, nnfs_error *error)
{
    output_path outputs[OUTPUTS];
    int foreign = 0;
    if (!run->checkpoint || run->options->resume_outputs) {
        return NNFS_OK;
    }
    list_outputs(run, outputs);
    for (int i = 0; i < OUTPUTS; i++) {
        if (is_allowed(run, &outputs[i])) {
            continue;
        }
        if (foreign++ == 0) {
            cli_message("%s: not known to be of this run, but it would write:",
                        run->options->resume);
        }
        char *here = realpath(".", NULL);
        bool absolute = outputs[i].path[0] == '/' || !here;
        cli_message("  %s %s%s%s", outputs[i].option, absolute ? "" : here, absolute ? "" : "/",
                    outputs[i].path);
        free(here);
    }
    return foreign == 0
               ? NNFS_OK
               : set_error(error, NNFS_ERROR_ARGUMENT,
                           "name %s again with --resume, or allow %s with --resume-outputs",
                           foreign == 1 ? "it" : "them", foreign == 1 ? "it" : "them");
}

/* ---- Named again ---- */

/* An absolute path in fresh memory, which stays until the process ends; NULL: no memory. */
static const char *absolute_path(const char *path)
{
    char *here = *path == '/' ? NULL : getcwd(NULL, 0);
    char *whole = NULL;
    int length = here ? asprintf(&whole, "%s/%s", here, path) : asprintf(&whole, "%s", path);
    free(here);
    return length < 0 ? NULL : whole;
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
            *outputs[i].path = absolute_path(*outputs[i].path);
            if (!*outputs[i].path) {
                return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
            }
        }
    }
    return NNFS_OK;
}
