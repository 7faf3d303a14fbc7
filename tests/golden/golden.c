/*
 * Runs every safetensors case of the folders it is given against its float64 values: outputs, loss
 * and gradients within 1e-5 of the largest element, losses and weights after the case's steps
 * within 1e-4. A line a case, then `N passed, N failed`. What a case holds stands in its metadata.
 *
 * x, y, wN, bN, tableN and edgesN of embeddings and what else a layer has go in; yhat and
 * yhat_after are predictions, before and after the steps; dx, dwN, ... are gradients of the loss,
 * or of sum(output_gradient * outputs) where that is given.
 */
#include "formats/safetensors.h"
#include "math/loss_text.h"
#include "network/network.h"

#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <nnfs/nnfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_TOLERANCE 1e-5
#define STEPS_TOLERANCE 1e-4
#define MAX_LAYERS      8
#define MAX_EMBEDDED    8

typedef struct golden_case {
    const char *path;
    safetensors_file file;
    int sizes[MAX_LAYERS + 1];
    nnfs_layer layers[MAX_LAYERS];
    nnfs_normalization normalization[MAX_LAYERS];
    float dropout[MAX_LAYERS];
    nnfs_embedding embeddings[EMBEDDING_KINDS];
    int lists[2 * EMBEDDING_KINDS][MAX_EMBEDDED];
    int first_inputs; /* of the first layer */
    int layer_count;
    nnfs_network_settings network;
    nnfs_train_settings training;
    int steps;
    float *x;               /* [inputs x batch] */
    float *y;               /* [outputs x batch] */
    float *weights;         /* [batch] of the samples, or NULL */
    float *output_gradient; /* [outputs x batch] in place of a loss, or NULL */
    int64_t batch;
    int32_t *labels; /* [batch] where y is one-hot and the loss cross_entropy, else NULL */
    double worst_value;
    double worst_step;
    char problem[600];
} golden_case;

/* ---- What the metadata says ---- */

/* The settings the cases were made with, where they differ from the project's defaults. */
typedef struct golden_optimizer {
    const char *name;
    nnfs_optimizer optimizer;
    float learning_rate;
    float momentum;
    float weight_decay;
} golden_optimizer;

static const golden_optimizer golden_optimizers[] = {
    {"sgd", NNFS_SGD, 0.1f, NNFS_DEFAULT, 0.0f},
    {"sgd_weight_decay", NNFS_MOMENTUM, 0.1f, 0.9f, 0.01f},
    {"momentum", NNFS_MOMENTUM, 0.1f, 0.9f, 0.0f},
    {"nesterov", NNFS_NESTEROV, 0.1f, 0.9f, 0.0f},
    {"adagrad", NNFS_ADAGRAD, 0.05f, NNFS_DEFAULT, 0.0f},
    {"rmsprop", NNFS_RMSPROP, 0.01f, NNFS_DEFAULT, 0.0f},
    {"adam", NNFS_ADAM, 0.01f, NNFS_DEFAULT, 0.0f},
    {"adamw", NNFS_ADAMW, 0.01f, NNFS_DEFAULT, 0.01f},
};

static bool give_up(golden_case *c, const char *what)
{
    if (c->problem[0] == '\0') {
        (void)snprintf(c->problem, sizeof c->problem, "%s", what);
    }
    return false;
}

static const char *text_of(const golden_case *c, const char *key)
{
    const char *text = safetensors_metadata(&c->file, key);
    return text ? text : "";
}

static bool read_sizes(golden_case *c)
{
    json_t *sizes = json_loads(text_of(c, "sizes"), 0, NULL);
    size_t count = json_array_size(sizes);
    for (size_t i = 0; i < count && i <= MAX_LAYERS; i++) {
        c->sizes[i] = (int)json_integer_value(json_array_get(sizes, i));
    }
    json_decref(sizes);
    c->layer_count = (int)count - 1;
    return count >= 2 && count <= MAX_LAYERS + 1 ? true : give_up(c, "sizes");
}

static int find_name(const char *name, const char *(*names)(int))
{
    int index = 0;
    while (names(index) && strcmp(names(index), name) != 0) {
        index++;
    }
    return names(index) ? index : -1;
}

static const char *activation_name(int index)
{
    return nnfs_activation_name((nnfs_activation)index);
}

static const char *normalization_name(int index)
{
    return nnfs_normalization_name((nnfs_normalization)index);
}

