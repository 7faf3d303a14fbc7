/* The run log: JSON, an object a line, each flushed as soon as it is written. */
#include "common/bounds.h"
#include "common/column_text.h"
#include "common/exit.h"
#include "common/json.h"
#include "common/lock.h"
#include "common/metrics_text.h"
#include "train/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static nnfs_status fail_log(const char *path, const char *reason, nnfs_error *error)
{
    return set_error(error, NNFS_ERROR_IO, "cannot write '%s': %s", path, reason);
}

nnfs_status find_run_log(const char *path, const char *id, bool *is_log, nnfs_error *error)
{
    char wanted[96] = "{\"schema\":\"nnfs-run/1\",\"event\":\"start\"";
    char there[sizeof wanted] = {0};
    size_t length = strlen(wanted);
    if (*id) {
        length += (size_t)snprintf(wanted + length, sizeof wanted - length, ",\"run\":\"%s\"", id);
    }
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t got = -1;
    if (file >= 0) {
        got = pread(file, there, length, 0);
    }
    bool missing = got < 0 && (errno == ENOENT || errno == ESPIPE);
    nnfs_status status = NNFS_OK;
    if (got < 0 && !missing) {
        status = set_error(error, NNFS_ERROR_IO, "cannot read '%s': %s", path, strerror(errno));
    }
    *is_log = got == (ssize_t)length && memcmp(wanted, there, length) == 0;
    if (file >= 0) {
        (void)close(file);
    }
    return status;
}

/* The bytes of a regular file, -1 of any other. */
static nnfs_status find_size(const train_run *run, int64_t *size, nnfs_error *error)
{
    struct stat about;
    *size = -1;
    if (fstat(fileno(run->log), &about) != 0) {
        return fail_log(run->options->log, strerror(errno), error);
    }
    if (S_ISREG(about.st_mode)) {
        *size = about.st_size;
    } else {
        *size = -1;
    }
    return NNFS_OK;
}

/* What a resumed run goes on with is a run log, or empty. */
static nnfs_status check_log(const train_run *run, nnfs_error *error)
{
    const char *path = run->options->log;
    bool is_log = true;
    int64_t size;
    nnfs_status status = find_size(run, &size, error);
    if (status == NNFS_OK && run->checkpoint && !run->own_log && size > 0) {
        status = find_run_log(path, "", &is_log, error);
    }
    if (status != NNFS_OK || is_log) {
        return status;
    }
    return set_error(error, NNFS_ERROR_DATA,
                     "cannot go on with '%s': its first line is not of a run log", path);
}

nnfs_status log_open(train_run *run, nnfs_error *error)
{
    const char *path = run->options->log;
    int64_t size;
    run->logged = true;
    if (path) {
        run->log = fopen(path, "ae");
    } else {
        run->log = NULL;
    }
    if (!path) {
        return NNFS_OK;
    }
    if (!run->log) {
        return fail_log(path, strerror(errno), error);
    }
    TRY(find_size(run, &size, error));
    /* Two runs do not share a log: the second would cut off the lines of the first. */
    if (size >= 0 && !lock_file(fileno(run->log))) {
        return fail_log(path, "another run is writing to it", error);
    }
    return check_log(run, error);
}

/* A log that is shorter than it was goes on where it ends. */
nnfs_status log_cut(train_run *run, nnfs_error *error)
{
    const char *path = run->options->log;
    int64_t wanted = MAX(run->log_bytes, 0);
    int64_t size = -1;
    nnfs_status status = NNFS_OK;
    if (run->log) {
        status = find_size(run, &size, error);
    }
    if (status != NNFS_OK || size < 0) {
        return status;
    }
    if (size < wanted && !(size == 0 && run->options->named.log)) {
        cli_message("'%s' is shorter than it was: lines of it are lost", path);
    }
    run->log_is_new = size == 0 || wanted == 0;
    if (size <= wanted || ftruncate(fileno(run->log), wanted) == 0) {
        return NNFS_OK;
    }
    return fail_log(path, strerror(errno), error);
}

nnfs_status log_close(train_run *run, nnfs_error *error)
{
    bool closed = !run->log || fclose(run->log) == 0;
    run->log = NULL;
    if (!closed || (run->options->log && !run->logged)) {
        return set_error(error, NNFS_ERROR_IO, "the run log '%s' could not be written whole",
                         run->options->log);
    }
    return NNFS_OK;
}

bool is_logged(const train_run *run)
{
    return run->log || run->options->report;
}

static bool write_line(FILE *log, const json_t *object)
{
    return json_dumpf(object, log, JSON_LINE) == 0 && fputc('\n', log) != EOF && fflush(log) == 0;
}

