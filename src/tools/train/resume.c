/* Checkpoints noted, and gone on from. */
#include "train/resume.h"

#include "common/exit.h"
#include "common/text.h"
#include "train/presets.h"
#include "train/run_outputs.h"

#include <ctype.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOTE_COMMAND "run.command"
#define NOTE_FOLDER  "run.folder"
#define NOTE_LOG     "run.log_bytes"
#define NOTE_ID      "run.id"

static _Noreturn void out_of_memory(void)
{
    cli_message("out of memory");
    cli_exit(EXIT_CANNOT_RUN);
}

/* ---- Words as a note has them: bytes that are no plain text, and blanks, as %XX ---- */

void resume_write_word(FILE *stream, const char *word)
{
    for (const unsigned char *at = (const unsigned char *)word; *at; at++) {
        bool plain = *at < 0x80 && isgraph(*at) && *at != '%';
        (void)fprintf(stream, plain ? "%c" : "%%%02X", *at);
    }
}

static int hex_value(char digit)
{
    const char *const digits = "0123456789ABCDEF";
    const char *at = NULL;
    if (digit != '\0') {
        at = strchr(digits, digit);
    }
    if (!at) {
        return -1;
    }
    return (int)(at - digits);
}

/* Undoes resume_write_word in place; false for what it does not write. */
bool resume_read_word(char *word)
{
    char *to = word;
    for (const char *from = word; *from; to++) {
        if (*from != '%') {
            *to = *from++;
            continue;
        }
        int high = hex_value(from[1]);
        int low = -1;
        if (high >= 0) {
            low = hex_value(from[2]);
        }
        if (low < 0 || high + low == 0) {
            return false;
        }
        *to = (char)(16 * high + low);
        from += 3;
    }
    *to = '\0';
    return true;
}

/* The words of a note, in one piece of memory; NULL where it is none of ours. */
static char **read_words(const char *note, int *count)
{
    size_t length = strlen(note) + 1;
    size_t most = length / 2 + 4;
    char **words = calloc(1, (most + 1) * sizeof *words + length);
    if (!words) {
        out_of_memory();
    }
    char *rest = memcpy((char *)(words + most + 1), note, length);
    *count = 0;
    for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " ")) {
        words[(*count)++] = word;
        if (*word == '\0' || !resume_read_word(word)) {
            free(words);
            return NULL;
        }
    }
    return words;
}

/*
 * Runs of version 0.1 were plain and do not say so: names the preset before the other options,
 * unless they name one. There is room for two more words.
 */
static void name_preset(char **words, int *count)
{
    static char option[] = "--preset";
    static char plain[] = "plain";
    for (int i = 1; i < *count; i++) {
        if (strncmp(words[i], option, strlen(option)) == 0) {
            return;
        }
    }
    memmove(words + 3, words + 1, (size_t)*count * sizeof *words);
    words[1] = option;
    words[2] = plain;
    *count += 2;
}

/* ---- Going on ---- */

static _Noreturn void fail_resume(const nnfs_error *error)
{
    cli_error(error);
    cli_exit(exit_status(error->status));
}

static _Noreturn void not_of_a_run(const char *path)
{
    cli_message("%s: a checkpoint, but none that nnfs-train has made", path);
    cli_exit(EXIT_BAD_DATA);
}

static const char *note_of(const nnfs_checkpoint *checkpoint, const char *key)
{
    return nnfs_network_note(nnfs_checkpoint_network(checkpoint), key);
}

/* Where the run was started: its paths may be relative to it. */
static void go_to_folder(train_run *run)
{
    const char *note = note_of(run->checkpoint, NOTE_FOLDER);
    char *folder = strdup(text_or(note, ""));
    if (!folder) {
        out_of_memory();
    }
    if (*folder == '\0' || !resume_read_word(folder)) {
        not_of_a_run(nnfs_checkpoint_path(run->checkpoint));
    }
    if (chdir(folder) != 0) {
        cli_message("cannot go to '%s', where the run was started: %s", folder, strerror(errno));
        cli_exit(EXIT_CANNOT_RUN);
    }
    free(folder);
}