/* What cases may have, by layer. */
static bool read_extras(golden_case *c)
{
    json_t *normalization = json_loads(text_of(c, "normalization"), 0, NULL);
    json_t *dropout = json_loads(text_of(c, "dropout"), 0, NULL);
    bool ok = true;
    for (int i = 0; i < c->layer_count && normalization; i++) {
        const char *name = json_string_value(json_array_get(normalization, (size_t)i));
        int index = name ? find_name(name, normalization_name) : -1;
        c->normalization[i] = (nnfs_normalization)index;
        c->dropout[i] = (float)json_number_value(json_array_get(dropout, (size_t)i));
        ok = ok && index >= 0;
    }
    json_decref(normalization);
    json_decref(dropout);
    return ok ? true : give_up(c, "normalization");
}

static const char *embedding_name(int index)
{
    return nnfs_embedding_name((nnfs_embedding_kind)index);
}

static void read_list(const json_t *json, int *list)
{
    for (size_t i = 0; i < json_array_size(json) && i < MAX_EMBEDDED; i++) {
        list[i] = (int)json_integer_value(json_array_get(json, i));
    }
}

/* As a model file has them. */
static bool read_embeddings(golden_case *c)
{
    json_t *list = json_loads(text_of(c, "embeddings"), 0, NULL);
    int count = (int)json_array_size(list);
    for (int i = 0; i < count && i < EMBEDDING_KINDS; i++) {
        const json_t *from = json_array_get(list, (size_t)i);
        const json_t *sizes = json_object_get(from, "sizes");
        const char *kind = json_string_value(json_object_get(from, "kind"));
        int *lists[] = {c->lists[2 * i], c->lists[2 * i + 1]};
        read_list(json_object_get(from, "inputs"), lists[0]);
        read_list(sizes, lists[1]);
        c->embeddings[i] = (nnfs_embedding){
            .kind = (nnfs_embedding_kind)find_name(kind, embedding_name),
            .width = (int)json_integer_value(json_object_get(from, "width")),
            .bins = (int)json_integer_value(json_object_get(from, "bins")),
            .frequencies = (int)json_integer_value(json_object_get(from, "frequencies")),
            .sigma = 1.0f,
            .count = (int)json_array_size(json_object_get(from, "inputs")),
            .inputs = lists[0],
            .sizes = sizes ? lists[1] : NULL,
        };
    }
    json_decref(list);
    c->network.embedding_count = count;
    c->network.embeddings = c->embeddings;
    return count <= EMBEDDING_KINDS ? true : give_up(c, "embeddings");
}

static bool read_layers(golden_case *c)
{
    json_t *names = json_loads(text_of(c, "activations"), 0, NULL);
    bool ok = json_array_size(names) == (size_t)c->layer_count;
    for (int i = 0; ok && i < c->layer_count; i++) {
        int index = find_name(json_string_value(json_array_get(names, (size_t)i)), activation_name);
        ok = index >= 0;
        c->layers[i] = (nnfs_layer){c->sizes[i + 1], (nnfs_activation)index};
    }
    json_decref(names);
    return ok ? true : give_up(c, "activations");
}

static bool read_settings(golden_case *c)
{
    nnfs_network_settings_init(&c->network);
    int which = loss_read(text_of(c, "loss"), &c->network.quantile);
    nnfs_train_settings_init(&c->training);
    c->network.inputs = c->sizes[0];
    c->network.layers = c->layers;
    c->network.layer_count = c->layer_count;
    c->network.loss = (nnfs_loss)which;
    c->network.init = NNFS_INIT_ZEROS;
    c->network.normalization = c->normalization;
    c->network.dropout = c->dropout;
    c->network.input_dropout = (float)atof(text_of(c, "input_dropout"));
    c->training.label_smoothing = (float)atof(text_of(c, "label_smoothing"));
    c->training.noise = (float)atof(text_of(c, "noise"));
    c->training.layer_noise = (float)atof(text_of(c, "layer_noise"));
    c->training.ema = (float)atof(text_of(c, "ema"));
    c->training.clip_norm = (float)atof(text_of(c, "clip_norm"));
    c->training.seed = 7; /* of dropout, as make_golden.py draws it */
    c->steps = atoi(text_of(c, "steps"));
    c->batch = atoi(text_of(c, "batch"));
    for (size_t i = 0; i < sizeof golden_optimizers / sizeof *golden_optimizers; i++) {
        const golden_optimizer *row = &golden_optimizers[i];
        if (which >= 0 && strcmp(row->name, text_of(c, "optimizer")) == 0) {
            c->training.optimizer = row->optimizer;
            c->training.learning_rate = row->learning_rate;
            c->training.momentum = row->momentum;
            c->training.weight_decay = row->weight_decay;
            return true;
        }
    }
    return give_up(c, "loss or optimizer");
}