void log_line(train_run *run, json_t *object)
{
    bool whole = json_had_memory();
    if (run->log) {
        run->logged = run->logged && whole && write_line(run->log, object);
    }
    if (run->options->report && whole) {
        record_event(run, object);
    }
    run->recorded = run->recorded && whole;
    json_decref(object);
}

/* ---- start ---- */

/* By its type; the word for 0 is null. */
static json_t *setting_value(const nnfs_setting *setting, const char *text)
{
    if (setting->zero && strcmp(text, setting->zero) == 0) {
        return json_null();
    }
    switch (setting->type) {
    case NNFS_SETTING_NAME:
    case NNFS_SETTING_TEXT:
        return json_string(text);
    case NNFS_SETTING_WHOLE:
        return json_integer(strtoll(text, NULL, 10));
    default:
        return json_real(strtod(text, NULL));
    }
}

static json_t *settings(const train_run *run)
{
    const train_options *options = run->options;
    nnfs_train_settings train = options->train;
    json_t *object = json_object();
    json_set_string(object, "init", nnfs_init_name(options->network.init));
    if (options->network.init == NNFS_INIT_NORMAL || options->network.init == NNFS_INIT_UNIFORM) {
        json_set_float(object, "init_scale", options->network.init_scale);
    }
    json_set_string(object, "loss", text_loss(run->network).text);
    if (train.batch <= 0) {
        train.batch = nnfs_dataset_samples(run->train.set);
    }
    const nnfs_setting *setting;
    for (int i = 0; (setting = nnfs_train_setting(i)) != NULL; i++) {
        char text[NNFS_SETTING_BYTES];
        (void)nnfs_train_settings_get(&train, setting->name, text, sizeof text, NULL);
        bool is_rate = strcmp(setting->name, "learning_rate") == 0;
        (void)json_object_set_new(object, is_rate ? "lr" : setting->name,
                                  setting_value(setting, text));
    }
    json_set_real(object, "validation_share", options->validation_share);
    json_set_real(object, "test_share", run->test_share);
    json_set_integer(object, "folds", options->folds);
    if (options->ensemble) {
        json_set_integer(object, "networks", options->networks);
        json_set_integer(object, "refit", options->refit);
    }
    json_set_string(object, "class_weight", options->class_weight);
    json_set_integer(object, "threads", train.threads > 0 ? train.threads : run->machine.threads);
    json_set_string(object, "output", options->output);
    return object;
}

/* The targets by name; by number where columns have none. */
static json_t *targets(const nnfs_preprocessing *preprocessing)
{
    json_t *names = json_array();
    for (int i = 0; i < nnfs_preprocessing_targets(preprocessing); i++) {
        const char *name = nnfs_preprocessing_target(preprocessing, i).name;
        (void)json_array_append_new(names, name ? json_string(name) : json_null());
    }
    return names;
}

/* What a table was read and prepared with; null for other data. */
static json_t *table(const train_run *run)
{
    const table_options *options = &run->options->table;
    if (!run->preprocessing) {
        return json_null();
    }
    json_t *object = json_object();
    (void)json_object_set_new(object, "targets", targets(run->preprocessing));
    json_set_string(object, "weight_column", options->weight_column);
    json_set_string(object, "scale", nnfs_scaling_name(options->preprocessing.scaling));
    json_set_integer(object, "missing_indicator", options->preprocessing.missing_indicator);
    json_set_integer(object, "max_categories", options->preprocessing.max_categories);
    if (options->preprocessing.two_valued) {
        json_set_integer(object, "two_valued", 1);
    }
    if (options->preprocessing.screening > 0.0f) {
        json_set_float(object, "screen", options->preprocessing.screening);
    }
    json_set_integer(object, "columns", nnfs_dataset_columns(run->train.set));
    json_set_integer(object, "inputs", nnfs_preprocessing_inputs(run->preprocessing));
    return object;
}

/* The first columns of a table: their names, kinds and missing cells, and what becomes of them. */
static json_t *column_summary(const train_run *run)
{
    enum { COLUMNS_MOST = 100 };
    const nnfs_dataset *set = run->train.set;
    if (!run->preprocessing) {
        return json_null();
    }
    json_t *list = json_array();
    for (int i = 0; i < nnfs_dataset_columns(set) && i < COLUMNS_MOST; i++) {
        nnfs_column column = nnfs_dataset_column(set, i);
        bool known = column.use < NNFS_COLUMN_DROPPED; /* else its cells were not looked at */
        char *becomes = column_becomes(run, i);
        json_t *object = json_object();
        json_set_string(object, "name", column.name);
        json_set_string(object, "kind", known ? kind_text(&column).text : NULL);
        json_set_integer(object, "missing", known ? column.missing : 0);
        json_set_string(object, "becomes", becomes);
        (void)json_array_append_new(list, object);
        free(becomes);
    }
    return list;
}

