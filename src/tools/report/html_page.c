/* The page in the order it is read. */
#include "report/html_page.h"

#include "common/exit.h"
#include "common/text.h"
#include "report/html.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Nothing is loaded from anywhere: the policy says so, and the empty icon keeps
 * browsers from asking. */
static void open_page(FILE *out, const run_record *runs, size_t count)
{
    html(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
              "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
              "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
              "img-src data:; style-src 'unsafe-inline'\"/>\n"
              "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
              "<link rel=\"icon\" href=\"data:,\"/>\n");
    html_title(out, runs, count);
    html_style(out);
    html(out, "</head><body>\n");
}

/* ---- One evaluation ---- */

static const struct score {
    const char *title, *key;
    number_text *text;
} scores[] = {
    {"ROC AUC", "roc_auc", html_number},
    {"average precision", "average_precision", html_number},
    {"macro F1", "macro_f1", html_number},
    {"log loss", "log_loss", html_number},
};

static void write_score(FILE *out, const char *title, number_text *text, double value)
{
    if (!isnan(value)) {
        html(out, "<div><dt>%s</dt><dd>%s</dd></div>", title, text(value).text);
    }
}

/* The right class among the likeliest two, three, five; of two classes it always is. */
static void write_top_k(FILE *out, const json_t *evaluation)
{
    const json_t *shares = json_object_get(evaluation, "top_k");
    size_t classes = json_array_size(json_object_get(evaluation, "classes"));
    for (size_t k = 1; k < json_array_size(shares) && k + 1 < classes; k++) {
        char title[32];
        (void)snprintf(title, sizeof title, "right in the top %d", (int)k + 1);
        write_score(out, title, html_percent, number_in(shares, k));
    }
}

static void write_scores(FILE *out, const json_t *evaluation)
{
    html(out, "<dl class=\"figures small\">");
    for (size_t i = 0; i < sizeof scores / sizeof *scores; i++) {
        write_score(out, scores[i].title, scores[i].text, number_at(evaluation, scores[i].key));
    }
    write_top_k(out, evaluation);
    html(out, "</dl>\n");
}

static nnfs_status write_evaluation(FILE *out, const json_t *evaluation, nnfs_error *error)
{
    const char *set = string_at(evaluation, "set");
    html(out, "<section><h2>Predictions of the %s data</h2>\n",
         strcmp(set, "train") == 0 ? "training" : set);
    write_scores(out, evaluation);
    html(out, "<div class=\"pair\">\n");
    html_confusion(out, evaluation);
    html(out, "<div class=\"column\">");
    html_classes(out, evaluation);
    html(out, "<div class=\"plots\">");
    nnfs_status status = html_calibration(out, evaluation, error);
    if (status == NNFS_OK) {
        status = html_positive(out, evaluation, error);
    }
    html(out, "</div></div></div>\n");
    if (status == NNFS_OK) {
        status = html_targets(out, evaluation, error);
    }
    html_mistakes(out, evaluation);
    html(out, "</section>\n");
    return status;
}

/* ---- One run ---- */

/* The test data say how good the network is; other data open where they are asked for. */
static nnfs_status write_evaluations(FILE *out, const run_record *run, bool test, nnfs_error *error)
{
    nnfs_status status = NNFS_OK;
    bool alone = json_array_size(run->evaluations) == 1;
    for (size_t i = 0; status == NNFS_OK && i < json_array_size(run->evaluations); i++) {
        const json_t *evaluation = json_array_get(run->evaluations, i);
        const char *set = string_at(evaluation, "set");
        if ((strcmp(set, "test") == 0) != test) {
            continue;
        }
        if (!test && !alone) {
            html(out, "<details class=\"run\"><summary>Also of the %s data</summary>\n", set);
        }
        status = write_evaluation(out, evaluation, error);
        if (!test && !alone) {
            html(out, "</details>\n");
        }
    }
    return status;
}

static nnfs_status write_run(FILE *out, const run_record *run, nnfs_error *error)
{
    nnfs_status status = write_evaluations(out, run, true, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    TRY_CLEANUP(write_evaluations(out, run, false, error));
    status = html_importance(out, run, error);
cleanup:
    html_columns(out, run);
    html_folds(out, run);
    html_weights(out, run);
    html_profile(out, run);
    html_settings(out, run);
    return status;
}

/* One of several opens where it is asked for. */
static nnfs_status write_folded(FILE *out, const run_record *run, nnfs_error *error)
{
    html(out, "<details class=\"run\"><summary>%s <span>", run->name);
    html_headline(out, run);
    html(out, "</span></summary>\n");
    nnfs_status status = write_run(out, run, error);
    html(out, "</details>\n");
    return status;
}

/* Of several runs each has weights of its own. */
static void write_foot(FILE *out, const run_record *runs, size_t count)
{
    const char *version = string_at(runs->start, "version");
    const char *hash = NULL;
    if (count == 1) {
        hash = string_at(runs->end, "weights_hash");
    }
    html(out, "<footer><p>nnfs %s", text_or(version, ""));
    if (hash) {
        html(out, " \xc2\xb7 weights <code>%s</code>", hash);
    }
    html(out, "</p></footer>\n");
}

nnfs_status html_page(FILE *out, const run_record *runs, size_t count, nnfs_error *error)
{
    open_page(out, runs, count);
    html_head(out, runs, count);
    html(out, "<main>\n");
    if (count > 1) {
        html_runs(out, runs, count);
    }
    nnfs_status status = html_curves(out, runs, count, error);
    for (size_t i = 0; status == NNFS_OK && i < count; i++) {
        if (count == 1) {
            status = write_run(out, runs, error);
        } else {
            status = write_folded(out, &runs[i], error);
        }
    }
    html(out, "</main>\n");
    write_foot(out, runs, count);
    html(out, "</body></html>\n");
    return status;
}