/* ---- Tensors ---- */

/* Copies the elements of an F32 or F64 tensor; false for any other type. */
static bool copy_doubles(const safetensors_tensor *tensor, double *values)
{
    const unsigned char *data = tensor->data;
    for (size_t i = 0; i < tensor->elements; i++) {
        if (tensor->type == SAFETENSORS_F64) {
            memcpy(&values[i], data + 8 * i, sizeof values[i]);
        } else {
            float value = 0.0f;
            memcpy(&value, data + 4 * i, sizeof value);
            values[i] = (double)value;
        }
    }
    return tensor->type == SAFETENSORS_F32 || tensor->type == SAFETENSORS_F64;
}

/* The tensor as doubles, or NULL if it is not there in this size. Freed by the caller. */
static double *doubles_of(golden_case *c, const char *name, size_t count)
{
    const safetensors_tensor *tensor = safetensors_find(&c->file, name);
    double *values = malloc((count > 0 ? count : 1) * sizeof *values);
    if (!values || !tensor || tensor->elements != count || !copy_doubles(tensor, values)) {
        free(values);
        give_up(c, name);
        return NULL;
    }
    return values;
}

static float *floats_of(golden_case *c, const char *name, size_t count)
{
    double *values = doubles_of(c, name, count);
    float *floats = values ? malloc(count * sizeof *floats) : NULL;
    for (size_t i = 0; floats && i < count; i++) {
        floats[i] = (float)values[i];
    }
    free(values);
    return floats;
}

/* The largest difference, relative to the largest element; infinite where the tensor is missing. */
static double difference(golden_case *c, const char *name, const float *got, size_t count)
{
    double *wanted = doubles_of(c, name, count);
    double largest = 0.0;
    double worst = 0.0;
    for (size_t i = 0; wanted && i < count; i++) {
        double apart = fabs((double)got[i] - wanted[i]);
        largest = fmax(largest, fabs(wanted[i]));
        worst = apart <= worst ? worst : apart; /* NaN sticks */
    }
    bool found = wanted != NULL;
    free(wanted);
    if (!found || isnan(worst)) {
        return INFINITY;
    }
    return worst / (largest > 0.0 ? largest : 1.0);
}

static bool has_tensor(const golden_case *c, const char *name)
{
    return safetensors_find(&c->file, name) != NULL;
}

static void compare(golden_case *c, double *worst, const char *name, const float *got, size_t count)
{
    *worst = fmax(*worst, difference(c, name, got, count));
}

/* "w0", "dw0", "w0_after", ... */
static const char *numbered(char *name, size_t size, const char *before, int layer,
                            const char *after)
{
    (void)snprintf(name, size, "%s%d%s", before, layer, after);
    return name;
}

/* A case's W is [in, out] row-major, which is our [out x in] column-major. */
static size_t weight_count(const golden_case *c, int layer)
{
    int in = layer == 0 ? c->first_inputs : c->sizes[layer];
    return (size_t)in * (size_t)c->sizes[layer + 1];
}

/* The vectors that only some layers have; a case has them under these names and
 * the layer's number. */
static const char *const extra_vectors[] = {"scale", "running_mean", "running_variance"};

enum { EXTRA_VECTORS = sizeof extra_vectors / sizeof *extra_vectors };

static int extra_tensor(const nnfs_network *network, int layer, int which)
{
    const network_layer *of = &network->layers[layer];
    const int tensors[EXTRA_VECTORS] = {of->scale, of->running_mean, of->running_variance};
    return tensors[which];
}

static void set_extras(golden_case *c, nnfs_network *network)
{
    char name[32];
    for (int i = 0; i < c->layer_count; i++) {
        size_t out = (size_t)c->sizes[i + 1];
        for (int which = 0; which < EXTRA_VECTORS; which++) {
            int tensor = extra_tensor(network, i, which);
            float *values =
                tensor < 0
                    ? NULL
                    : floats_of(c, numbered(name, sizeof name, extra_vectors[which], i, ""), out);
            if (values) {
                memcpy(network->parameters + network->tensors[tensor].offset, values,
                       out * sizeof *values);
            }
            free(values);
        }
    }
}

