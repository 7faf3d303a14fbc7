/* Pictures of samples and of weights. */
#include "common/exit.h"
#include "pictures/image.h"

#include <math.h>
#include <stdlib.h>

/* What can be shown of a picture's channels: how opaque it is cannot. */
static int shown_channels(nnfs_image_layout shape)
{
    if (shape.channels == 1) {
        return 1;
    }
    return 3;
}

static nnfs_status make(nnfs_image_layout shape, int channels, palette colours, int count,
                        pictures *made, nnfs_error *error)
{
    size_t pixels = (size_t)shape.height * (size_t)shape.width;
    *made = (pictures){.values = calloc((size_t)count, pixels * (size_t)channels * sizeof(float)),
                       .count = count,
                       .height = shape.height,
                       .width = shape.width,
                       .channels = channels,
                       .palette = colours};
    if (!made->values) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    return NNFS_OK;
}

/* Where a channel of a pixel lies among the values of a sample. */
static size_t place(nnfs_image_layout shape, size_t pixel, int channel)
{
    size_t pixels = (size_t)shape.height * (size_t)shape.width;
    if (shape.planar) {
        return (size_t)channel * pixels + pixel;
    }
    return pixel * (size_t)shape.channels + (size_t)channel;
}

/* ---- Samples ---- */

static int count_values(const nnfs_dataset *data)
{
    int columns = nnfs_dataset_columns(data);
    int values = 0;
    if (columns <= 0) {
        values = nnfs_dataset_features(data);
    }
    for (int i = 0; i < columns; i++) {
        values += nnfs_dataset_column(data, i).use == NNFS_COLUMN_FEATURE;
    }
    return values;
}

/* A prepared table has other features than its file: those are its cells. */
static nnfs_status read_values(const nnfs_dataset *data, int64_t sample, float *values,
                               nnfs_error *error)
{
    int columns = nnfs_dataset_columns(data);
    for (int i = 0; i < columns; i++) {
        if (nnfs_dataset_column(data, i).use == NNFS_COLUMN_FEATURE) {
            *values++ = nnfs_dataset_cell(data, sample, i);
        }
    }
    if (columns <= 0) {
        return nnfs_dataset_copy(data, sample, 1, values, NULL, NULL, error);
    }
    return NNFS_OK;
}

/* Brings the values to 0 .. 1; a missing one is black. */
static void normalise(pictures *made)
{
    size_t count = (size_t)(picture_at(made, made->count) - made->values);
    float least = HUGE_VALF;
    float most = -HUGE_VALF;
    for (size_t i = 0; i < count; i++) {
        least = fminf(least, made->values[i]);
        most = fmaxf(most, made->values[i]);
    }
    if (least >= 0.0f && most <= 255.0f) {
        least = 0.0f;
        if (most <= 1.0f) {
            most = 1.0f;
        } else {
            most = 255.0f;
        }
    }
    float scale = 0.0f;
    if (most > least) {
        scale = 1.0f / (most - least);
    }
    for (size_t i = 0; i < count; i++) {
        float value = made->values[i];
        if (isfinite(value)) {
            made->values[i] = (value - least) * scale;
        } else {
            made->values[i] = 0.0f;
        }
    }
}

/* Picture `index` of the sample: as it is, or, beside distorted ones, as an epoch of
 * training sees it. */
static nnfs_status read_picture(const nnfs_dataset *data, int64_t sample,
                                const picture_distortions *how, int index, float *values,
                                nnfs_error *error)
{
    if (how->count == 0) {
        return read_values(data, sample, values, error);
    }
    if (index == 0) {
        return nnfs_dataset_augmented_sample(data, "", how->seed, 0, sample, values, error);
    }
    return nnfs_dataset_augmented_sample(data, how->augment, how->seed, index - 1, sample, values,
                                         error);
}

nnfs_status pictures_of_samples(const nnfs_dataset *data, nnfs_image_layout shape,
                                const int64_t *samples, int count, pictures *made,
                                nnfs_error *error)
{
    return pictures_of_distorted(data, shape, samples, count, &(picture_distortions){.count = 0},
                                 made, error);
}

nnfs_status pictures_of_distorted(const nnfs_dataset *data, nnfs_image_layout shape,
                                  const int64_t *samples, int count, const picture_distortions *how,
                                  pictures *made, nnfs_error *error)
{
    int each = 1 + how->count;
    int channels = shown_channels(shape);
    size_t pixels = (size_t)shape.height * (size_t)shape.width;
    int values = count_values(data);
    *made = (pictures){0};
    if (values != picture_values(shape)) {
        return set_error(error, NNFS_ERROR_DATA,
                         "a picture of %d x %d with %d channel%s has %lld values, a sample has %d",
                         shape.height, shape.width, shape.channels, shape.channels == 1 ? "" : "s",
                         (long long)picture_values(shape), values);
    }
    float *sample = calloc((size_t)values + 1, sizeof *sample); /* also of no values */
    nnfs_status status = make(shape, channels, channels == 3 ? PALETTE_COLOUR : PALETTE_GRAY,
                              count * each, made, error);
    status = sample ? status : set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    float *to = made->values;
    for (int i = 0; status == NNFS_OK && i < count * each; i++) {
        status = read_picture(data, samples[i / each], how, i % each, sample, error);
        for (size_t pixel = 0; status == NNFS_OK && pixel < pixels; pixel++) {
            for (int channel = 0; channel < channels; channel++) {
                *to++ = sample[place(shape, pixel, channel)];
            }
        }
    }
    free(sample);
    if (status != NNFS_OK) {
        pictures_free(made);
        return status;
    }
    normalise(made);
    return NNFS_OK;
}

/* ---- Weights ---- */