/*
 * Where the checkpoint lies is where the next ones go, also if the folder was moved: its real path.
 * A checkpoint that is a symbolic link leads nowhere else.
 */
static char *folder_of_checkpoint(const nnfs_checkpoint *checkpoint)
{
    char *copy = strdup(nnfs_checkpoint_path(checkpoint));
    char *folder = NULL;
    if (copy) {
        folder = realpath(dirname(copy), NULL);
    }
    if (!folder) {
        cli_message("%s: %s", nnfs_checkpoint_path(checkpoint), strerror(errno));
        cli_exit(EXIT_CANNOT_RUN);
    }
    free(copy);
    return folder;
}

/* The identifier of the run; "" in checkpoints of version 0.1. */
static void read_id(train_run *run)
{
    const char *id = note_of(run->checkpoint, NOTE_ID);
    size_t digits = sizeof run->id - 1;
    if (id && strlen(id) == digits && strspn(id, "0123456789abcdef") == digits) {
        memcpy(run->id, id, digits + 1);
    }
}

/* What may be given with --resume; else the run goes on to `epochs`, which an earlier --resume
 * may have raised. */
static void take_given(train_options *options, const train_options *given, int epochs)
{
    options->resume = given->resume;
    options->resume_anywhere = given->resume_anywhere;
    options->resume_outputs = given->resume_outputs;
    options->named = given->named;
    if (given->named.output) {
        options->output = given->output;
    }
    if (given->named.log) {
        options->log = given->log;
    }
    if (given->named.report) {
        options->report = given->report;
    }
    if (given->named.epochs) {
        options->train.epochs = given->train.epochs;
    } else {
        options->train.epochs = epochs;
    }
    options->epochs_given = true;
    options->quiet = given->quiet || options->quiet;
    options->profile = given->profile || options->profile;
    if (given->train.threads > 0) {
        options->train.threads = given->train.threads;
    }
}

void resume_open(train_run *run, train_options *options, char **argv)
{
    nnfs_error error = {.status = NNFS_OK};
    train_options given = *options;
    int count = 0;
    if (!given.resume) {
        return;
    }
    if (nnfs_checkpoint_open(given.resume, &run->checkpoint, &error) != NNFS_OK) {
        fail_resume(&error);
    }
    const char *command = note_of(run->checkpoint, NOTE_COMMAND);
    if (command) {
        run->words = read_words(command, &count);
    } else {
        run->words = NULL;
    }
    if (!run->words) {
        not_of_a_run(nnfs_checkpoint_path(run->checkpoint));
    }
    const char *log = note_of(run->checkpoint, NOTE_LOG);
    if (log) {
        run->log_bytes = strtoll(log, NULL, 10);
    } else {
        run->log_bytes = -1;
    }
    run->checkpoints = folder_of_checkpoint(run->checkpoint);
    read_id(run);
    if (outputs_named(&given, &error) != NNFS_OK) {
        fail_resume(&error);
    }
    go_to_folder(run);
    run->words[0] = argv[0];
    name_preset(run->words, &count);
    train_options_parse(options, count, run->words);
    int epochs = nnfs_checkpoint_settings(run->checkpoint).epochs;
    if (given.named.epochs && given.train.epochs < epochs) {
        usage_error("--epochs: the run was to have %d; with --resume it can have more, not fewer",
                    epochs);
    }
    take_given(options, &given, epochs);
    memset(given.named.paths, 0, sizeof given.named.paths); /* they are the options' now */
    options->checkpoint = run->checkpoints;
    train_options_free(&given);
    if (outputs_check(run, &error) != NNFS_OK) {
        fail_resume(&error);
    }
}

