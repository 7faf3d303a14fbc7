/*
 * A look at a table before anything is trained on it: what is in each column and what becomes of
 * it, what is predicted, how it is split, and what might be wrong with it.
 */
#include "common/bounds.h"
#include "common/column_text.h"
#include "common/exit.h"
#include "common/lines.h"
#include "common/text.h"
#include "train/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAMED_MOST = 40,  /* columns shown */
    UNNAMED_MOST = 5, /* the same for columns without names, as pixels */
};

/* ---- Columns ---- */

/* How wide the first two columns of the list are, in letters. */
typedef struct list_widths {
    int name, kind;
} list_widths;

static list_widths measure_list(const nnfs_dataset *data, const int *listed, int count)
{
    list_widths widths = {(int)sizeof "column" - 1, (int)sizeof "number" - 1};
    for (int i = 0; i < count; i++) {
        nnfs_column column = nnfs_dataset_column(data, listed[i]);
        int name = column_name(column.name, listed[i] + 1).width;
        int kind = (int)strlen(kind_text(&column).text);
        widths.name = MAX(name, widths.name);
        widths.kind = MAX(kind, widths.kind);
    }
    return widths;
}

static void show_column(const train_run *run, int index, list_widths widths)
{
    nnfs_column column = nnfs_dataset_column(run->train.set, index);
    name_text name = column_name(column.name, index + 1);
    bool known = column.use < NNFS_COLUMN_DROPPED; /* else its cells were not looked at */
    char *becomes = column_becomes(run, index);
    line_print(stderr, "  %s%*s  %-*s  %7s  %s\n", name.text, widths.name - name.width, "",
               widths.kind, known ? kind_text(&column).text : "",
               known && column.missing > 0 ? text_count(column.missing).text : "",
               becomes ? becomes : "");
    free(becomes);
}

/* Lists the first `most` columns that were not screened out; returns how many were. */
static int list_columns(const train_run *run, int most, int *listed, int *count)
{
    const nnfs_preprocessing *preprocessing = run->preprocessing;
    int screened = 0;
    int feature = 0;
    *count = 0;
    for (int i = 0; i < nnfs_dataset_columns(run->train.set); i++) {
        nnfs_encoding encoding = nnfs_preprocessing_column(preprocessing, feature);
        bool is_feature =
            feature < nnfs_preprocessing_columns(preprocessing) && encoding.column == i;
        feature += is_feature;
        if (is_feature && is_screened_out(&encoding)) {
            screened++;
        } else if (*count < most) {
            listed[(*count)++] = i;
        }
    }
    return screened;
}

static void show_columns(const train_run *run)
{
    const nnfs_dataset *data = run->train.set;
    int listed[NAMED_MOST];
    int most = UNNAMED_MOST;
    if (nnfs_dataset_column(data, 0).name) {
        most = NAMED_MOST;
    }
    int count = 0;
    int screened = list_columns(run, most, listed, &count);
    list_widths widths = measure_list(data, listed, count);
    line_print(stderr, "  %-*s  %-*s  %7s  becomes\n", widths.name, "column", widths.kind, "kind",
               "missing");
    for (int i = 0; i < count; i++) {
        show_column(run, listed[i], widths);
    }
    int more = nnfs_dataset_columns(data) - screened - count;
    if (more > 0) {
        line_print(stderr, "  and %s more\n", text_count(more).text);
    }
    if (screened > 0) {
        line_print(stderr, "  %s column%s screened out\n", text_count(screened).text,
                   text_plural(screened));
    }
}

/* What was told or detected of how the file is written. */
static void show_reading(const nnfs_dataset *data)
{
    nnfs_reading reading = nnfs_dataset_reading(data);
    if (!reading.delimiter) {
        return;
    }
    line_print(stderr, "read as   %s, %s, %s", delimiter_text(reading.delimiter),
               reading.header ? "first line is the header" : "no header", reading.encoding);
    if (reading.decimal == ',') {
        line_print(stderr, ", decimal comma");
    }
    if (reading.trailing) {
        line_print(stderr, ", delimiter at the end of rows ignored");
    }
    if (reading.skipped > 0) {
        line_print(stderr, ", %s line%s skipped", text_count(reading.skipped).text,
                   text_plural(reading.skipped));
    }
    line_print(stderr, "\n");
    if (reading.bad_rows == 0) {
        return;
    }
    line_print(stderr, "left out  %s row%s that cannot be read, line%s",
               text_count(reading.bad_rows).text, text_plural(reading.bad_rows),
               text_plural(reading.bad_rows));
    for (int i = 0; i < 5 && i < reading.bad_rows; i++) {
        line_print(stderr, "%s %lld", text_between(i, ","), (long long)reading.bad_lines[i]);
    }
    line_print(stderr, reading.bad_rows > 5 ? ", ...\n" : "\n");
}

