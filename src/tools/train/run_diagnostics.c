/* The events of the run log between the last epoch and the end: what a report draws. */
#include "common/bounds.h"
#include "common/exit.h"
#include "diagnostics/column_effects.h"
#include "diagnostics/diagnostics_json.h"
#include "pictures/image.h"
#include "train/run.h"

#include <stdlib.h>

enum { MISTAKES = 24, WEIGHTS = 64 };

/* Trouble here costs a picture or an event, and not the run. */
static void skip_part(train_run *run, const char *what, const nnfs_error *error)
{
    if (error->status == NNFS_ERROR_MEMORY) {
        run->logged = false; /* what is said at the end, once */
        run->recorded = false;
    } else {
        cli_message("the log goes without %s: %s", what, error->message);
    }
}

/* ---- evaluation ---- */

static nnfs_status set_pngs(json_t *mistakes, const pictures *drawn, nnfs_error *error)
{
    nnfs_status status = NNFS_OK;
    for (int i = 0; status == NNFS_OK && i < drawn->count; i++) {
        char *png = NULL;
        status = picture_base64(drawn, i, &png, error);
        if (status == NNFS_OK) {
            json_set_string(json_array_get(mistakes, (size_t)i), "png", png);
        }
        free(png);
    }
    return status;
}

/* Of samples that are pictures: each mistake gets its own. */
static nnfs_status draw_mistakes(json_t *object, const diagnostics *known, nnfs_error *error)
{
    nnfs_image_layout shape = nnfs_dataset_image_layout(known->data);
    int64_t rows[MISTAKES] = {0};
    pictures drawn;
    if (shape.height == 0 || known->mistake_count == 0) {
        return NNFS_OK;
    }
    for (int i = 0; i < known->mistake_count; i++) {
        rows[i] = known->mistakes[i].sample;
    }
    nnfs_status status =
        pictures_of_samples(known->data, shape, rows, known->mistake_count, &drawn, error);
    if (status == NNFS_OK) {
        status = set_pngs(json_object_get(object, "mistakes"), &drawn, error);
        pictures_free(&drawn);
    }
    return status;
}

/* A part that was split off is in the file of DATA. */
static void log_evaluation(train_run *run, const char *part, const data_source *source,
                           const nnfs_evaluation *evaluation)
{
    const nnfs_dataset *data = source->set;
    const char *path = source->path ? source->path : run->train.path;
    diagnostics known;
    nnfs_error error = {.status = NNFS_OK};
    if (!data || evaluation->samples == 0) {
        return;
    }
    diagnostics_settings settings = diagnostics_defaults();
    settings.threads = run->machine.threads;
    settings.mistakes = MISTAKES;
    if (diagnostics_measure(run->network, data, &settings, &known, &error) != NNFS_OK) {
        skip_part(run, "details of the predictions", &error);
        return;
    }
    json_t *object = json_object();
    json_set_string(object, "event", "evaluation");
    json_set_string(object, "set", part);
    json_set_string(object, "data", path);
    json_set_integer(object, "samples", evaluation->samples);
    const metric *what;
    for (int i = 0; (what = metric_at(i)) != NULL; i++) {
        json_set_real(object, what->key, metric_value(what, evaluation));
    }
    diagnostics_to_json(object, &known);
    if (draw_mistakes(object, &known, &error) != NNFS_OK) {
        skip_part(run, "pictures of mistakes", &error);
    }
    diagnostics_free(&known);
    log_line(run, object);
}

/* ---- importance ---- */

/* A run does not wait long for a report: few samples, and no table with more columns than these. */
enum { EFFECT_COLUMNS = 100, EFFECT_SAMPLES = 1000, EFFECT_REPEATS = 3, DEPENDENCES = 6 };

static void log_effects(train_run *run)
{
    const data_source *source = run->validation.set ? &run->validation : &run->test;
    column_effects effects;
    nnfs_error error = {.status = NNFS_OK};
    nnfs_importance_settings settings;
    nnfs_importance_settings_init(&settings);
    settings.samples = EFFECT_SAMPLES;
    settings.repeats = EFFECT_REPEATS;
    settings.threads = run->machine.threads;
    if (!run->preprocessing || !source->set ||
        nnfs_preprocessing_columns(run->preprocessing) > EFFECT_COLUMNS) {
        return;
    }
    json_t *dependence = NULL;
    if (column_effects_measure(run->network, source->set, &settings, &effects, &error) == NNFS_OK) {
        dependence = column_dependence_json(&effects, DEPENDENCES, &error);
    }
    if (dependence) {
        json_t *object = column_effects_json(&effects);
        json_set_string(object, "event", "importance");
        json_set_string(object, "set", source == &run->validation ? "validation" : "test");
        (void)json_object_set_new(object, "dependence", dependence);
        log_line(run, object);
    } else {
        skip_part(run, "the importance of columns", &error);
    }
    column_effects_free(&effects);
}

