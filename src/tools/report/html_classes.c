/* Classes one by one, and whether the network is as sure as it is right. */
#include "common/exit.h"
#include "common/text.h"
#include "report/html.h"
#include "report/html_page.h"
#include "report/html_plot.h"

#include <math.h>

/* ---- The table of classes ---- */

/* A share as a bar behind its number. */
static void write_share(FILE *out, double share)
{
    html(out, "<td class=\"n share\" style=\"--share:%g%%\">%s</td>",
         isnan(share) ? 0.0 : 100.0 * share, html_percent(share).text);
}

static void write_class(FILE *out, const json_t *row)
{
    const char *name = string_at(row, "class");
    html(out, "<tr><th scope=\"row\">%s</th>", text_or(name, "?"));
    write_share(out, number_at(row, "precision"));
    write_share(out, number_at(row, "recall"));
    write_share(out, number_at(row, "f1"));
    html_cell(out, html_count, number_at(row, "support"));
    html(out, "</tr>\n");
}

static void write_table(FILE *out, const json_t *rows)
{
    size_t index;
    json_t *row;
    html(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Classes\">"
              "<table class=\"full\"><thead><tr>");
    html_heading(out, "class", false);
    html_heading(out, "precision", true);
    html_heading(out, "recall", true);
    html_heading(out, "F1", true);
    html_heading(out, "samples", true);
    html(out, "</tr></thead><tbody>\n");
    json_array_foreach((json_t *)rows, index, row)
    {
        write_class(out, row);
    }
    html(out, "</tbody></table></div>\n");
}

void html_classes(FILE *out, const json_t *evaluation)
{
    const json_t *rows = json_object_get(evaluation, "per_class");
    if (json_array_size(rows) == 0) {
        return;
    }
    html(out, "<figure class=\"wide\"><figcaption>Class by class</figcaption>\n");
    html(out,
         "<p class=\"note\">Precision: of those called so, how many are. Recall: of those that "
         "are, how many are called so. F1: their harmonic mean.</p>\n");
    write_table(out, rows);
    html(out, "</figure>\n");
}

/* ---- Calibration ---- */

/* How often it is right (by the mean confidence of a bin), and how many samples a bin has. */
static bool fill(plot_series *right, plot_series *counts, const json_t *bins)
{
    size_t index;
    json_t *bin;
    if (!series_reserve(right, json_array_size(bins)) ||
        !series_reserve(counts, json_array_size(bins))) {
        return false;
    }
    json_array_foreach((json_t *)bins, index, bin)
    {
        double count = number_at(bin, "count");
        double confidence = number_at(bin, "confidence");
        double from = number_at(bin, "from");
        if (count > 0.0 && !isnan(confidence)) {
            series_add(right, confidence, number_at(bin, "accuracy"));
        }
        if (!isnan(count) && !isnan(from)) {
            series_add(counts, from, count);
        }
    }
    return true;
}

static plot_axis share_axis(const char *label)
{
    return (plot_axis){.label = label,
                       .scale = scale_exact(0.0, 1.0, 5, false),
                       .percent = true,
                       .text = html_percent};
}

static void write_plots(FILE *out, const plot_series *right, const plot_series *counts)
{
    double low;
    double high;
    plot_write(out, &(plot){.title = "Calibration",
                            .description = "Accuracy by the probability of the predicted class. A "
                                           "calibrated network is on the dashed line.",
                            .x = share_axis("probability of the predicted class, in %"),
                            .y = share_axis("accuracy, in %"),
                            .series = right,
                            .count = 1,
                            .diagonal = true});
    if (series_range(counts, 1, &low, &high)) {
        plot_axis samples = {.label = "samples", .text = html_count};
        samples.scale = scale_round(0.0, high, 5);
        plot_write(out, &(plot){.title = "Confidence",
                                .description = "Samples by the probability of the predicted class.",
                                .x = share_axis("probability of the predicted class, in %"),
                                .y = samples,
                                .series = counts,
                                .count = 1,
                                .bar = 1.0 / fmax(1.0, (double)counts->count)});
    }
}

nnfs_status html_calibration(FILE *out, const json_t *evaluation, nnfs_error *error)
{
    const json_t *bins = json_object_get(evaluation, "calibration");
    plot_series series[2] = {{.name = "how often it is right", .mark = MARK_LINE},
                             {.name = "samples", .mark = MARK_BARS}};
    if (json_array_size(bins) == 0) {
        return NNFS_OK;
    }
    bool made = fill(&series[0], &series[1], bins);
    if (made && series[0].count > 0) {
        write_plots(out, &series[0], &series[1]);
    }
    series_free(series, 2);
    if (!made) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    return NNFS_OK;
}