/* Rows that nothing can be learned from were left out when the file was read. */
static void show_rows_left_out(const nnfs_dataset *data)
{
    for (int i = 0; i < nnfs_dataset_columns(data); i++) {
        nnfs_column column = nnfs_dataset_column(data, i);
        if (column.use == NNFS_COLUMN_TARGET && column.missing > 0) {
            line_print(stderr, "left out  %s row%s without %s\n", text_count(column.missing).text,
                       text_plural(column.missing), column_name(column.name, i + 1).text);
        }
    }
}

/* ---- Splits ---- */

static void show_part(const char *doing, const data_source *part)
{
    if (part->set) {
        line_print(stderr, ", %s %s%s%s", doing, text_count(nnfs_dataset_samples(part->set)).text,
                   part->path ? " of " : "", part->path ? text_name(part->path).text : "");
    }
}

static void show_splits(const train_run *run)
{
    int64_t samples = nnfs_dataset_samples(run->train.set);
    line_print(stderr, "split     trains on %s", text_count(samples).text);
    show_part("validates on", &run->validation);
    show_part("tests on", &run->test);
    line_print(stderr, "\n");
}

static nnfs_status warn_of_shared(const train_run *run, const char *part, const nnfs_dataset *set,
                                  nnfs_error *error)
{
    int64_t shared = 0;
    nnfs_status status = NNFS_OK;
    if (set) {
        status = nnfs_dataset_count_overlap(run->train.set, set, &shared, error);
    }
    if (status == NNFS_ERROR_ARGUMENT) {
        return NNFS_OK; /* a file of other columns, which the model does without */
    }
    if (shared > 0) {
        cli_message("warning: %s of the %s rows to %s with %s also among those to train on",
                    text_count(shared).text, text_count(nnfs_dataset_samples(set)).text, part,
                    shared == 1 ? "is" : "are");
    }
    return status;
}

static nnfs_status warn_of_giveaway(const train_run *run, nnfs_error *error)
{
    int column = -1;
    TRY(nnfs_dataset_target_leakage(run->train.set, &column, error));
    if (column >= 0) {
        const char *name = nnfs_dataset_column(run->train.set, column).name;
        const char *quote = "";
        if (name) {
            quote = "'";
        }
        cli_message(
            "warning: %s%s%s alone gives the target away; if it is not known beforehand, --drop it",
            quote, column_name(name, column + 1).text, quote);
    }
    return NNFS_OK;
}

/*
 * float32 holds 24 bits: numbers as large as these, and so little apart, are hardly told apart.
 * `reach` is the deviation or range, unknown where it is not finite.
 */
static void warn_of_precision(const char *name, int number, double center, double reach)
{
    const double steps = 1000.0;
    double step = 0.0;
    if (center != 0.0) {
        step = ldexp(1.0, ilogb(center) - 23);
    }
    if (isfinite(reach) && reach < steps * step) {
        const char *quote = "";
        if (name) {
            quote = "'";
        }
        cli_message(
            "warning: %s%s%s varies by %s about %s, where float32 has steps of %s; subtract what "
            "its numbers have in common",
            quote, column_name(name, number).text, quote, text_measure(reach).text,
            text_measure(center).text, text_measure(step).text);
    }
}

static void warn_of_precisions(const train_run *run)
{
    const nnfs_preprocessing *preprocessing = run->preprocessing;
    for (int i = 0; i < nnfs_preprocessing_columns(preprocessing); i++) {
        nnfs_encoding e = nnfs_preprocessing_column(preprocessing, i);
        if (e.inputs > 0 && e.kind != NNFS_COLUMN_CATEGORY) {
            warn_of_precision(e.name, e.column + 1, (double)e.center, 1.0 / (double)e.scale);
        }
    }
    for (int i = 0; i < nnfs_preprocessing_targets(preprocessing); i++) {
        nnfs_target t = nnfs_preprocessing_target(preprocessing, i);
        if (t.classes == 0 && !t.is_log) {
            warn_of_precision(t.name, i + 1, (double)t.center, 1.0 / (double)t.scale);
        }
    }
}

nnfs_status look(const train_run *run, nnfs_error *error)
{
    const nnfs_dataset *data = run->train.set;
    int64_t rows = nnfs_dataset_samples(data);
    if (run->test.set && !run->test.path) {
        rows += nnfs_dataset_samples(run->test.set);
    }
    if (run->validation.set && !run->validation.path) {
        rows += nnfs_dataset_samples(run->validation.set);
    }
    line_print(stderr, "%s: %s row%s, %s column%s\n", text_name(run->options->data).text,
               text_count(rows).text, text_plural(rows),
               text_count(nnfs_dataset_columns(data)).text,
               text_plural(nnfs_dataset_columns(data)));
    show_reading(data);
    show_columns(run);
    show_rows_left_out(data);
    TRY(look_targets(run, error));
    show_splits(run);
    warn_of_precisions(run);
    TRY(warn_of_giveaway(run, error));
    TRY(warn_of_shared(run, "test", run->test.set, error));
    return warn_of_shared(run, "validate", run->validation.set, error);
}
