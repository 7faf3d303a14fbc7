/* The first screen: what was trained on what, how good it became, and the figures that matter. */
#include "report/html.h"
#include "report/html_page.h"

#include <math.h>
#include <string.h>

/* ---- Words ---- */

/* What a headline may say, by what was measured: "98.05 % accuracy", "RMSE 52,133". */
static const struct words {
    const char *measure;
    number_text *text;
    const char *before, *after;
} wordings[] = {
    {"accuracy", html_percent, "", " accuracy"},
    {"rmse", html_error, "RMSE ", ""},
    {"loss", html_number, "loss ", ""},
};

static void write_headline(FILE *out, headline best)
{
    for (size_t i = 0; i < sizeof wordings / sizeof *wordings; i++) {
        const struct words *as = &wordings[i];
        if (best.measure && strcmp(best.measure, as->measure) == 0) {
            const char *part = strcmp(best.part, "train") == 0 ? "training" : best.part;
            html(out, "%s%s%s on the %s data", as->before, as->text(best.value).text, as->after,
                 part);
            return;
        }
    }
    html(out, "nothing measured");
}

void html_headline(FILE *out, const run_record *run)
{
    write_headline(out, run_record_headline(run));
}

void html_shape(FILE *out, const run_record *run)
{
    const json_t *network = json_object_get(run->start, "network");
    size_t index;
    json_t *layer;
    html(out, "%g", number_at(network, "inputs"));
    json_array_foreach(json_object_get(network, "layers"), index, layer)
    {
        html(out, "-%g", number_at(layer, "width"));
    }
}

/* The last part of the path, which is what people call their data. */
static const char *data_name(const run_record *run)
{
    const json_t *data = json_object_get(run->start, "data");
    const char *path = string_at(json_object_get(data, "train"), "source");
    const char *slash = NULL;
    if (path) {
        slash = strrchr(path, '/');
    }
    if (!path) {
        return "unknown data";
    }
    if (slash && slash[1] != '\0') {
        return slash + 1;
    }
    return path;
}

static bool have_same_data(const run_record *runs, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (strcmp(data_name(&runs[i]), data_name(runs)) != 0) {
            return false;
        }
    }
    return true;
}

/* ---- The best of several ---- */

/* More is better of accuracies alone. */
static bool is_better(headline left, headline right)
{
    bool more = strcmp(left.measure, "accuracy") == 0;
    if (more) {
        return left.value > right.value;
    }
    return left.value < right.value;
}

/* NULL where the runs were not all measured alike. */
static const run_record *find_best(const run_record *runs, size_t count)
{
    const run_record *best = &runs[0];
    headline first = run_record_headline(best);
    for (size_t i = 0; i < count; i++) {
        headline here = run_record_headline(&runs[i]);
        if (!first.measure || !here.measure || strcmp(here.measure, first.measure) != 0 ||
            strcmp(here.part, first.part) != 0) {
            return NULL;
        }
        if (is_better(here, run_record_headline(best))) {
            best = &runs[i];
        }
    }
    return best;
}

/* ---- The title ---- */

static void write_title(FILE *out, const run_record *runs, size_t count, const char *between)
{
    const run_record *best = find_best(runs, count);
    if (count == 1) {
        html_shape(out, runs);
        html(out, " on %s", data_name(runs));
    } else {
        html(out, "%d runs on %s", (int)count,
             have_same_data(runs, count) ? data_name(runs) : "several data");
    }
    if (count > 1 && !best) {
        return;
    }
    (void)fputs(between, out);
    if (count > 1) {
        html(out, "best ");
    }
    html_headline(out, best ? best : runs);
}

void html_title(FILE *out, const run_record *runs, size_t count)
{
    html(out, "<title>");
    write_title(out, runs, count, ": ");
    html(out, "</title>\n");
}

/* ---- How it ended ---- */

static const struct ending {
    const char *reason, *words;
} endings[] = {
    {"stopped",
     "This run was stopped before its planned end: what is here is what it had reached."},
    {"diverged", "This run diverged: its loss was no longer a finite number. The weights kept are "
                 "the last good ones."},
    {"failed", "This run failed before its end."},
};

