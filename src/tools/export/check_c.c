/*
 * An exported C program, compiled and run: rows of the dataset go in as CSV through a file, its
 * predictions come back through a pipe.
 */
#include "common/exit.h"
#include "common/text.h"
#include "export/export.h"

#include <errno.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct c_program {
    char folder[32];
    char program[48];
    char rows[48];
} c_program;

/* ---- Compiling ---- */

static int run(char *const *arguments)
{
    pid_t child = 0;
    int status = 0;
    if (posix_spawnp(&child, arguments[0], NULL, NULL, arguments, environ) != 0) {
        return -1;
    }
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    if (!WIFEXITED(status)) {
        return -1;
    }
    return WEXITSTATUS(status);
}

/* $CC may be several words. 127 is the shell's status for a command that is not there. */
static nnfs_status compile(const char *path, const c_program *made, nnfs_error *error)
{
    const char *own = getenv("CC");
    const char *const compilers[] = {text_or(own, "cc"), "gcc", "clang"};
    for (size_t i = 0; i < sizeof compilers / sizeof *compilers; i++) {
        char command[512];
        (void)snprintf(command, sizeof command,
                       "command -v %s >/dev/null || exit 127; "
                       "exec %s -std=c99 -O2 -ffp-contract=off -DMAIN \"$1\" -lm -o \"$2\"",
                       compilers[i], compilers[i]);
        const char *const arguments[] = {"sh", "-c", command, "sh", path, made->program, NULL};
        int status = run((char *const *)(uintptr_t)arguments);
        if (status == 0) {
            return NNFS_OK;
        }
        if (status != 127) {
            return set_error(error, NNFS_ERROR_DATA, "%s does not compile with %s", path,
                             compilers[i]);
        }
    }
    return set_error(error, NNFS_ERROR_IO, "no C compiler found; set CC");
}

/* ---- Rows in ---- */

static void write_text(FILE *stream, const char *text)
{
    (void)fputc('"', stream);
    for (; *text; text++) {
        (void)fputs(*text == '"' ? "\"" : "", stream);
        (void)fputc(*text, stream);
    }
    (void)fputc('"', stream);
}

/* A date by a format of %Y %y %m %d %b %H %M, then the rest of its time of day. */
static void write_date(FILE *stream, const char *format, double days)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    double seconds = (days - floor(days)) * 86400.0;
    time_t day = (time_t)(floor(days) * 86400.0);
    struct tm date;
    int minutes = (int)(seconds / 60.0);
    bool timed = strstr(format, "%H") != NULL;
    if (!gmtime_r(&day, &date)) {
        return;
    }
    const struct {
        char field;
        int width, value;
    } fields[] = {{'Y', 4, date.tm_year + 1900}, {'y', 2, date.tm_year % 100},
                  {'m', 2, date.tm_mon + 1},     {'d', 2, date.tm_mday},
                  {'H', 2, minutes / 60},        {'M', 2, minutes % 60}};
    (void)fputc('"', stream);
    for (; *format; format++) {
        if (*format != '%' || !format[1]) {
            (void)fputc(*format, stream);
            continue;
        }
        format++;
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
            if (fields[i].field == *format) {
                (void)fprintf(stream, "%0*d", fields[i].width, fields[i].value);
            }
        }
        if (*format == 'b') {
            (void)fprintf(stream, "%.3s", months + 3 * date.tm_mon);
        }
    }
    if (!timed && seconds > 0.0) {
        (void)fprintf(stream, " %02d:%02d", minutes / 60, minutes % 60);
    }
    if (seconds > 0.0) {
        (void)fprintf(stream, ":%09.6f", fmin(seconds - 60.0 * minutes, 59.999999));
    }
    (void)fputc('"', stream);
}

/* The format by which the model reads the dates of a column of the table; NULL: it
 * reads none there. */