static json_t *network(const train_run *run)
{
    json_t *layers = json_array();
    for (int i = 0; i < nnfs_network_layer_count(run->network); i++) {
        nnfs_layer layer = nnfs_network_layer(run->network, i);
        json_t *object = json_object();
        json_set_integer(object, "width", layer.width);
        json_set_string(object, "activation", nnfs_activation_name(layer.activation));
        nnfs_normalization normalization = nnfs_network_normalization(run->network, i);
        if (normalization != NNFS_NORMALIZATION_NONE) {
            json_set_string(object, "normalization", nnfs_normalization_name(normalization));
        }
        if (nnfs_network_dropout(run->network, i) > 0.0f) {
            json_set_float(object, "dropout", nnfs_network_dropout(run->network, i));
        }
        (void)json_array_append_new(layers, object);
    }
    json_t *object = json_object();
    json_set_integer(object, "inputs", nnfs_network_inputs(run->network));
    if (nnfs_network_input_dropout(run->network) > 0.0f) {
        json_set_float(object, "input_dropout", nnfs_network_input_dropout(run->network));
    }
    (void)json_object_set_new(object, "layers", layers);
    json_set_integer(object, "parameters", nnfs_network_parameters(run->network));
    return object;
}

static json_t *dataset(const data_source *source)
{
    if (!source->set) {
        return json_null();
    }
    json_t *object = json_object();
    json_set_string(object, "source", source->path);
    json_set_integer(object, "samples", nnfs_dataset_samples(source->set));
    json_set_integer(object, "features", nnfs_dataset_features(source->set));
    json_set_integer(object, "classes", nnfs_dataset_classes(source->set));
    json_set_hash(object, "hash", nnfs_dataset_hash(source->set));
    return object;
}

/* A set without a path of its own came out of the training data's. */
static data_source with_path(const train_run *run, const data_source *part)
{
    return (data_source){.path = part->path ? part->path : run->train.path, .set = part->set};
}

static json_t *data(const train_run *run)
{
    data_source validation = with_path(run, &run->validation);
    data_source test = with_path(run, &run->test);
    json_t *object = json_object();
    (void)json_object_set_new(object, "train", dataset(&run->train));
    (void)json_object_set_new(object, "validation", dataset(&validation));
    (void)json_object_set_new(object, "test", dataset(&test));
    return object;
}

static json_t *machine(const train_run *run)
{
    json_t *object = json_object();
    json_set_string(object, "cpu", run->machine.cpu);
    json_set_string(object, "blas", run->machine.blas);
    json_set_string(object, "kernel", run->machine.kernel);
    json_set_integer(object, "cores", run->machine.cores);
    json_set_integer(object, "threads", run->machine.threads);
    if (run->communicator) {
        json_set_integer(object, "ranks", nnfs_communicator_size(run->communicator));
        json_set_integer(object, "hosts", nnfs_communicator_hosts(run->communicator));
    }
    json_set_string(object, "advice", run->machine.advice[0] ? run->machine.advice : NULL);
    return object;
}

static json_t *start(const train_run *run)
{
    json_t *object = json_object();
    json_set_string(object, "schema", "nnfs-run/1");
    json_set_string(object, "event", "start"); /* see find_run_log: these stand first */
    if (run->id[0]) {
        json_set_string(object, "run", run->id);
    }
    json_set_string(object, "version", nnfs_version());
    json_set_string(object, "command", run->command);
    (void)json_object_set_new(object, "settings", settings(run));
    (void)json_object_set_new(object, "table", table(run));
    (void)json_object_set_new(object, "column_summary", column_summary(run));
    (void)json_object_set_new(object, "network", network(run));
    (void)json_object_set_new(object, "data", data(run));
    (void)json_object_set_new(object, "machine", machine(run));
    return object;
}

void log_start(train_run *run)
{
    if (is_logged(run)) {
        json_watch();
        log_line(run, start(run));
    }
}

/* What a report or a log begins with, where the log is not there to tell. */
static void begin_again(train_run *run)
{
    if (run->log && run->log_is_new) {
        log_line(run, start(run));
    } else if (run->options->report && !run->record.start) {
        json_t *object = start(run);
        record_event(run, object);
        json_decref(object);
    }
}

void log_resume(train_run *run)
{
    if (!is_logged(run)) {
        return;
    }
    json_watch();
    begin_again(run);
    json_t *object = json_object();
    json_set_string(object, "event", "resume");
    json_set_string(object, "checkpoint", nnfs_checkpoint_path(run->checkpoint));
    json_set_integer(object, "epochs", nnfs_checkpoint_epochs(run->checkpoint));
    json_set_integer(object, "steps", nnfs_checkpoint_steps(run->checkpoint));
    (void)json_object_set_new(object, "machine", machine(run));
    log_line(run, object);
}

