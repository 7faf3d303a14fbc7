/*
 * The command line of nnfs-train: each line of the input is an argument. Where the parser would end
 * the process it comes back here instead: exit.c's messages and endings are replaced.
 */
#include "fuzz.h"
#include "train/train_options.h"

#include "common/exit.h"
#include "common/paths.h"
#include "common/ranks.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * What the parser has when it gives up is the process's to free, and here no process ends. The
 * sanitizers' hooks tell of it, with what argp has too: it is freed after each input.
 */
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                              void (*on_free)(const volatile void *))
    __attribute__((weak));

enum { MOST_BLOCKS = 4096 };

static void *blocks[MOST_BLOCKS];
static int block_count;
static bool watches;

static void note_malloc(const volatile void *block, size_t size)
{
    (void)size;
    if (watches && block) {
        fuzz_check(block_count < MOST_BLOCKS);
        blocks[block_count++] = (void *)(uintptr_t)block;
    }
}

static void note_free(const volatile void *block)
{
    for (int i = block_count - 1; watches && i >= 0; i--) {
        if (blocks[i] == block) {
            blocks[i] = blocks[--block_count];
            return;
        }
    }
}

static void free_noted(void)
{
    watches = false;
    while (block_count > 0) {
        free(blocks[--block_count]);
    }
}

/* ---- Instead of ranks.c, which ends the process by exit.c ---- */

nnfs_status ranks_data_path(const char *data, char **path, nnfs_error *error)
{
    return data_path(data, path, error);
}

const char *ranks_format(const char *data)
{
    (void)data;
    return NULL; /* no rank of a job */
}

/* ---- Instead of exit.c ---- */

static jmp_buf ended;
static char message[8192];

void cli_message(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fuzz_check(vsnprintf(message, sizeof message, format, arguments) > 0);
    va_end(arguments);
}

_Noreturn void cli_exit(int status)
{
    fuzz_check(status == EXIT_DONE || status == EXIT_CANNOT_RUN || status == EXIT_USAGE);
    longjmp(ended, 1);
}

void usage_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fuzz_check(vsnprintf(message, sizeof message, format, arguments) > 0);
    va_end(arguments);
    cli_exit(EXIT_USAGE);
}

nnfs_status set_error(nnfs_error *error, nnfs_status status, const char *format, ...)
{
    (void)format;
    error->status = status;
    return status;
}

void cli_name_stream(const char *path, const char *name)
{
    (void)path;
    (void)name;
}

const char *cli_stream_path(const char *name)
{
    (void)name;
    return NULL;
}

int cli_finish(int status)
{
    return status;
}

/* ---- The target ---- */

enum { MOST_ARGUMENTS = 64 };

static char *arguments[MOST_ARGUMENTS + 2];

static int split(const uint8_t *data, size_t size)
{
    int count = 0;
    arguments[count++] = strdup("nnfs-train");
    for (char *line = fuzz_line(&data, &size); line; line = fuzz_line(&data, &size)) {
        if (count > MOST_ARGUMENTS) {
            free(line);
            break;
        }
        arguments[count++] = line;
    }
    arguments[count] = NULL;
    return count;
}

static void check_options(const train_options *options)
{
    const nnfs_train_settings *train = &options->train;
    for (int i = 0; i < options->hidden_count; i++) {
        fuzz_check(options->layers[i].width >= 1);
        fuzz_check(options->layers[i].activation != NNFS_SOFTMAX);
    }
    fuzz_check(options->data != NULL);
    fuzz_check(isfinite(train->learning_rate) && train->learning_rate > 0.0f);
    fuzz_check(train->momentum >= 0.0f && train->momentum < 1.0f);
    fuzz_check(train->beta2 >= 0.0f && train->beta2 < 1.0f);
    fuzz_check(isfinite(train->epsilon) && train->epsilon >= 0.0f);
    fuzz_check(isfinite(train->weight_decay) && train->weight_decay >= 0.0f);
    fuzz_check(isfinite(train->warmup_epochs) && train->warmup_epochs >= 0.0);
    fuzz_check(train->batch >= 0 && train->epochs >= 0 && train->threads >= 0);
    fuzz_check(options->validation_share >= 0.0 && options->validation_share < 1.0);
}

/* Of its own, for setjmp: nothing here is changed after it. */
static void parse(int count)
{
    static train_options options;
    static char *given[MOST_ARGUMENTS + 2]; /* the parser may change the order */
    memcpy(given, arguments, sizeof given);
    if (setjmp(ended) == 0) {
        train_options_parse(&options, count, given);
        check_options(&options);
    }
    train_options_free(&options); /* cleared by the parser before all else */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    if (!ready) {
        fuzz_check(freopen("/dev/null", "w", stdout) != NULL); /* --help prints */
        if (__sanitizer_install_malloc_and_free_hooks) {
            (void)__sanitizer_install_malloc_and_free_hooks(note_malloc, note_free);
        }
        /* Memory that stays, as the buffer of stdout, is not of an input. */
        static const uint8_t help[] = "--help";
        static void *volatile stay[MOST_BLOCKS];
        watches = true;
        parse(split(help, sizeof help - 1));
        watches = false;
        for (int i = 0; i < block_count; i++) {
            stay[i] = blocks[i]; /* reachable: no leak */
        }
        (void)stay[0];
        block_count = 0;
        ready = true;
    }
    int count = split(data, size);
    watches = true;
    parse(count);
    free_noted();
    for (int i = 0; i < count; i++) {
        free(arguments[i]);
    }
    return 0;
}
