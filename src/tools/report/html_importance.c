/* What the columns of a table do to the predictions: their importance, and partial dependence. */
#include "common/bounds.h"
#include "common/exit.h"
#include "common/text.h"
#include "report/html.h"
#include "report/html_page.h"
#include "report/html_plot.h"

#include <math.h>

enum { COLUMNS_MOST = 20, SERIES_MOST = 5, VALUES_MOST = 100 };

/* ---- Importance ---- */

static void write_column(FILE *out, const json_t *column, double largest)
{
    const char *name = string_at(column, "column");
    double importance = number_at(column, "importance");
    double share = 0.0;
    if (importance > 0.0 && largest > 0.0) {
        share = 100.0 * importance / largest;
    }
    html(out, "<tr><th scope=\"row\">%s</th><td class=\"n share\" style=\"--share:%g%%\">%s</td>",
         text_or(name, "?"), share, html_measure(importance).text);
    html_cell(out, html_measure, number_at(column, "deviation"));
    html(out, "</tr>\n");
}

static void write_importance(FILE *out, const json_t *effects)
{
    const json_t *columns = json_object_get(effects, "columns");
    const char *error = string_at(effects, "error");
    size_t count = json_array_size(columns);
    html(out,
         "<p class=\"note\">How much the %s of the %s data rises when a column's values are "
         "shuffled among the samples: mean and deviation over the shuffles.</p>\n",
         text_or(error, "error"), string_at(effects, "set") ? string_at(effects, "set") : "test");
    html(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Importance\">"
              "<table><thead><tr>");
    html_heading(out, "column", false);
    html_heading(out, "importance", true);
    html_heading(out, "deviation", true);
    html(out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < count && i < COLUMNS_MOST; i++) {
        write_column(out, json_array_get(columns, i),
                     number_at(json_array_get(columns, 0), "importance"));
    }
    html(out, "</tbody></table></div>\n");
    if (count > COLUMNS_MOST) {
        html(out, "<p class=\"note\">And %d less important columns.</p>\n",
             (int)(count - COLUMNS_MOST));
    }
}

/* ---- Partial dependence ---- */

/* The points of each series; a category is at its number. */
static bool fill(plot_series *series, size_t count, const json_t *dependence, bool numbers)
{
    const json_t *values = json_object_get(dependence, "values");
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_array_get(json_object_get(dependence, "series"), i);
        const json_t *means = json_object_get(one, "mean");
        const char *name = string_at(one, "name");
        series[i] = (plot_series){
            .name = text_or(name, "?"), .mark = MARK_LINE, .colour = (int)i, .dash = (int)i};
        if (!series_reserve(&series[i], json_array_size(values))) {
            return false;
        }
        for (size_t j = 0; j < json_array_size(values) && j < VALUES_MOST; j++) {
            double x = numbers ? number_in(values, j) : (double)j;
            if (!isnan(x)) {
                series_add(&series[i], x, number_in(means, j));
            }
        }
    }
    return true;
}

static void write_plot(FILE *out, const json_t *dependence, const plot_series *series, size_t count,
                       bool classes)
{
    const char *column = string_at(dependence, "column");
    double low;
    double high;
    if (!series_range(series, count, &low, &high) || series[0].count < 2) {
        return;
    }
    plot_axis y = {.label = classes ? "mean probability, in %" : "mean prediction",
                   .percent = classes,
                   .text = classes ? html_percent : html_measure};
    y.scale = scale_round(low, high, 5);
    plot_write(
        out,
        &(plot){.title = text_or(column, "?"),
                .description = "The mean prediction if all samples had the same value in "
                               "this column.",
                .x = {.label = text_or(column, "?"),
                      .scale = scale_round(series[0].x[0], series[0].x[series[0].count - 1], 5),
                      .text = html_measure},
                .y = y,
                .series = series,
                .count = count,
                .legend = true});
}

/* Categories have no order to draw a line along: a table. */
static void write_categories(FILE *out, const json_t *dependence, size_t count, bool classes)
{
    const char *column = string_at(dependence, "column");
    const json_t *values = json_object_get(dependence, "values");
    const json_t *series = json_object_get(dependence, "series");
    html(out, "<figure><figcaption>%s</figcaption><table><thead><tr>", text_or(column, "?"));
    html_heading(out, "category", false);
    for (size_t i = 0; i < count; i++) {
        const char *name = string_at(json_array_get(series, i), "name");
        html_heading(out, text_or(name, "?"), true);
    }
    html(out, "</tr></thead><tbody>\n");
    for (size_t j = 0; j < json_array_size(values) && j < VALUES_MOST; j++) {
        const char *name = json_string_value(json_array_get(values, j));
        html(out, "<tr><th scope=\"row\">%s</th>", text_or(name, "?"));
        for (size_t i = 0; i < count; i++) {
            const json_t *means = json_object_get(json_array_get(series, i), "mean");
            html_cell(out, classes ? html_percent : html_measure, number_in(means, j));
        }
        html(out, "</tr>\n");
    }
    html(out, "</tbody></table></figure>\n");
}

static nnfs_status write_dependence(FILE *out, const json_t *dependence, bool classes,
                                    nnfs_error *error)
{
    plot_series series[SERIES_MOST] = {{.name = NULL}};
    size_t count = json_array_size(json_object_get(dependence, "series"));
    bool numbers = json_is_number(json_array_get(json_object_get(dependence, "values"), 0));
    count = MIN(count, SERIES_MOST);
    if (!numbers) {
        write_categories(out, dependence, count, classes);
        return NNFS_OK;
    }
    bool made = fill(series, count, dependence, numbers);
    if (made && count > 0) {
        write_plot(out, dependence, series, count, classes);
    }
    series_free(series, SERIES_MOST);
    if (!made) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    return NNFS_OK;
}

nnfs_status html_importance(FILE *out, const run_record *run, nnfs_error *error)
{
    const json_t *dependences = json_object_get(run->importance, "dependence");
    const char *what = string_at(run->importance, "error");
    bool classes = what && what[0] != 'R'; /* and not of an RMSE */
    nnfs_status status = NNFS_OK;
    if (json_array_size(json_object_get(run->importance, "columns")) == 0) {
        return NNFS_OK;
    }
    html(out, "<section><h2>Importance of columns</h2>\n");
    write_importance(out, run->importance);
    if (json_array_size(dependences) > 0) {
        html(out, "<h3>Partial dependence</h3><p class=\"note\">The mean prediction if all samples "
                  "had the same value in a column, of the most important columns.</p>"
                  "<div class=\"plots\">\n");
        for (size_t i = 0; status == NNFS_OK && i < json_array_size(dependences); i++) {
            status = write_dependence(out, json_array_get(dependences, i), classes, error);
        }
        html(out, "</div>\n");
    }
    html(out, "</section>\n");
    return status;
}