static const char *date_format(const nnfs_preprocessing *preprocessing, const nnfs_column *column,
                               int index)
{
    for (int i = 0; i < nnfs_preprocessing_columns(preprocessing); i++) {
        nnfs_encoding encoding = nnfs_preprocessing_column(preprocessing, i);
        bool same = column->name && encoding.name ? strcmp(column->name, encoding.name) == 0
                                                  : encoding.column == index;
        if (same && encoding.kind == NNFS_COLUMN_DATE) {
            return encoding.format;
        }
    }
    return NULL;
}

static void write_cell(FILE *stream, const nnfs_preprocessing *preprocessing,
                       const nnfs_dataset *data, int64_t row, int index)
{
    nnfs_column column = nnfs_dataset_column(data, index);
    float cell = nnfs_dataset_cell(data, row, index);
    const char *format = date_format(preprocessing, &column, index);
    if (isnan(cell)) {
        (void)fputs(nnfs_dataset_columns(data) == 1 ? "\"\"" : "", stream);
    } else if (column.kind == NNFS_COLUMN_CATEGORY) {
        write_text(stream, nnfs_dataset_category(data, index, (int)cell));
    } else if (column.kind == NNFS_COLUMN_DATE && format) {
        write_date(stream, format, (double)cell + column.origin);
    } else {
        (void)fprintf(stream, "%.9g", (double)cell);
    }
}

/* Columns of the table, all of them: the program finds its own. */
static void write_table(FILE *stream, const nnfs_preprocessing *preprocessing,
                        const nnfs_dataset *data)
{
    int columns = nnfs_dataset_columns(data);
    bool named = nnfs_dataset_column(data, 0).name != NULL;
    for (int i = 0; named && i < columns; i++) {
        (void)fputs(text_between(i, ","), stream);
        write_text(stream, nnfs_dataset_column(data, i).name);
    }
    (void)fputs(named ? "\n" : "", stream);
    for (int64_t row = 0; row < nnfs_dataset_samples(data); row++) {
        for (int i = 0; i < columns; i++) {
            (void)fputs(text_between(i, ","), stream);
            write_cell(stream, preprocessing, data, row, i);
        }
        (void)fputc('\n', stream);
    }
}

