/* Curves over the epochs: a table of what there is to draw, each for one run or for all in one. */
#include "common/exit.h"
#include "common/text.h"
#include "report/html_page.h"
#include "report/html_plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS = 3 };

static const struct curve {
    const char *title, *unit, *description;
    const char *keys[PARTS]; /* of an epoch, by part; NULL past the last */
    bool percent, from_zero;
    number_text *text;
} curves[] = {
    {"Loss",
     "loss",
     "The loss over the epochs.",
     {"train_loss", "validation_loss", "test_loss"},
     false,
     false,
     html_number},
    {"Accuracy",
     "accuracy in %",
     "The share of samples that are classified rightly.",
     {"train_accuracy", "validation_accuracy", "test_accuracy"},
     true,
     false,
     html_percent},
    {"RMSE",
     "RMSE in units of the target",
     "The root mean square error over the epochs.",
     {"train_rmse", "validation_rmse", "test_rmse"},
     false,
     false,
     html_error},
    {"Learning rate",
     "learning rate",
     "The learning rate over the epochs.",
     {"lr", NULL, NULL},
     false,
     true,
     html_measure},
    {"Throughput",
     "samples per second",
     "How many samples a second were trained on.",
     {"samples_per_second", NULL, NULL},
     false,
     true,
     html_count},
};

static const char *const parts[PARTS] = {"training", "validation", "test"};

/* ---- Series ---- */

static bool has_values(const run_record *run, const char *key)
{
    size_t index;
    json_t *epoch;
    json_array_foreach(run->epochs, index, epoch)
    {
        if (!isnan(number_at(epoch, key))) {
            return true;
        }
    }
    return false;
}

static bool fill(plot_series *series, const run_record *run, const char *key)
{
    size_t index;
    json_t *epoch;
    if (!series_reserve(series, json_array_size(run->epochs))) {
        return false;
    }
    json_array_foreach(run->epochs, index, epoch)
    {
        series_add(series, number_at(epoch, "epoch"), number_at(epoch, key));
    }
    return true;
}

/* "training"; of several runs "wide", or "wide, test" where there is more than one part. */
static char *series_name(const run_record *run, int part, bool several, bool single_part)
{
    char *name = NULL;
    if (!several) {
        return strdup(parts[part]);
    }
    if (single_part) {
        return strdup(run->name);
    }
    if (asprintf(&name, "%s, %s", run->name, parts[part]) < 0) {
        return NULL;
    }
    return name;
}

typedef struct drawing {
    plot_series *series;
    size_t count;
} drawing;

static void drawing_free(drawing *drawn)
{
    for (size_t i = 0; i < drawn->count; i++) {
        free((char *)drawn->series[i].name);
    }
    series_free(drawn->series, drawn->count);
    free(drawn->series);
}

/* Of one run the parts have colours of their own; of several the runs have. */
static bool add_run(drawing *drawn, const struct curve *what, const run_record *run, size_t index,
                    bool several)
{
    bool single_part = !what->keys[1];
    for (int part = 0; part < PARTS && what->keys[part]; part++) {
        if (!has_values(run, what->keys[part])) {
            continue;
        }
        plot_series *series = &drawn->series[drawn->count++];
        *series = (plot_series){
            .name = series_name(run, part, several, single_part),
            .mark = MARK_LINE,
            .colour = several ? (int)index : part,
            .dash = several && single_part ? (int)(index / COLOURS) : part,
        };
        if (!series->name || !fill(series, run, what->keys[part])) {
            return false;
        }
    }
    return true;
}

/* ---- Plots ---- */

/* "cross entropy"; of runs with losses of several kinds, "loss". */
static short_text loss_name(const run_record *runs, size_t count)
{
    short_text name;
    const char *kind = string_at(json_object_get(runs[0].start, "settings"), "loss");
    for (size_t i = 1; kind && i < count; i++) {
        const char *other = string_at(json_object_get(runs[i].start, "settings"), "loss");
        if (!other || strcmp(other, kind) != 0) {
            kind = NULL;
        }
    }
    (void)snprintf(name.text, sizeof name.text, "%.31s", text_or(kind, "loss"));
    for (char *at = name.text; *at; at++) {
        if (*at == '_') {
            *at = ' ';
        }
    }
    return name;
}

