/* Tables of runs: several beside each other, the folds of one, where its time went, how
 * it was set. */
#include "common/text.h"
#include "report/html.h"
#include "report/html_page.h"
#include "report/html_plot.h"

#include <math.h>
#include <string.h>

static void open_table(FILE *out, const char *label)
{
    html(out,
         "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table "
         "class=\"full\">\n"
         "<thead><tr>",
         label);
}

static void close_table(FILE *out)
{
    html(out, "</tbody></table></div>\n");
}

/* A column that shows only where a row has its number. */
typedef struct column {
    const char *title, *key;
    number_text *text;
} column;

/* ---- Several runs ---- */

static const column run_columns[] = {
    {"epochs", "epochs", html_count},
    {"test loss", "test_loss", html_number},
    {"training accuracy", "train_accuracy", html_percent},
    {"validation accuracy", "validation_accuracy", html_percent},
    {"test accuracy", "test_accuracy", html_percent},
    {"training RMSE", "train_rmse", html_error},
    {"validation RMSE", "validation_rmse", html_error},
    {"test RMSE", "test_rmse", html_error},
    {"time", "seconds", html_seconds},
    {"samples/s", "samples_per_second", html_count},
};

enum { RUN_COLUMNS = sizeof run_columns / sizeof *run_columns };

static bool any_run_has(const run_record *runs, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (!isnan(number_at(run_record_last(&runs[i]), key))) {
            return true;
        }
    }
    return false;
}

static void write_run(FILE *out, const run_record *runs, size_t count, size_t index)
{
    const run_record *run = &runs[index];
    const json_t *settings = json_object_get(run->start, "settings");
    const char *optimizer = string_at(settings, "optimizer");
    html(out, "<tr><th scope=\"row\">");
    plot_sample(out, (int)index, (int)(index / COLOURS));
    html(out, " %s</th><td>", run->name);
    html_shape(out, run);
    html(out, "</td><td>%s</td>", text_or(optimizer, "\xe2\x80\x93"));
    html_cell(out, html_measure, number_at(settings, "lr"));
    html_cell(out, html_count, number_at(settings, "batch"));
    for (int i = 0; i < RUN_COLUMNS; i++) {
        if (any_run_has(runs, count, run_columns[i].key)) {
            html_cell(out, run_columns[i].text,
                      number_at(run_record_last(run), run_columns[i].key));
        }
    }
    html(out, "</tr>\n");
}

void html_runs(FILE *out, const run_record *runs, size_t count)
{
    html(out, "<section id=\"runs\"><h2>Runs</h2>\n");
    open_table(out, "Runs");
    html_heading(out, "run", false);
    html_heading(out, "network", false);
    html_heading(out, "optimizer", false);
    html_heading(out, "rate", true);
    html_heading(out, "batch", true);
    for (int i = 0; i < RUN_COLUMNS; i++) {
        if (any_run_has(runs, count, run_columns[i].key)) {
            html_heading(out, run_columns[i].title, true);
        }
    }
    html(out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < count; i++) {
        write_run(out, runs, count, i);
    }
    close_table(out);
    html(out, "</section>\n");
}

/* ---- Folds ---- */

static const struct fold_column {
    column of;
    const char *mean, *spread; /* of the end's folds; NULL where it has none */
} fold_columns[] = {
    {{"epochs", "epochs", html_count}, NULL, NULL},
    {{"held out", "validation_samples", html_count}, NULL, NULL},
    {{"loss", "validation_loss", html_number}, "validation_loss_mean", "validation_loss_spread"},
    {{"accuracy", "validation_accuracy", html_percent},
     "validation_accuracy_mean",
     "validation_accuracy_spread"},
    {{"macro F1", "validation_macro_f1", html_number},
     "validation_macro_f1_mean",
     "validation_macro_f1_spread"},
    {{"RMSE", "validation_rmse", html_error}, "validation_rmse_mean", "validation_rmse_spread"},
    {{"MAE", "validation_mae", html_error}, "validation_mae_mean", "validation_mae_spread"},
    {{"R\xc2\xb2", "validation_r2", html_number}, "validation_r2_mean", "validation_r2_spread"},
    {{"time", "seconds", html_seconds}, NULL, NULL},
};