/* Compares vectors that lie in a buffer laid out like the parameters. */
static void compare_extras(golden_case *c, double *worst, const nnfs_network *network,
                           const float *buffer, const char *before, const char *after)
{
    char name[32];
    char whole[64];
    for (int i = 0; i < c->layer_count; i++) {
        for (int which = 0; which < EXTRA_VECTORS; which++) {
            int tensor = extra_tensor(network, i, which);
            (void)numbered(name, sizeof name, extra_vectors[which], i, after);
            (void)snprintf(whole, sizeof whole, "%s%s", before, name);
            if (tensor >= 0 && (network->tensors[tensor].trained || after[0])) {
                compare(c, worst, whole, buffer + network->tensors[tensor].offset,
                        (size_t)c->sizes[i + 1]);
            }
        }
    }
}

/* Tensors of the embeddings, [columns, rows] in a case. */
static void set_embeddings(golden_case *c, nnfs_network *network)
{
    char name[32];
    c->first_inputs = network->layers[0].in;
    for (int i = 0; i < network->embedding_count; i++) {
        const network_embedding *embedding = &network->embeddings[i];
        const int tensors[] = {embedding->table, embedding->edges};
        for (int k = 0; k < 2 && tensors[k] >= 0; k++) {
            const network_tensor *tensor = &network->tensors[tensors[k]];
            size_t count = (size_t)tensor->rows * (size_t)tensor->columns;
            float *values =
                floats_of(c, numbered(name, sizeof name, k ? "edges" : "table", i, ""), count);
            if (values) {
                network_write_tensor(tensor, network->parameters, values);
            }
            free(values);
        }
    }
}

static void compare_embeddings(golden_case *c, double *worst, const nnfs_network *network,
                               const float *buffer, const char *before, const char *after)
{
    char name[32];
    for (int i = 0; i < network->embedding_count; i++) {
        const network_tensor *tensor = &network->tensors[network->embeddings[i].table];
        compare(c, worst, numbered(name, sizeof name, before, i, after), buffer + tensor->offset,
                (size_t)tensor->rows * (size_t)tensor->columns);
    }
}

static bool set_weights(golden_case *c, nnfs_network *network)
{
    char name[32];
    set_extras(c, network);
    set_embeddings(c, network);
    for (int i = 0; i < c->layer_count; i++) {
        float *w = floats_of(c, numbered(name, sizeof name, "w", i, ""), weight_count(c, i));
        size_t out = (size_t)c->sizes[i + 1];
        float *b = floats_of(c, numbered(name, sizeof name, "b", i, ""), out);
        if (w && b) {
            (void)nnfs_network_set_weights(network, i, w, NULL);
            memcpy(nnfs_network_biases(network, i), b, out * sizeof *b);
        }
        free(w);
        free(b);
    }
    return c->problem[0] == '\0';
}

/*
 * One-hot targets of cross_entropy are given as labels too, so that both paths are
 * held to the case.
 */
static void find_labels(golden_case *c)
{
    int outputs = c->sizes[c->layer_count];
    c->labels =
        c->network.loss == NNFS_CROSS_ENTROPY ? calloc((size_t)c->batch, sizeof *c->labels) : NULL;
    for (int64_t j = 0; c->labels && j < c->batch; j++) {
        int ones = 0;
        for (int i = 0; i < outputs; i++) {
            float y = c->y[j * outputs + i];
            ones += y == 1.0f;
            c->labels[j] = y == 1.0f ? i : c->labels[j];
        }
        if (ones != 1) {
            free(c->labels);
            c->labels = NULL;
        }
    }
}

/* ---- Running ---- */

static nnfs_arrays batch_of(const golden_case *c, bool labels)
{
    int outputs = c->sizes[c->layer_count];
    nnfs_arrays arrays = {.features = c->x, .feature_count = c->sizes[0], .samples = c->batch};
    if (labels) {
        arrays.labels = c->labels;
        arrays.classes = outputs;
    } else {
        arrays.targets = c->y;
        arrays.target_count = outputs;
    }
    arrays.weights = c->weights;
    return arrays;
}