/* ---- epoch, end ---- */

void log_epoch(train_run *run, const nnfs_epoch *epoch)
{
    if (!is_logged(run)) {
        return;
    }
    json_watch();
    json_t *object = json_object();
    json_set_string(object, "event", "epoch");
    json_set_integer(object, "epoch", epoch->epoch);
    json_set_real(object, "train_loss", epoch->train_loss);
    json_set_real(object, "train_accuracy", epoch->train_accuracy);
    json_set_real(object, "validation_loss", epoch->validation.loss);
    json_set_real(object, "validation_accuracy", epoch->validation.accuracy);
    json_set_real(object, "validation_rmse", epoch->validation.rmse);
    json_set_real(object, "test_loss", epoch->test.loss);
    json_set_real(object, "test_accuracy", epoch->test.accuracy);
    json_set_real(object, "test_rmse", epoch->test.rmse);
    json_set_float(object, "lr", (float)epoch->learning_rate);
    json_set_real(object, "seconds", epoch->seconds);
    json_set_real(object, "samples_per_second", epoch->samples_per_second);
    json_set_real(object, "gflops", epoch->gflops);
    log_line(run, object);
}

static void set_evaluation(json_t *object, const char *part, const nnfs_evaluation *evaluation)
{
    const metric *what;
    for (int i = 0; (what = metric_at(i)) != NULL; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "%s_%s", part, what->key);
        metric_log(object, key, what, metric_value(what, evaluation));
    }
}

/* The mean and the spread of all folds or networks, by their held-out parts. */
static json_t *folds(const fold_scores *of)
{
    json_t *object = json_object();
    const metric *what;
    json_set_integer(object, "count", of->count);
    for (int i = 0; (what = metric_at(i)) != NULL; i++) {
        char key[48];
        (void)snprintf(key, sizeof key, "validation_%s_mean", what->key);
        metric_log(object, key, what, folds_mean(of, what));
        (void)snprintf(key, sizeof key, "validation_%s_spread", what->key);
        metric_log(object, key, what, folds_spread(of, what));
    }
    return object;
}

static void log_one(train_run *run, const char *what, int index, const nnfs_summary *summary)
{
    if (!is_logged(run)) {
        return;
    }
    json_t *object = json_object();
    json_set_string(object, "event", what);
    json_set_integer(object, what, index);
    json_set_integer(object, "epochs", summary->epochs);
    if (summary->best_epoch > 0) {
        json_set_integer(object, "best_epoch", summary->best_epoch);
    }
    if (summary->temperature != 1.0) {
        json_set_real(object, "temperature", summary->temperature);
    }
    json_set_integer(object, "train_samples", summary->train.samples);
    json_set_integer(object, "validation_samples", summary->validation.samples);
    set_evaluation(object, "train", &summary->train);
    set_evaluation(object, "validation", &summary->validation);
    json_set_real(object, "seconds", summary->seconds);
    log_line(run, object);
}

void log_fold(train_run *run, int fold, const nnfs_summary *summary)
{
    log_one(run, "fold", fold, summary);
}

void log_network(train_run *run, int network, const nnfs_summary *summary)
{
    log_one(run, "network", network, summary);
}

void log_end(train_run *run)
{
    if (!is_logged(run)) {
        return;
    }
    const nnfs_summary *summary = &run->summary;
    json_watch();
    json_t *object = json_object();
    json_set_string(object, "event", "end");
    json_set_string(object, "reason", summary->reason);
    json_set_integer(object, "epochs", summary->epochs);
    if (summary->best_epoch > 0) {
        json_set_integer(object, "best_epoch", summary->best_epoch);
    }
    if (summary->temperature != 1.0) {
        json_set_real(object, "temperature", summary->temperature);
    }
    set_evaluation(object, "train", &summary->train);
    set_evaluation(object, "validation", &summary->validation);
    set_evaluation(object, "test", &summary->test);
    json_set_real(object, "seconds", summary->seconds);
    json_set_real(object, "samples_per_second", summary->samples_per_second);
    json_set_real(object, "gflops", summary->gflops);
    json_set_string(object, "output", run->saved ? run->options->output : NULL);
    json_set_hash(object, "weights_hash", nnfs_network_hash(run->network));
    if (run->networks.count > 0) {
        (void)json_object_set_new(object, "networks", folds(&run->networks));
    }
    if (run->folds.count > 0) {
        (void)json_object_set_new(object, "folds", folds(&run->folds));
    }
    log_line(run, object);
}