/* ---- weights ---- */

static nnfs_status draw_weights(nnfs_network *network, nnfs_image_layout shape, pictures *drawn,
                                nnfs_error *error)
{
    int width = nnfs_network_layer(network, 0).width;
    int *units = calloc((size_t)width, sizeof *units);
    if (!units) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    nnfs_status status = units_by_strength(network, units, error);
    if (status == NNFS_OK) {
        int count = MIN(width, WEIGHTS);
        status = pictures_of_weights(network, shape, units, count, drawn, error);
    }
    free(units);
    return status;
}

static nnfs_status add_pngs(json_t *list, const pictures *drawn, nnfs_error *error)
{
    nnfs_status status = NNFS_OK;
    for (int i = 0; status == NNFS_OK && i < drawn->count; i++) {
        char *png = NULL;
        status = picture_base64(drawn, i, &png, error);
        if (status == NNFS_OK) {
            (void)json_array_append_new(list, json_string(png));
        }
        free(png);
    }
    return status;
}

/* The units of the first layer with the largest weights, of a network that takes pictures. */
static void log_weights(train_run *run)
{
    nnfs_image_layout shape = nnfs_dataset_image_layout(run->train.set);
    nnfs_error error = {.status = NNFS_OK};
    pictures drawn;
    if (shape.height == 0) {
        return;
    }
    if (draw_weights(run->network, shape, &drawn, &error) != NNFS_OK) {
        skip_part(run, "pictures of weights", &error);
        return;
    }
    json_t *object = json_object();
    json_set_string(object, "event", "weights");
    json_set_integer(object, "layer", 1);
    json_set_integer(object, "height", drawn.height);
    json_set_integer(object, "width", drawn.width);
    json_t *list = json_array();
    if (add_pngs(list, &drawn, &error) != NNFS_OK) {
        skip_part(run, "pictures of weights", &error);
    }
    (void)json_object_set_new(object, "png", list);
    pictures_free(&drawn);
    log_line(run, object);
}

/* ---- profile ---- */

static json_t *profile_row(const nnfs_profile_row *row)
{
    json_t *object = json_object();
    json_set_string(object, "part", nnfs_part_name(row->part));
    json_set_real(object, "seconds", row->seconds);
    json_set_real(object, "share", row->share);
    json_set_integer(object, "calls", row->calls);
    if (row->layer >= 0) {
        json_set_integer(object, "layer", row->layer + 1);
    }
    if (row->part <= NNFS_PART_GRADIENT) {
        json_set_real(object, "flops", row->flops);
        json_set_real(object, "bytes", row->bytes);
        json_set_real(object, "gflops", row->gflops);
        json_set_string(object, "bound", nnfs_bottleneck_name(row->bound));
    }
    return object;
}

static void log_profile(train_run *run)
{
    nnfs_profile_summary sum = nnfs_profile_sum(run->profile);
    json_t *rows = json_array();
    for (int i = 0; i < nnfs_profile_rows(run->profile); i++) {
        nnfs_profile_row row = nnfs_profile_row_at(run->profile, i);
        (void)json_array_append_new(rows, profile_row(&row));
    }
    json_t *object = json_object();
    json_set_string(object, "event", "profile");
    json_set_integer(object, "threads", sum.threads);
    json_set_real(object, "seconds", sum.seconds);
    json_set_real(object, "peak_gflops", sum.peak_gflops);
    json_set_real(object, "bandwidth", sum.bandwidth);
    json_set_real(object, "working_set", sum.working_set);
    json_set_string(object, "advice", sum.advice[0] ? sum.advice : NULL);
    (void)json_object_set_new(object, "rows", rows);
    log_line(run, object);
}

void log_details(train_run *run)
{
    if (!is_logged(run)) {
        return;
    }
    log_evaluation(run, "validation", &run->validation, &run->summary.validation);
    log_evaluation(run, "test", &run->test, &run->summary.test);
    log_effects(run);
    log_weights(run);
    if (run->profile) {
        log_profile(run);
    }
}