static void write_ending(FILE *out, const run_record *run)
{
    const char *reason = string_at(run->end, "reason");
    if (!run->end) {
        html(out,
             "<p class=\"warning\"><b>%s</b> The log has no end%s: the run was killed, or "
             "still goes on. What is here is what was written until then, %d epochs.</p>\n",
             run->name, run->cut ? ", and its last line is cut" : "",
             (int)json_array_size(run->epochs));
    }
    for (size_t i = 0; reason && i < sizeof endings / sizeof *endings; i++) {
        if (strcmp(reason, endings[i].reason) == 0) {
            html(out, "<p class=\"warning\"><b>%s</b> %s</p>\n", run->name, endings[i].words);
        }
    }
}

/* ---- Figures ---- */

static const struct figure {
    const char *label, *key; /* of the end, or of the last epoch */
    number_text *text;
} figures[] = {
    {"test accuracy", "test_accuracy", html_percent},
    {"validation accuracy", "validation_accuracy", html_percent},
    {"training accuracy", "train_accuracy", html_percent},
    {"test RMSE", "test_rmse", html_error},
    {"validation RMSE", "validation_rmse", html_error},
    {"training RMSE", "train_rmse", html_error},
    {"test MAE", "test_mae", html_error},
    {"test R\xc2\xb2", "test_r2", html_number},
    {"test macro F1", "test_macro_f1", html_number},
    {"test ROC AUC", "test_roc_auc", html_number},
    {"test loss", "test_loss", html_number},
    {"training time", "seconds", html_seconds},
    {"samples per second", "samples_per_second", html_count},
    {"GFLOP/s", "gflops", html_measure},
};

static void write_figure(FILE *out, const char *label, number_text *text, double value)
{
    if (!isnan(value)) {
        html(out, "<div><dt>%s</dt><dd>%s</dd></div>\n", label, text(value).text);
    }
}

/* Three digits are enough of a rate. */
static double rounded(double value)
{
    double power = 1.0;
    if (value > 1e-300) {
        power = pow(10.0, floor(log10(value)) - 2.0);
    }
    return rint(value / power) * power;
}

static void write_figures(FILE *out, const run_record *run)
{
    const json_t *last = run_record_last(run);
    size_t epochs = json_array_size(run->epochs);
    html(out, "<dl class=\"figures\">\n");
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        double value = number_at(last, figures[i].key);
        bool rate = figures[i].text == html_count || figures[i].text == html_measure;
        bool timed = rate || figures[i].text == html_seconds;
        if (epochs > 0 || !timed) {
            write_figure(out, figures[i].label, figures[i].text, rate ? rounded(value) : value);
        }
    }
    write_figure(out, "epochs", html_count, (double)epochs);
    write_figure(out, "parameters", html_count,
                 number_at(json_object_get(run->start, "network"), "parameters"));
    html(out, "</dl>\n");
}

static void write_machine(FILE *out, const run_record *run)
{
    const json_t *machine = json_object_get(run->start, "machine");
    const json_t *settings = json_object_get(run->start, "settings");
    const char *cpu = string_at(machine, "cpu");
    const char *blas = string_at(machine, "blas");
    const char *kernel = string_at(machine, "kernel");
    double threads = number_at(settings, "threads");
    html(out, "<p class=\"machine\">%s \xc2\xb7 %s%s%s \xc2\xb7 %s thread%s</p>\n",
         cpu ? cpu : "unknown CPU", blas ? blas : "unknown BLAS", kernel ? ", kernel " : "",
         kernel ? kernel : "", html_count(threads).text, threads == 1.0 ? "" : "s");
}

void html_head(FILE *out, const run_record *runs, size_t count)
{
    html(out, "<header><p class=\"over\">nnfs training report</p>\n<h1>");
    write_title(out, runs, count, "<br/>");
    html(out, "</h1>\n");
    for (size_t i = 0; i < count; i++) {
        const char *command = string_at(runs[i].start, "command");
        if (command) {
            html(out, "<pre class=\"command\"><code>%s</code></pre>\n", command);
        }
    }
    write_machine(out, &runs[0]);
    for (size_t i = 0; i < count; i++) {
        write_ending(out, &runs[i]);
    }
    if (count == 1) {
        write_figures(out, runs);
    }
    html(out, "</header>\n");
}