enum { FOLD_COLUMNS = sizeof fold_columns / sizeof *fold_columns };

/* By the first fold, as all are measured alike. */
static bool has_column(const run_record *run, int index)
{
    return !isnan(number_at(json_array_get(run->folds, 0), fold_columns[index].of.key));
}

static void write_fold(FILE *out, const run_record *run, const json_t *fold)
{
    html(out, "<tr><th scope=\"row\" class=\"n\">%s</th>",
         html_count(number_at(fold, "fold")).text);
    for (int i = 0; i < FOLD_COLUMNS; i++) {
        if (has_column(run, i)) {
            html_cell(out, fold_columns[i].of.text, number_at(fold, fold_columns[i].of.key));
        }
    }
    html(out, "</tr>\n");
}

static void write_folds_sum(FILE *out, const run_record *run, const char *title, bool spread)
{
    const json_t *sum = json_object_get(run->end, "folds");
    html(out, "<tr class=\"sum\"><th scope=\"row\">%s</th>", title);
    for (int i = 0; i < FOLD_COLUMNS; i++) {
        const char *key = spread ? fold_columns[i].spread : fold_columns[i].mean;
        if (has_column(run, i) && key) {
            html_cell(out, fold_columns[i].of.text, number_at(sum, key));
        } else if (has_column(run, i)) {
            html(out, "<td></td>");
        }
    }
    html(out, "</tr>\n");
}

void html_folds(FILE *out, const run_record *run)
{
    size_t index;
    json_t *fold;
    if (json_array_size(run->folds) == 0) {
        return;
    }
    html(out,
         "<section><h2>Folds</h2><p class=\"note\">Each row a network trained without one part "
         "of the data, and measured on that part.</p>\n");
    open_table(out, "Folds");
    html_heading(out, "fold", true);
    for (int i = 0; i < FOLD_COLUMNS; i++) {
        if (has_column(run, i)) {
            html_heading(out, fold_columns[i].of.title, true);
        }
    }
    html(out, "</tr></thead><tbody>\n");
    json_array_foreach(run->folds, index, fold)
    {
        write_fold(out, run, fold);
    }
    if (json_object_get(run->end, "folds")) {
        write_folds_sum(out, run, "mean", false);
        write_folds_sum(out, run, "deviation", true);
    }
    close_table(out);
    html(out, "</section>\n");
}

/* ---- The profile ---- */

static short_text gflops_text(double value)
{
    short_text text = html_number(value);
    if (isfinite(value)) {
        (void)snprintf(text.text, sizeof text.text, "%.1f", value);
    }
    return text;
}

static void write_profile_row(FILE *out, const json_t *row, double peak)
{
    const char *part = string_at(row, "part");
    const char *bound = string_at(row, "bound");
    double share = number_at(row, "share");
    double gflops = number_at(row, "gflops");
    html(out, "<tr>");
    html_cell(out, html_count, number_at(row, "layer"));
    html(out, "<th scope=\"row\">%s</th><td class=\"n share\" style=\"--share:%g%%\">%s</td>",
         text_or(part, "?"), isnan(share) ? 0.0 : 100.0 * share, html_percent(share).text);
    html_cell(out, html_seconds, number_at(row, "seconds"));
    html_cell(out, gflops_text, gflops);
    html_cell(out, html_percent, gflops / peak);
    html(out, "<td>%s</td></tr>\n", text_or(bound, "\xe2\x80\x93"));
}

/* An event of its own, or as older logs have it, a part of the end. */
static const json_t *find_profile(const run_record *run)
{
    if (run->profile) {
        return run->profile;
    }
    return json_object_get(run->end, "profile");
}