/* A step by hand, from a loss or from the gradient that the case has. */
static nnfs_step step_of(const golden_case *c, const nnfs_arrays *batch, int update)
{
    nnfs_step step;
    nnfs_step_init(&step);
    step.arrays = batch;
    step.output_gradient = c->output_gradient;
    step.of_logits = strcmp(text_of(c, "given"), "logits") == 0;
    step.update = update;
    return step;
}

static bool compare_outputs(golden_case *c, double *worst, const char *name,
                            const nnfs_network *network, nnfs_error *error)
{
    size_t count = (size_t)(c->batch * c->sizes[c->layer_count]);
    float *outputs = calloc(count, sizeof *outputs);
    bool ok = outputs && !nnfs_predict(network, c->x, c->batch, 1, outputs, error);
    if (ok) {
        compare(c, worst, name, outputs, count);
    }
    free(outputs);
    return ok;
}

/* The gradient with respect to the inputs, of cases that have it. */
static bool compare_input_gradient(golden_case *c, nnfs_trainer *trainer, const nnfs_arrays *batch,
                                   nnfs_error *error)
{
    size_t count = (size_t)(c->batch * c->sizes[0]);
    nnfs_step step = step_of(c, batch, 0);
    if (!has_tensor(c, "dx")) {
        return true;
    }
    step.input_gradient = calloc(count, sizeof *step.input_gradient);
    bool ok = step.input_gradient && !nnfs_trainer_run(trainer, &step, NULL, error);
    if (ok) {
        compare(c, &c->worst_value, "dx", step.input_gradient, count);
    }
    free(step.input_gradient);
    return ok;
}

static void compare_loss(double *worst, double got, double wanted)
{
    double apart = fabs(got - wanted) / fmax(fabs(wanted), 1e-30);
    *worst = fmax(*worst, isnan(apart) ? INFINITY : apart);
}

static bool check_values(golden_case *c, nnfs_network *network, nnfs_trainer *trainer,
                         const nnfs_arrays *batch, nnfs_error *error)
{
    char name[32];
    bool has_loss = c->output_gradient == NULL;
    double *wanted = has_loss ? doubles_of(c, "loss", 1) : NULL;
    double loss = NAN;
    const nnfs_step step = step_of(c, batch, 0);
    bool ok = compare_outputs(c, &c->worst_value, "yhat", network, error) &&
              compare_input_gradient(c, trainer, batch, error) &&
              !nnfs_trainer_run(trainer, &step, &loss, error);
    if (ok && wanted) {
        compare_loss(&c->worst_value, loss, wanted[0]);
    }
    for (int i = 0; ok && i < c->layer_count; i++) {
        float *dw = calloc(weight_count(c, i), sizeof *dw);
        ok = dw && !nnfs_trainer_get_weight_gradient(trainer, i, dw, error);
        compare(c, &c->worst_value, numbered(name, sizeof name, "dw", i, ""), dw,
                ok ? weight_count(c, i) : 0);
        free(dw);
        compare(c, &c->worst_value, numbered(name, sizeof name, "db", i, ""),
                nnfs_trainer_bias_gradient(trainer, i), (size_t)c->sizes[i + 1]);
    }
    const float *gradients = nnfs_trainer_gradients(trainer, NULL);
    compare_extras(c, &c->worst_value, network, gradients, "d", "");
    compare_embeddings(c, &c->worst_value, network, gradients, "dtable", "");
    free(wanted);
    return ok;
}

static bool check_steps(golden_case *c, nnfs_network *network, nnfs_trainer *trainer,
                        const nnfs_arrays *batch, nnfs_error *error)
{
    char name[32];
    bool has_loss = c->output_gradient == NULL;
    double *losses = has_loss ? doubles_of(c, "losses", (size_t)c->steps) : NULL;
    const nnfs_step one = step_of(c, batch, 1);
    bool ok = losses || !has_loss;
    for (int step = 0; ok && step < c->steps; step++) {
        double loss = NAN;
        ok = !nnfs_trainer_run(trainer, &one, &loss, error);
        if (losses) {
            compare_loss(&c->worst_step, loss, losses[step]);
        }
    }
    for (int i = 0; ok && i < c->layer_count; i++) {
        float *w = calloc(weight_count(c, i), sizeof *w);
        ok = w && !nnfs_network_get_weights(network, i, w, error);
        compare(c, &c->worst_step, numbered(name, sizeof name, "w", i, "_after"), w,
                ok ? weight_count(c, i) : 0);
        free(w);
        compare(c, &c->worst_step, numbered(name, sizeof name, "b", i, "_after"),
                nnfs_network_biases(network, i), (size_t)c->sizes[i + 1]);
    }
    compare_extras(c, &c->worst_step, network, network->parameters, "", "_after");
    compare_embeddings(c, &c->worst_step, network, network->parameters, "table", "_after");
    if (ok && has_tensor(c, "yhat_after")) {
        ok = compare_outputs(c, &c->worst_step, "yhat_after", network, error);
    }
    if (ok && has_tensor(c, "yhat_average")) {
        nnfs_trainer_use_average(trainer, 1);
        ok = compare_outputs(c, &c->worst_step, "yhat_average", network, error);
    }
    free(losses);
    return ok;
}