void resume_say(const train_run *run)
{
    const nnfs_checkpoint *from = run->checkpoint;
    if (nnfs_checkpoint_skip_reason(from)[0]) {
        cli_message("passed over: %s", nnfs_checkpoint_skip_reason(from));
    }
    if (run->options->quiet) {
        return;
    }
    if (nnfs_checkpoint_finished(from)) {
        cli_message("%s: the run had come to its end", nnfs_checkpoint_path(from));
    } else {
        cli_message("going on from %s: %d epoch%s and %s batch%s done", nnfs_checkpoint_path(from),
                    nnfs_checkpoint_epochs(from), text_plural(nnfs_checkpoint_epochs(from)),
                    text_count(nnfs_checkpoint_steps(from)).text,
                    nnfs_checkpoint_steps(from) == 1 ? "" : "es");
    }
}

/* ---- Being gone on from ---- */

/* The words in one text, with a preset (or NULL) behind the first; NULL: no memory. */
static char *join(char **words, const char *preset)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    for (int i = 0; stream && words[i]; i++) {
        (void)fputs(text_between(i, " "), stream);
        resume_write_word(stream, words[i]);
        if (i == 0 && preset) {
            (void)fprintf(stream, " --preset %s", preset);
        }
    }
    bool written = stream && !ferror(stream);
    if ((stream && fclose(stream) != 0) || !written) {
        free(text);
        return NULL;
    }
    return text;
}

nnfs_status resume_remember(train_run *run, char **argv, nnfs_error *error)
{
    char *here = getcwd(NULL, 0);
    char *folder[] = {here, NULL};
    const char *chosen = run->options->preset_by_data ? preset_names(run->options->preset) : NULL;
    run->command = join(run->words ? run->words : argv, chosen);
    run->folder = here ? join(folder, NULL) : NULL;
    free(here);
    if (run->command && run->folder) {
        return NNFS_OK;
    }
    return set_error(error, NNFS_ERROR_MEMORY, "out of memory, or in a folder that is gone");
}

void resume_free(train_run *run)
{
    nnfs_checkpoint_free(run->checkpoint);
    free(run->checkpoints);
    free(run->words);
    free(run->command);
    free(run->folder);
}

/* The log is on the disk before a checkpoint counts on it; of one that is not, lines
 * may be lost. */
static nnfs_status note_log(train_run *run)
{
    char bytes[32];
    long at = -1;
    if (run->log) {
        at = ftell(run->log);
    }
    if (at >= 0) {
        run->logged = run->logged && (fsync(fileno(run->log)) == 0 || errno == EINVAL);
        (void)snprintf(bytes, sizeof bytes, "%ld", at);
    }
    if (at < 0) {
        return NNFS_OK;
    }
    return nnfs_network_set_note(run->network, NOTE_LOG, bytes, NULL);
}

nnfs_status resume_on_checkpoint(void *user, const char *path, const nnfs_error *failed)
{
    train_run *run = user;
    if (path) {
        if (failed) {
            progress_clear(&run->progress);
            cli_message("no checkpoint: %s", failed->message);
        }
        return NNFS_OK;
    }
    TRY(nnfs_network_set_note(run->network, NOTE_COMMAND, run->command, NULL));
    TRY(nnfs_network_set_note(run->network, NOTE_FOLDER, run->folder, NULL));
    if (run->id[0]) {
        TRY(nnfs_network_set_note(run->network, NOTE_ID, run->id, NULL));
    }
    return note_log(run);
}

void resume_forget_notes(train_run *run)
{
    static const char *const notes[] = {NOTE_COMMAND, NOTE_FOLDER, NOTE_LOG, NOTE_ID};
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        (void)nnfs_network_set_note(run->network, notes[i], NULL, NULL);
    }
}

char *resume_command(const train_run *run)
{
    char *folder = NULL;
    if (run->options->checkpoint) {
        folder = realpath(run->options->checkpoint, NULL);
    }
    char *command = NULL;
    size_t length = 0;
    FILE *stream = NULL;
    if (folder) {
        stream = open_memstream(&command, &length);
    }
    if (stream) {
        text_quote(stream, program_invocation_name);
        (void)fputs(" --resume ", stream);
        text_quote(stream, folder);
        (void)fclose(stream);
    }
    free(folder);
    return command;
}