/* Pixels as they are stored, other features as they are. */
static nnfs_status write_features(FILE *stream, const model_data *loaded, nnfs_error *error)
{
    const nnfs_dataset *data = loaded->chosen;
    int width = nnfs_dataset_features(data);
    float scale = nnfs_dataset_scale(data);
    bool scaled = nnfs_network_note(loaded->network, "preprocessing") && scale != 1.0f;
    float *features = calloc((size_t)width, sizeof *features);
    nnfs_status status = NNFS_OK;
    if (!features) {
        status = set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    for (int64_t row = 0; status == NNFS_OK && row < nnfs_dataset_samples(data); row++) {
        status = nnfs_dataset_copy(data, row, 1, features, NULL, NULL, error);
        for (int i = 0; status == NNFS_OK && i < width; i++) {
            float value = scaled ? rintf(features[i] / scale) : features[i];
            (void)fprintf(stream, "%s%.9g", text_between(i, ","), (double)value);
        }
        (void)fputc('\n', stream);
    }
    free(features);
    return status;
}

static nnfs_status write_rows(const c_program *made, const model_data *loaded, nnfs_error *error)
{
    FILE *stream = fopen(made->rows, "w");
    if (!stream) {
        return set_error(error, NNFS_ERROR_IO, "%s: %s", made->rows, strerror(errno));
    }
    nnfs_status status = NNFS_OK;
    const nnfs_preprocessing *preprocessing = nnfs_network_preprocessing(loaded->network);
    if (preprocessing) {
        write_table(stream, preprocessing, loaded->chosen);
    } else {
        status = write_features(stream, loaded, error);
    }
    bool wrote = !ferror(stream);
    wrote = fclose(stream) == 0 && wrote;
    if (status == NNFS_OK && !wrote) {
        return set_error(error, NNFS_ERROR_IO, "%s: %s", made->rows, strerror(errno));
    }
    return status;
}

/* ---- Predictions out ---- */

/* The last `width` cells of a line; a name before them may hold commas. False: it has fewer. */
static bool parse_line(char *line, int width, float *values)
{
    for (int i = width - 1; i >= 0; i--) {
        char *comma = strrchr(line, ',');
        char *end = NULL;
        char *cell = line;
        if (comma) {
            cell = comma + 1;
        }
        values[i] = strtof(cell, &end);
        if (end == cell || (*end != '\0' && *end != '\n')) {
            return false;
        }
        if (comma) {
            *comma = '\0';
        } else if (i > 0) {
            return false;
        }
    }
    return true;
}

static nnfs_status compare_sample(int64_t sample, int width, char *line, float *expected,
                                  float *got, difference *d, nnfs_error *error)
{
    const model_data *loaded = d->loaded;
    TRY(nnfs_predict_dataset(loaded->network, loaded->chosen, sample, 1, 1, expected, error));
    if (!parse_line(line, width, got)) {
        return set_error(error, NNFS_ERROR_DATA, "the C program printed a line without %d numbers",
                         width);
    }
    difference_add(d, expected, width, got);
    return NNFS_OK;
}

static nnfs_status compare(FILE *output, const model_data *loaded, difference *d, nnfs_error *error)
{
    int width = 2;
    if (d->units || d->outputs > 1) {
        width = d->outputs;
    }
    float *expected = calloc((size_t)width, sizeof *expected);
    float *got = calloc((size_t)width, sizeof *got);
    char *line = NULL;
    size_t room = 0;
    int64_t samples = nnfs_dataset_samples(loaded->chosen);
    nnfs_status status =
        expected && got ? NNFS_OK : set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    bool header = getline(&line, &room, output) > 0;
    for (int64_t i = 0; status == NNFS_OK && header && i < samples; i++) {
        if (getline(&line, &room, output) <= 0) {
            status = set_error(error, NNFS_ERROR_DATA,
                               "the C program printed %lld predictions of %lld samples",
                               (long long)i, (long long)samples);
            break;
        }
        status = compare_sample(i, width, line, expected, got, d, error);
    }
    free(line);
    free(expected);
    free(got);
    if (status == NNFS_OK && !header) {
        return set_error(error, NNFS_ERROR_DATA, "the C program printed nothing");
    }
    return status;
}

static nnfs_status run_program(const c_program *made, const model_data *loaded, difference *d,
                               nnfs_error *error)
{
    char command[128]; /* both paths are our own, without blanks */
    (void)snprintf(command, sizeof command, "%s <%s", made->program, made->rows);
    FILE *output = popen(command, "r");
    if (!output) {
        return set_error(error, NNFS_ERROR_IO, "cannot run the C program: %s", strerror(errno));
    }
    TRY(compare(output, loaded, d, error));
    if (pclose(output) != 0) {
        return set_error(error, NNFS_ERROR_DATA, "the C program failed");
    }
    return NNFS_OK;
}

nnfs_status check_c(const char *path, const model_data *loaded, difference *d, nnfs_error *error)
{
    c_program made = {.folder = "/tmp/nnfs-export-XXXXXX"};
    if (!mkdtemp(made.folder)) {
        return set_error(error, NNFS_ERROR_IO, "%s: %s", made.folder, strerror(errno));
    }
    (void)snprintf(made.program, sizeof made.program, "%s/program", made.folder);
    (void)snprintf(made.rows, sizeof made.rows, "%s/rows.csv", made.folder);
    nnfs_status status = compile(path, &made, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(write_rows(&made, loaded, error));
    status = run_program(&made, loaded, d, error);
cleanup:
    (void)unlink(made.program);
    (void)unlink(made.rows);
    (void)rmdir(made.folder);
    return status;
}
