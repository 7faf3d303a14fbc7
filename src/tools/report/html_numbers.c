/* Predicted numbers: how far off they are, and truth against prediction. */
#include "common/exit.h"
#include "common/text.h"
#include "report/html.h"
#include "report/html_page.h"
#include "report/html_plot.h"

#include <math.h>
#include <stdlib.h>

/* ---- Residuals ---- */

static void write_histogram(FILE *out, const plot_series *counts, double from, double to,
                            const char *title)
{
    double low;
    double high;
    if (!series_range(counts, 1, &low, &high)) {
        return;
    }
    plot_write(
        out,
        &(plot){.title = title,
                .description = "How many samples there are, by how much their "
                               "truth is above what was predicted.",
                .x = {.label = "truth less prediction",
                      .scale = scale_exact(from, to, 5, false),
                      .text = html_measure},
                .y = {.label = "samples", .scale = scale_round(0.0, high, 5), .text = html_count},
                .series = counts,
                .count = 1,
                .bar = (to - from) / fmax(1.0, (double)counts->count)});
}

static bool write_residuals(FILE *out, const json_t *target, const char *title)
{
    const json_t *residuals = json_object_get(target, "residuals");
    const json_t *bins = json_object_get(residuals, "counts");
    double from = number_at(residuals, "from");
    double to = number_at(residuals, "to");
    size_t count = json_array_size(bins);
    plot_series series = {.name = "samples", .mark = MARK_BARS};
    if (count == 0 || !(from < to)) {
        return true;
    }
    bool made = series_reserve(&series, count);
    for (size_t i = 0; made && i < count; i++) {
        series_add(&series, from + (to - from) * (double)i / (double)count, number_in(bins, i));
    }
    if (made) {
        write_histogram(out, &series, from, to, title);
    }
    series_free(&series, 1);
    return made;
}

/* ---- Truth against prediction ---- */

static bool fill_scatter(plot_series *series, const json_t *pairs, double *low, double *high)
{
    size_t index;
    json_t *pair;
    if (!series_reserve(series, json_array_size(pairs))) {
        return false;
    }
    *low = (double)INFINITY;
    *high = -(double)INFINITY;
    json_array_foreach((json_t *)pairs, index, pair)
    {
        double truth = number_in(pair, 0);
        double predicted = number_in(pair, 1);
        if (fabs(truth) < 1e300 && fabs(predicted) < 1e300) {
            series_add(series, truth, predicted);
            *low = fmin(*low, fmin(truth, predicted));
            *high = fmax(*high, fmax(truth, predicted));
        }
    }
    return true;
}

static bool write_scatter(FILE *out, const json_t *target, const char *title)
{
    const json_t *pairs = json_object_get(target, "scatter");
    plot_series series = {.name = "predicted", .mark = MARK_POINTS};
    double low = 0.0;
    double high = 0.0;
    bool made = fill_scatter(&series, pairs, &low, &high);
    if (made && series.count > 0) {
        plot_axis axis = {
            .label = "true", .scale = scale_round(low, high, 5), .text = html_measure};
        plot_axis predicted = axis;
        predicted.label = "predicted";
        plot_write(out, &(plot){.title = title,
                                .description = "What was predicted over what is true, a point a "
                                               "sample. On the dashed line both are the same.",
                                .x = axis,
                                .y = predicted,
                                .series = &series,
                                .count = 1,
                                .diagonal = true});
    }
    series_free(&series, 1);
    return made;
}

/* ---- Targets ---- */

static void write_scores(FILE *out, const json_t *targets)
{
    size_t index;
    json_t *target;
    html(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Targets\"><table>"
              "<thead><tr>");
    html_heading(out, "target", false);
    html_heading(out, "RMSE", true);
    html_heading(out, "MAE", true);
    html_heading(out, "R\xc2\xb2", true);
    html(out, "</tr></thead><tbody>\n");
    json_array_foreach((json_t *)targets, index, target)
    {
        const char *name = string_at(target, "name");
        html(out, "<tr><th scope=\"row\">%s</th>", text_or(name, "?"));
        html_cell(out, html_error, number_at(target, "rmse"));
        html_cell(out, html_error, number_at(target, "mae"));
        html_cell(out, html_number, number_at(target, "r2"));
        html(out, "</tr>\n");
    }
    html(out, "</tbody></table></div>\n");
}

/* "Residuals: price"; of a target that is the only one, the words alone. */
static bool write_titled(FILE *out, const json_t *target, const char *words, bool alone,
                         bool (*write)(FILE *out, const json_t *target, const char *title))
{
    const char *name = NULL;
    if (!alone) {
        name = string_at(target, "name");
    }
    char *title = NULL;
    if (asprintf(&title, name ? "%s: %s" : "%s", words, name) < 0) {
        return false;
    }
    bool made = write(out, target, title);
    free(title);
    return made;
}

nnfs_status html_targets(FILE *out, const json_t *evaluation, nnfs_error *error)
{
    const json_t *targets = json_object_get(evaluation, "targets");
    bool made = true;
    if (json_array_size(targets) == 0) {
        return NNFS_OK;
    }
    write_scores(out, targets);
    html(out, "<div class=\"plots\">\n");
    for (size_t i = 0; made && i < json_array_size(targets); i++) {
        const json_t *target = json_array_get(targets, i);
        bool alone = json_array_size(targets) == 1;
        made = write_titled(out, target, "Truth and prediction", alone, write_scatter) &&
               write_titled(out, target, "Residuals", alone, write_residuals);
    }
    html(out, "</div>\n");
    if (!made) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    return NNFS_OK;
}