static plot_axis y_axis(const struct curve *what, const drawing *drawn)
{
    double low;
    double high;
    (void)series_range(drawn->series, drawn->count, &low, &high);
    plot_axis axis = {.label = what->unit, .percent = what->percent, .text = what->text};
    if (!what->percent && !what->from_zero && low > 0.0 && high / low > 100.0) {
        axis.scale = scale_logarithmic(low, high);
    } else {
        axis.scale = scale_round(what->from_zero ? fmin(low, 0.0) : low, high, 5);
    }
    return axis;
}

static plot_axis x_axis(const drawing *drawn)
{
    double low = (double)INFINITY;
    double high = -(double)INFINITY;
    for (size_t i = 0; i < drawn->count; i++) {
        for (size_t j = 0; j < drawn->series[i].count; j++) {
            low = fmin(low, drawn->series[i].x[j]);
            high = fmax(high, drawn->series[i].x[j]);
        }
    }
    return (plot_axis){
        .label = "epoch", .scale = scale_exact(low, high, 6, true), .text = html_count};
}

static nnfs_status write_curve(FILE *out, const struct curve *what, const run_record *runs,
                               size_t count, nnfs_error *error)
{
    drawing drawn = {.series = calloc(count * PARTS + 1, sizeof *drawn.series)};
    bool made = drawn.series != NULL;
    for (size_t i = 0; made && i < count; i++) {
        made = add_run(&drawn, what, &runs[i], i, count > 1);
    }
    if (made && drawn.count > 0) {
        plot_axis y = y_axis(what, &drawn);
        short_text loss = loss_name(runs, count);
        char label[64];
        (void)snprintf(label, sizeof label, "%s%s", what == &curves[0] ? loss.text : y.label,
                       y.scale.logarithmic ? ", log scale" : "");
        y.label = label;
        plot_write(out, &(plot){.title = what->title,
                                .description = what->description,
                                .x = x_axis(&drawn),
                                .y = y,
                                .series = drawn.series,
                                .count = drawn.count,
                                .legend = count == 1});
    }
    drawing_free(&drawn);
    if (!made) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    return NNFS_OK;
}

/* What all plots of several runs share: a colour a run, a dash a part. */
static void write_legend(FILE *out, const run_record *runs, size_t count)
{
    html(out, "<ul class=\"legend\">");
    for (size_t i = 0; i < count; i++) {
        html(out, "<li>");
        plot_sample(out, (int)i, (int)(i / COLOURS));
        html(out, "%s</li>", runs[i].name);
    }
    html(out, "</ul><ul class=\"legend grey\">");
    for (int part = 0; part < PARTS; part++) {
        html(out, "<li>");
        plot_sample(out, COLOURS - 1, part);
        html(out, "%s</li>", parts[part]);
    }
    html(out, "</ul>\n");
}

nnfs_status html_curves(FILE *out, const run_record *runs, size_t count, nnfs_error *error)
{
    nnfs_status status = NNFS_OK;
    size_t epochs = 0;
    for (size_t i = 0; i < count; i++) {
        epochs += json_array_size(runs[i].epochs);
    }
    html(out, "<section id=\"training\"><h2>Training</h2>\n");
    if (epochs == 0) {
        html(out, "<p class=\"note\">No epoch was finished, so there are no curves.</p>");
    } else if (count > 1) {
        write_legend(out, runs, count);
    }
    html(out, "<div class=\"plots\">\n");
    for (size_t i = 0; status == NNFS_OK && i < sizeof curves / sizeof *curves; i++) {
        status = write_curve(out, &curves[i], runs, count, error);
    }
    html(out, "</div></section>\n");
    return status;
}