/* What a picture's values are to the network: columns of a table, or its inputs. */
static int taken_values(const nnfs_network *network)
{
    const nnfs_preprocessing *preprocessing = nnfs_network_preprocessing(network);
    if (preprocessing) {
        return nnfs_preprocessing_columns(preprocessing);
    }
    return nnfs_network_inputs(network);
}

/* The input that value `index` becomes; -1 where it is left out. */
static int input_of(const nnfs_network *network, int index)
{
    const nnfs_preprocessing *preprocessing = nnfs_network_preprocessing(network);
    if (!preprocessing) {
        return index;
    }
    nnfs_encoding encoding = nnfs_preprocessing_column(preprocessing, index);
    if (encoding.inputs <= 0) {
        return -1;
    }
    return encoding.first_input;
}

nnfs_image_layout picture_of_network(const nnfs_network *network)
{
    enum { LEAST_SIDE = 8 };
    const char *note = nnfs_network_note(network, "picture");
    int values = taken_values(network);
    int side = (int)lrint(sqrt(values));
    nnfs_image_layout shape;
    if (note && picture_parse(note, &shape) && picture_values(shape) == values) {
        return shape;
    }
    if (side >= LEAST_SIDE && side * side == values) {
        return (nnfs_image_layout){side, side, 1, 0};
    }
    return (nnfs_image_layout){0};
}

typedef struct unit_strength {
    double squares;
    int unit;
} unit_strength;

static int by_strength(const void *left, const void *right)
{
    const unit_strength *a = left;
    const unit_strength *b = right;
    if (a->squares != b->squares) {
        return (a->squares < b->squares) - (a->squares > b->squares);
    }
    return (a->unit > b->unit) - (a->unit < b->unit);
}

/* W of the first layer [width x inputs]; freed by the caller. NULL where there is no memory. */
static float *first_weights(const nnfs_network *network)
{
    size_t width = (size_t)nnfs_network_layer(network, 0).width;
    float *w = calloc(width * (size_t)nnfs_network_layer_columns(network, 0), sizeof *w);
    if (w) {
        (void)nnfs_network_get_weights(network, 0, w, NULL); /* there is a first layer */
    }
    return w;
}

nnfs_status units_by_strength(const nnfs_network *network, int *units, nnfs_error *error)
{
    int width = nnfs_network_layer(network, 0).width;
    size_t weights = (size_t)width * (size_t)nnfs_network_layer_columns(network, 0);
    float *w = first_weights(network);
    unit_strength *order = calloc((size_t)width, sizeof *order);
    if (!w || !order) {
        free(w);
        free(order);
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < weights; i++) {
        order[i % (size_t)width].squares += (double)w[i] * (double)w[i];
    }
    for (int i = 0; i < width; i++) {
        order[i].unit = i;
    }
    qsort(order, (size_t)width, sizeof *order, by_strength);
    for (int i = 0; i < width; i++) {
        units[i] = order[i].unit;
    }
    free(w);
    free(order);
    return NNFS_OK;
}

static int by_size(const void *left, const void *right)
{
    float a = fabsf(*(const float *)left);
    float b = fabsf(*(const float *)right);
    return (a > b) - (a < b);
}

/* To -1 .. 1, but for one in a hundred. */
static nnfs_status scale_weights(pictures *made, nnfs_error *error)
{
    size_t count = (size_t)(picture_at(made, made->count) - made->values);
    float *sorted = malloc(count * sizeof *sorted);
    if (!sorted) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        sorted[i] = made->values[i];
    }
    qsort(sorted, count, sizeof *sorted, by_size);
    float most = fabsf(sorted[count - 1 - count / 100]);
    if (!(most > 0.0f)) {
        most = fabsf(sorted[count - 1]);
    }
    for (size_t i = 0; most > 0.0f && i < count; i++) {
        made->values[i] = fmaxf(-1.0f, fminf(1.0f, made->values[i] / most));
    }
    free(sorted);
    return NNFS_OK;
}

/* w [width x inputs] */
static void copy_weights(const nnfs_network *network, const float *w, nnfs_image_layout shape,
                         int unit, float *to)
{
    size_t width = (size_t)nnfs_network_layer(network, 0).width;
    size_t pixels = (size_t)shape.height * (size_t)shape.width;
    int channels = shown_channels(shape);
    for (size_t pixel = 0; pixel < pixels; pixel++) {
        for (int channel = 0; channel < channels; channel++) {
            int input = input_of(network, (int)place(shape, pixel, channel));
            if (input < 0) {
                to[pixel] += 0.0f;
            } else {
                to[pixel] += w[(size_t)input * width + (size_t)unit] / (float)channels;
            }
        }
    }
}

nnfs_status pictures_of_weights(const nnfs_network *network, nnfs_image_layout shape,
                                const int *units, int count, pictures *made, nnfs_error *error)
{
    *made = (pictures){0};
    if (picture_values(shape) != taken_values(network)) {
        return set_error(
            error, NNFS_ERROR_DATA,
            "a picture of %d x %d with %d channel%s has %lld values, the network takes %d",
            shape.height, shape.width, shape.channels, shape.channels == 1 ? "" : "s",
            (long long)picture_values(shape), taken_values(network));
    }
    float *w = first_weights(network);
    if (!w) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    nnfs_status status;
    size_t pixels = (size_t)shape.height * (size_t)shape.width;
    TRY_CLEANUP(make(shape, 1, PALETTE_DIVERGING, count, made, error));
    for (int i = 0; i < count; i++) {
        copy_weights(network, w, shape, units[i], made->values + (size_t)i * pixels);
    }
    TRY_CLEANUP(scale_weights(made, error));
cleanup:
    free(w);
    if (status != NNFS_OK) {
        pictures_free(made);
    }
    return status;
}