/* The whole case once, with targets as numbers or as labels. */
static void run_once(golden_case *c, bool labels)
{
    nnfs_error error = {0};
    nnfs_network *network = NULL;
    nnfs_trainer *trainer = NULL;
    nnfs_arrays batch = batch_of(c, labels);
    c->training.batch = c->batch;
    bool ok = !nnfs_network_create(&c->network, &network, &error) && set_weights(c, network) &&
              !nnfs_trainer_create(network, &c->training, &trainer, &error) &&
              check_values(c, network, trainer, &batch, &error) &&
              check_steps(c, network, trainer, &batch, &error);
    if (!ok) {
        give_up(c, error.message);
    }
    nnfs_trainer_free(trainer);
    nnfs_network_free(network);
}

static bool run_case(const char *path)
{
    golden_case c = {.path = path};
    nnfs_error error = {0};
    if (safetensors_open(path, &c.file, &error) != NNFS_OK) {
        give_up(&c, error.message);
    } else if (read_sizes(&c) && read_layers(&c) && read_extras(&c) && read_settings(&c) &&
               read_embeddings(&c)) {
        c.x = floats_of(&c, "x", (size_t)(c.batch * c.sizes[0]));
        c.y = floats_of(&c, "y", (size_t)(c.batch * c.sizes[c.layer_count]));
        size_t outputs = (size_t)(c.batch * c.sizes[c.layer_count]);
        if (has_tensor(&c, "sample_weights")) {
            c.weights = floats_of(&c, "sample_weights", (size_t)c.batch);
        }
        if (has_tensor(&c, "output_gradient")) {
            c.output_gradient = floats_of(&c, "output_gradient", outputs);
        }
        if (c.x && c.y) {
            find_labels(&c);
            run_once(&c, false);
            if (c.labels) {
                run_once(&c, true);
            }
        }
    }
    bool passed =
        c.problem[0] == '\0' && c.worst_value <= VALUE_TOLERANCE && c.worst_step <= STEPS_TOLERANCE;
    const char *slash = strrchr(path, '/');
    printf("%s %-50s values %.1e of %.0e, after %2d steps %.1e of %.0e%s%s\n",
           passed ? "ok    " : "FAILED", slash ? slash + 1 : path, c.worst_value, VALUE_TOLERANCE,
           c.steps, c.worst_step, STEPS_TOLERANCE, c.problem[0] ? ": " : "", c.problem);
    free(c.x);
    free(c.y);
    free(c.weights);
    free(c.output_gradient);
    free(c.labels);
    safetensors_close(&c.file);
    return passed;
}

/* ---- Folders ---- */

static int is_case(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot && strcmp(dot, ".safetensors") == 0;
}

static bool run_folder(const char *folder, int *passed, int *failed)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_case, alphasort);
    for (int i = 0; i < count; i++) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        *(run_case(path) ? passed : failed) += 1;
        free(entries[i]);
    }
    free(entries);
    if (count <= 0) {
        (void)fprintf(stderr, "golden: no case in %s\n", folder);
    }
    return count > 0;
}

int main(int argc, char **argv)
{
    int passed = 0;
    int failed = 0;
    bool all_found = argc > 1;
    for (int i = 1; i < argc; i++) {
        all_found = run_folder(argv[i], &passed, &failed) && all_found;
    }
    if (argc < 2) {
        (void)fprintf(stderr, "usage: golden FOLDER...\n");
    }
    printf("%d passed, %d failed\n", passed, failed);
    return all_found && failed == 0 ? 0 : 1;
}