static void write_profile_head(FILE *out, const json_t *profile)
{
    html(out,
         "<section><h2>Where the time went</h2><p class=\"note\">%s thread%s; the machine's "
         "peak is %s GFLOP/s, and it reads %s GB/s. A product is bound by whichever would take "
         "it longer.</p>\n",
         html_count(number_at(profile, "threads")).text,
         number_at(profile, "threads") == 1.0 ? "" : "s",
         html_count(number_at(profile, "peak_gflops")).text,
         html_count(number_at(profile, "bandwidth")).text);
    open_table(out, "Where the time went");
    html_heading(out, "layer", true);
    html_heading(out, "part", false);
    html_heading(out, "share of time", true);
    html_heading(out, "time", true);
    html_heading(out, "GFLOP/s", true);
    html_heading(out, "of peak", true);
    html_heading(out, "bound by", false);
    html(out, "</tr></thead><tbody>\n");
}

void html_profile(FILE *out, const run_record *run)
{
    const json_t *profile = find_profile(run);
    const char *advice = string_at(profile, "advice");
    size_t index;
    json_t *row;
    if (!profile) {
        return;
    }
    write_profile_head(out, profile);
    json_array_foreach(json_object_get(profile, "rows"), index, row)
    {
        write_profile_row(out, row, number_at(profile, "peak_gflops"));
    }
    close_table(out);
    if (advice) {
        html(out, "<p class=\"note\">%s</p>\n", advice);
    }
    html(out, "</section>\n");
}

/* ---- Settings ---- */

/* A member of the start, or of an object in it; what is null, or a share of nothing,
 * is left out. */
static void write_setting(FILE *out, const char *key, const json_t *value)
{
    if (json_is_string(value)) {
        html(out, "<div><dt>%s</dt><dd>%s</dd></div>\n", key, json_string_value(value));
    } else if (json_is_integer(value)) {
        html(out, "<div><dt>%s</dt><dd>%s</dd></div>\n", key,
             text_count(json_integer_value(value)).text);
    } else if (json_is_real(value) && json_real_value(value) != 0.0) {
        html(out, "<div><dt>%s</dt><dd>%s</dd></div>\n", key,
             html_measure(json_real_value(value)).text);
    }
}

static void write_object(FILE *out, const char *title, const json_t *object)
{
    const char *key;
    json_t *value;
    if (json_object_size(object) == 0) {
        return;
    }
    html(out, "<div class=\"group\"><h3>%s</h3><dl>\n", title);
    json_object_foreach((json_t *)object, key, value)
    {
        write_setting(out, key, value);
    }
    html(out, "</dl></div>\n");
}

static void write_layers(FILE *out, const run_record *run)
{
    const json_t *network = json_object_get(run->start, "network");
    size_t index;
    json_t *layer;
    html(out, "<div class=\"group\"><h3>Network</h3><dl>\n");
    write_setting(out, "inputs", json_object_get(network, "inputs"));
    json_array_foreach(json_object_get(network, "layers"), index, layer)
    {
        const char *activation = string_at(layer, "activation");
        html(out, "<div><dt>layer %d</dt><dd>%s, %s</dd></div>\n", (int)index + 1,
             html_count(number_at(layer, "width")).text, text_or(activation, "?"));
    }
    write_setting(out, "parameters", json_object_get(network, "parameters"));
    html(out, "</dl></div>\n");
}

void html_settings(FILE *out, const run_record *run)
{
    const json_t *data = json_object_get(run->start, "data");
    html(out, "<section class=\"settings\"><h2>How it was run</h2><div class=\"groups\">\n");
    write_object(out, "Settings", json_object_get(run->start, "settings"));
    write_layers(out, run);
    write_object(out, "Training data", json_object_get(data, "train"));
    write_object(out, "Validation data", json_object_get(data, "validation"));
    write_object(out, "Test data", json_object_get(data, "test"));
    write_object(out, "Table", json_object_get(run->start, "table"));
    write_object(out, "Machine", json_object_get(run->start, "machine"));
    html(out, "</div></section>\n");
}
