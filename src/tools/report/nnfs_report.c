/*
 * nnfs-report: what run logs say, as a page to look at: of one run, or of several in
 * the same plots.
 */
#include "common/exit.h"
#include "common/options.h"
#include "common/output_file.h"
#include "common/paths.h"
#include "report/html_page.h"

#include <stdlib.h>
#include <string.h>

/* ---- The command line ---- */

typedef struct report_options {
    const char **logs; /* [count], in the order they were given */
    size_t count;
    const char *output; /* NULL: stdout */
} report_options;

static const option_row rows[] = {
    {"output", 'o', "FILE", "file for the report", "stdout", TO(TEXT, report_options, output),
     .complete = "@*", .new_group = true},
    {0},
};

static const char about[] =
    "Makes a page of run logs, as nnfs-train --log writes them: curves, mistakes, where the time "
    "went."
    "\v"
    "The page is one HTML file that loads nothing from elsewhere: it can be kept, sent and "
    "printed. "
    "Several RUNs are drawn over each other; one may be '-', the standard input. A run that was "
    "killed is shown as far as its log goes.\n"
    "\n"
    "Exit status: 0 done, 1 could not run, 2 usage, 4 a file is no run log.\n"
    "\n"
    "  nnfs-train mnist --log run.jsonl && nnfs-report run.jsonl -o run.html\n"
    "  nnfs-report narrow.jsonl wide.jsonl -o both.html";

static void take_log(void *input, const char *text)
{
    report_options *options = input;
    options->logs[options->count++] = text;
}

static const char *const arguments[] = {"@*.jsonl", NULL};

static const option_table command_line = {rows, "RUN.jsonl...", about, take_log, NULL, arguments};

static void parse(report_options *options, int argc, char **argv)
{
    *options = (report_options){.logs = calloc((size_t)argc + 1, sizeof *options->logs)};
    if (!options->logs) {
        cli_message("out of memory");
        cli_exit(EXIT_CANNOT_RUN);
    }
    options_parse(&command_line, argc, argv, options);
    if (options->count == 0) {
        usage_error("which run? name a log that nnfs-train --log wrote");
    }
    for (size_t i = 0; options->output && i < options->count; i++) {
        if (is_same_file(options->logs[i], options->output)) {
            usage_error("--output would overwrite the run log '%s'", options->logs[i]);
        }
    }
}

/* ---- Names ---- */

/* "wide" for folder/wide.jsonl, freed by the caller. NULL: no memory. */
static char *short_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name = strdup(slash && slash[1] != '\0' ? slash + 1 : path);
    char *dot = NULL;
    if (name) {
        dot = strrchr(name, '.');
    }
    if (dot && dot > name) {
        *dot = '\0';
    }
    return name;
}

/* Whether another run would be called the same. */
static bool is_ambiguous(const report_options *options, size_t index, const char *name)
{
    for (size_t i = 0; i < options->count; i++) {
        char *other = short_name(options->logs[i]);
        bool same = i != index && other && strcmp(other, name) == 0;
        free(other);
        if (same) {
            return true;
        }
    }
    return false;
}

/* ---- The report ---- */

static nnfs_status read_run(const report_options *options, size_t index, run_record *run,
                            nnfs_error *error)
{
    const char *path = options->logs[index];
    char *name = short_name(path);
    nnfs_status status = NNFS_ERROR_MEMORY;
    if (!name) {
        return set_error(error, status, "out of memory");
    }
    status = run_record_create(run, is_ambiguous(options, index, name) ? path : name, error);
    free(name);
    if (status != NNFS_OK) {
        return status;
    }
    return run_record_read(run, path, error);
}

static nnfs_status write_page(const report_options *options, const run_record *runs,
                              nnfs_error *error)
{
    output_file file;
    TRY(check_model_path(options->output, error));
    nnfs_status status = output_open(options->output, &file, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(html_page(file.stream, runs, options->count, error));
    status = output_commit(&file, error);
cleanup:
    output_discard(&file);
    return status;
}

static nnfs_status report(const report_options *options, nnfs_error *error)
{
    run_record *runs = calloc(options->count, sizeof *runs);
    nnfs_status status = NNFS_OK;
    if (!runs) {
        status = set_error(error, NNFS_ERROR_MEMORY, "out of memory");
        goto cleanup;
    }
    for (size_t i = 0; i < options->count; i++) {
        TRY_CLEANUP(read_run(options, i, &runs[i], error));
    }
    status = write_page(options, runs, error);
cleanup:
    for (size_t i = 0; runs && i < options->count; i++) {
        run_record_free(&runs[i]);
    }
    free(runs);
    return status;
}

int main(int argc, char **argv)
{
    report_options options;
    parse(&options, argc, argv);
    signals_ignore_of_writes();
    nnfs_error error = {.status = NNFS_OK};
    nnfs_status status = report(&options, &error);
    if (status != NNFS_OK) {
        cli_error(&error);
    }
    free(options.logs);
    return cli_finish(exit_status(status));
}
