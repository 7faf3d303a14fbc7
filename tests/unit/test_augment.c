/* Augmentation: specifications, the map, elastic fields, what is drawn, and the dataset's side. */
#include "base/hash.h"
#include "base/memory.h"
#include "data/augment/augment.h"
#include "data/augment/augment_parse.h"
#include "data/augment/dataset_augment.h"
#include "data/augment/elastic_field.h"
#include "data/augment/warp.h"
#include "math/loss.h"

#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE, CLASSES = 10 };

static const nnfs_image_layout gray = {SIDE, SIDE, 1, 0};

static size_t values_of(nnfs_image_layout layout)
{
    return (size_t)layout.height * (size_t)layout.width * (size_t)layout.channels;
}

/* Uniform in 0 .. 1, of any bits. */
static void fill_picture(float *picture, size_t count, uint32_t seed)
{
    for (size_t i = 0; i < count; i++) {
        seed = seed * 1664525U + 1013904223U;
        picture[i] = (float)(seed >> 8) * 0x1p-24f;
    }
}

static augment *create(const char *specification, nnfs_image_layout layout)
{
    augment *what = NULL;
    nnfs_error error = {.status = NNFS_OK};
    if (augment_create(specification, layout, CLASSES, 1, &what, &error) != NNFS_OK) {
        fail_msg("%s: %s", specification, error.message);
    }
    return what;
}

/* out = one distorted picture, in a scratch that is full of NaN and has a guard behind. */
static void distort(const augment *what, uint32_t epoch, uint64_t sample, int label,
                    const float *in, float *out)
{
    size_t floats = augment_scratch_floats(what);
    float *scratch = memory_alloc(floats + 16, sizeof *scratch);
    assert_non_null(scratch);
    memset(scratch, 0xff, (floats + 16) * sizeof *scratch);
    augment_apply(what, epoch, sample, label, in, out, scratch);
    for (size_t i = floats; i < floats + 16; i++) {
        assert_true(isnan(scratch[i]));
    }
    memory_free(scratch);
}

/* ---- Specifications ---- */

static void test_specifications(void **state)
{
    (void)state;
    augment_list list;
    nnfs_error error;
    double values[AUGMENT_PARAMETERS];
    assert_int_equal(augment_parse("elastic:sigma=4,alpha=34,affine:rotate=15,rotate@1=7.5,"
                                   "rotate@7=5,scale=0.2,flip,shift:pixels=3",
                                   CLASSES, &list, &error),
                     NNFS_OK);
    assert_int_equal(list.count, 4);
    assert_string_equal(list.ops[0].kind->name, "elastic");
    assert_true(list.ops[0].values[0] == 4.0 && list.ops[0].values[1] == 34.0);
    augment_values(&list.ops[1], 1, values);
    assert_true(values[0] == 7.5 && values[1] == 0.2 && values[2] == 0.0);
    augment_values(&list.ops[1], 7, values);
    assert_true(values[0] == 5.0);
    augment_values(&list.ops[1], 2, values);
    assert_true(values[0] == 15.0);
    augment_values(&list.ops[1], -1, values);
    assert_true(values[0] == 15.0);
    assert_true(list.ops[2].values[0] == 0.5);
    assert_true(list.ops[3].values[0] == 3.0);
    augment_list_free(&list);
}

static void test_wrong_specifications(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"elastc", "unknown augmentation 'elastc'; did you mean 'elastic'?"},
        {"rotate", "unknown augmentation 'rotate'; there are elastic, affine, shift, flip, noise, "
                   "cutout, mixup"},
        {"flip,flip", "augmentation flip is given twice"},
        {"affine", "augmentation affine needs a setting; there are rotate, scale, shear, shift"},
        {"sigma=6", "'sigma=6' belongs to no augmentation: write NAME:sigma=6"},
        {"elastic:sgma=6", "augmentation elastic has no 'sgma'; did you mean 'sigma'?"},
        {"elastic:6", "augmentation elastic: '6' is not KEY=NUMBER"},
        {"elastic:", "augmentation elastic: '' is not KEY=NUMBER"},
        {"elastic:sigma=0.5", "augmentation elastic: sigma is a number from 1 to 1024, not '0.5'"},
        {"elastic:sigma=nan", "augmentation elastic: sigma is a number from 1 to 1024, not 'nan'"},
        {"elastic:sigma=6x", "augmentation elastic: sigma is a number from 1 to 1024, not '6x'"},
        {"elastic:sigma=", "augmentation elastic: sigma is a number from 1 to 1024, not ''"},
        {"shift:pixels=1.5",
         "augmentation shift: pixels is a whole number from 0 to 16384, not '1.5'"},
        {"flip:chance=2", "augmentation flip: chance is a number from 0 to 1, not '2'"},
        {"affine:rotate@10=1",
         "augmentation affine: '10' is no class; there are 10, counted from 0"},
        {"affine:rotate@=1", "augmentation affine: '' is no class; there are 10, counted from 0"},
        {"elastic:sigma@1=3",
         "augmentation elastic: sigma is the same for all classes, and cannot be set for '1'"},
        {"", "augmentations: '' is not NAME[:KEY=NUMBER,...][,...]"},
        {"flip,", "augmentations: '' is not NAME[:KEY=NUMBER,...][,...]"},
        {"flip,,noise", "augmentations: ',noise' is not NAME[:KEY=NUMBER,...][,...]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        augment *what = NULL;
        nnfs_error error = {.status = NNFS_OK};
        assert_int_equal(augment_create(cases[i].text, gray, CLASSES, 1, &what, &error),
                         NNFS_ERROR_ARGUMENT);
        assert_null(what);
        assert_string_equal(error.message, cases[i].message);
    }
    augment *what = NULL;
    assert_int_equal(augment_create("flip", (nnfs_image_layout){0}, CLASSES, 1, &what, NULL),
                     NNFS_ERROR_ARGUMENT);
}

/* ---- The map ---- */

/* The definition: bilinear between pixels, of which those outside are 0. */
static double pixel_of(nnfs_image_layout layout, const float *in, int c, int x, int y)
{
    if (x < 0 || y < 0 || x >= layout.width || y >= layout.height) {
        return 0.0;
    }
    int at = layout.planar ? (c * layout.height + y) * layout.width + x
                           : (y * layout.width + x) * layout.channels + c;
    return (double)in[at];
}

static double sample_of(nnfs_image_layout layout, const float *in, int c, double x, double y)
{
    int left = (int)floor(x);
    int top = (int)floor(y);
    double right = x - left;
    double down = y - top;
    return (pixel_of(layout, in, c, left, top) * (1.0 - right) +
            pixel_of(layout, in, c, left + 1, top) * right) *
               (1.0 - down) +
           (pixel_of(layout, in, c, left, top + 1) * (1.0 - right) +
            pixel_of(layout, in, c, left + 1, top + 1) * right) *
               down;
}

typedef struct map_case {
    nnfs_image_layout layout;
    float matrix[4];
    float offset[2];
    float field; /* largest displacement */
} map_case;

static void check_map(const map_case *one)
{
    nnfs_image_layout layout = one->layout;
    size_t count = values_of(layout);
    size_t field = warp_field_floats(layout);
    size_t stride = field / (size_t)layout.height;
    float *in = memory_alloc(count, sizeof *in);
    float *out = memory_alloc(count + 16, sizeof *out);
    float *dx = memory_alloc(2 * field, sizeof *dx);
    float *scratch = memory_alloc(warp_scratch_floats(layout), sizeof *scratch);
    assert_true(in && out && dx && scratch);
    fill_picture(in, count, 5);
    fill_picture(dx, 2 * field, 6);
    for (size_t i = 0; i < 2 * field; i++) {
        dx[i] = (2.0f * dx[i] - 1.0f) * one->field;
    }
    memset(out, 0xff, (count + 16) * sizeof *out);
    warp map = {.offset = {one->offset[0], one->offset[1]}, .dx = dx, .dy = dx + field};
    memcpy(map.matrix, one->matrix, sizeof map.matrix);
    warp_apply(layout, &map, in, out, scratch);
    assert_true(isnan(out[count]));
    double middle_x = 0.5 * (layout.width - 1);
    double middle_y = 0.5 * (layout.height - 1);
    for (int y = 0; y < layout.height; y++) {
        for (int x = 0; x < layout.width; x++) {
            size_t at = (size_t)y * stride + (size_t)x;
            double u = x - middle_x;
            double v = y - middle_y;
            double from_x = (double)map.matrix[0] * u + (double)map.matrix[1] * v +
                            (double)map.offset[0] + (double)map.dx[at] + middle_x;
            double from_y = (double)map.matrix[2] * u + (double)map.matrix[3] * v +
                            (double)map.offset[1] + (double)map.dy[at] + middle_y;
            for (int c = 0; c < layout.channels; c++) {
                assert_float_equal(pixel_of(layout, out, c, x, y),
                                   sample_of(layout, in, c, from_x, from_y), 2e-5);
            }
        }
    }
    memory_free(in);
    memory_free(out);
    memory_free(dx);
    memory_free(scratch);
}

static void test_map(void **state)
{
    (void)state;
    static const map_case cases[] = {
        {{SIDE, SIDE, 1, 0}, {1, 0, 0, 1}, {0, 0}, 0.0f},
        {{SIDE, SIDE, 1, 0}, {0.86602540f, -0.5f, 0.5f, 0.86602540f}, {0, 0}, 0.0f},
        {{SIDE, SIDE, 1, 0}, {1.1f, 0.2f, -0.1f, 0.8f}, {1.25f, -3.5f}, 2.0f},
        {{SIDE, SIDE, 1, 0}, {1, 0, 0, 1}, {100, -100}, 0.0f},
        {{32, 32, 3, 0}, {1.1f, 0.2f, -0.1f, 0.8f}, {0, 0}, 1.0f},
        {{32, 32, 3, 1}, {1.1f, 0.2f, -0.1f, 0.8f}, {0, 0}, 1.0f},
        {{5, 17, 4, 0}, {0.5f, 0.3f, 0.3f, 0.5f}, {0.5f, 0}, 3.0f},
        {{33, 1, 1, 0}, {1, 0, 0, 1}, {0.25f, 0.5f}, 0.0f},
        {{1, 1, 1, 0}, {1, 0, 0, 1}, {0.25f, 0.5f}, 0.0f},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_map(&cases[i]);
    }
}

/* A quarter turn to the left, drawn as such: the upper right corner comes to the upper left. */
static void test_quarter_turn(void **state)
{
    (void)state;
    static const double left[4] = {0.0, -1.0, 1.0, 0.0};
    static const double nothing[2] = {0.0, 0.0};
    float in[PIXELS];
    float out[PIXELS];
    float *scratch =
        memory_alloc(warp_scratch_floats(gray) + 2 * warp_field_floats(gray), sizeof *scratch);
    assert_non_null(scratch);
    fill_picture(in, PIXELS, 1);
    memset(scratch, 0, 2 * warp_field_floats(gray) * sizeof *scratch);
    warp map = {
        .matrix = {1.0f, 0.0f, 0.0f, 1.0f}, .dx = scratch, .dy = scratch + warp_field_floats(gray)};
    warp_compose(&map, left, nothing);
    warp_apply(gray, &map, in, out, scratch + 2 * warp_field_floats(gray));
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            assert_true(out[y * SIDE + x] == in[x * SIDE + (SIDE - 1 - y)]);
        }
    }
    memory_free(scratch);
}

/* ---- Draws: what comes out where, of pictures that show it ---- */

static void test_nothing_changes(void **state)
{
    (void)state;
    static const char *const specifications[] = {
        "elastic:alpha=0",
        "affine:rotate=0",
        "elastic:alpha=0,affine:rotate=0,shift:pixels=0,flip:chance=0,noise:sigma=0,cutout:size=0",
        "affine:rotate=90,rotate@3=0",
        "elastic:alpha=50,alpha@3=0",
    };
    float in[PIXELS];
    float out[PIXELS];
    fill_picture(in, PIXELS, 2);
    for (size_t i = 0; i < sizeof specifications / sizeof *specifications; i++) {
        augment *what = create(specifications[i], gray);
        for (uint64_t sample = 0; sample < 50; sample++) {
            distort(what, 0, sample, 3, in, out);
            assert_memory_equal(in, out, sizeof in);
        }
        augment_free(what);
    }
}

static void test_flip(void **state)
{
    (void)state;
    static const nnfs_image_layout layouts[] = {{5, 7, 3, 0}, {5, 7, 3, 1}};
    float in[105];
    float out[105];
    fill_picture(in, 105, 3);
    for (int l = 0; l < 2; l++) {
        augment *what = create("flip", layouts[l]);
        int flipped = 0;
        for (uint64_t sample = 0; sample < 1000; sample++) {
            distort(what, 0, sample, -1, in, out);
            bool same = true;
            for (size_t i = 0; i < sizeof in / sizeof *in; i++) {
                same = same && in[i] == out[i];
            }
            flipped += !same;
            for (int i = 0; !same && i < 105; i++) {
                int c = i / 35, y = i / 7 % 5, x = i % 7;
                assert_true(pixel_of(layouts[l], out, c, x, y) ==
                            pixel_of(layouts[l], in, c, 6 - x, y));
            }
        }
        assert_in_range(flipped, 430, 570);
        augment_free(what);
    }
}

/* Each of the 5 x 5 places equally often, values exact, zeros behind. */
static void test_shift(void **state)
{
    (void)state;
    float in[PIXELS] = {0};
    float out[PIXELS];
    int seen[5][5] = {{0}};
    in[14 * SIDE + 14] = 0.75f;
    in[0] = 0.5f;
    augment *what = create("shift:pixels=2", gray);
    for (uint64_t sample = 0; sample < 2500; sample++) {
        distort(what, 0, sample, -1, in, out);
        int found = 0;
        for (int i = 0; i < PIXELS; i++) {
            if (out[i] == 0.75f) {
                seen[i / SIDE - 12][i % SIDE - 12]++;
                found++;
            } else {
                assert_true(out[i] == 0.0f || (out[i] == 0.5f && i % SIDE <= 2));
            }
        }
        assert_int_equal(found, 1);
    }
    for (int i = 0; i < 25; i++) {
        assert_in_range(seen[i / 5][i % 5], 50, 160);
    }
    augment_free(what);
}

/* The centre of gravity's angle and distance tell rotation and scale. */
static void test_affine(void **state)
{
    (void)state;
    enum { SAMPLES = 2000 };
    float in[PIXELS] = {0};
    float out[PIXELS];
    double least = 1e9, most = -1e9, sum = 0.0, squares = 0.0;
    for (int y = 12; y <= 15; y++) {
        for (int x = 20; x <= 23; x++) {
            in[y * SIDE + x] = 1.0f; /* a dot 8 to the right of the middle */
        }
    }
    augment *what = create("affine:rotate=30,rotate@1=10", gray);
    for (uint64_t sample = 0; sample < SAMPLES; sample++) {
        double weight = 0.0, across = 0.0, along = 0.0;
        distort(what, 3, sample, 0, in, out);
        for (int i = 0; i < PIXELS; i++) {
            weight += (double)out[i];
            across += (double)out[i] * (i % SIDE - 13.5);
            int row = i / SIDE;
            along += (double)out[i] * (row - 13.5);
        }
        double angle = atan2(-along, across) * 57.29577951308232;
        assert_float_equal(hypot(across, along) / weight, 8.0, 0.1);
        least = fmin(least, angle);
        most = fmax(most, angle);
        sum += angle;
        squares += angle * angle;
    }
    assert_true(least > -30.5 && least < -29.0 && most > 29.0 && most < 30.5);
    assert_true(fabs(sum / SAMPLES) < 2.0);
    assert_float_equal(sqrt(squares / SAMPLES), 30.0 / sqrt(3.0), 0.7);
    for (uint64_t sample = 0; sample < 200; sample++) {
        double across = 0.0, along = 0.0;
        distort(what, 3, sample, 1, in, out);
        for (int i = 0; i < PIXELS; i++) {
            across += (double)out[i] * (i % SIDE - 13.5);
            int row = i / SIDE;
            along += (double)out[i] * (row - 13.5);
        }
        assert_true(fabs(atan2(-along, across) * 57.29577951308232) < 10.3);
    }
    augment_free(what);
}

/* Widths and heights vary between 0.7 and 1.3, each for itself. */
static void test_scale(void **state)
{
    (void)state;
    enum { SAMPLES = 1000 };
    float in[PIXELS] = {0};
    float out[PIXELS];
    double product = 0.0, wide = 0.0, high = 0.0, least = 1e9, most = 0.0;
    for (int i = 0; i < PIXELS; i++) {
        int x = i % SIDE, y = i / SIDE;
        in[i] = x >= 9 && x < 19 && y >= 9 && y < 19 ? 1.0f : 0.0f;
    }
    augment *what = create("affine:scale=0.3", gray);
    for (uint64_t sample = 0; sample < SAMPLES; sample++) {
        distort(what, 0, sample, -1, in, out);
        double w = 0.0, h = 0.0;
        for (int i = 0; i < SIDE; i++) {
            w += (double)out[14 * SIDE + i] / 10.0;
            h += (double)out[i * SIDE + 14] / 10.0;
        }
        least = fmin(least, w);
        most = fmax(most, w);
        wide += (w - 1.0) * (w - 1.0);
        high += (h - 1.0) * (h - 1.0);
        product += (w - 1.0) * (h - 1.0);
    }
    assert_true(least > 0.69 && least < 0.72 && most > 1.28 && most < 1.31);
    assert_true(fabs(product / sqrt(wide * high)) < 0.1);
    augment_free(what);
}

static void test_cutout(void **state)
{
    (void)state;
    static const nnfs_image_layout layouts[] = {{20, 24, 3, 0}, {20, 24, 3, 1}};
    float in[20 * 24 * 3];
    float out[20 * 24 * 3];
    for (size_t i = 0; i < sizeof in / sizeof *in; i++) {
        in[i] = 1.0f;
    }
    for (int l = 0; l < 2; l++) {
        augment *what = create("cutout:size=6", layouts[l]);
        int whole = 0;
        for (uint64_t sample = 0; sample < 1000; sample++) {
            int zeros[3] = {0}, least_x = 99, most_x = -1, least_y = 99, most_y = -1;
            distort(what, 0, sample, -1, in, out);
            for (int i = 0; i < 20 * 24 * 3; i++) {
                int c = i % 3, x = i / 3 % 24, y = i / 72;
                if (pixel_of(layouts[l], out, c, x, y) == 0.0) {
                    zeros[c]++;
                    least_x = x < least_x ? x : least_x;
                    most_x = x > most_x ? x : most_x;
                    least_y = y < least_y ? y : least_y;
                    most_y = y > most_y ? y : most_y;
                }
            }
            int area = (most_x - least_x + 1) * (most_y - least_y + 1);
            assert_true(zeros[0] == area && zeros[1] == area && zeros[2] == area);
            assert_true(most_x - least_x < 6 && most_y - least_y < 6 && area >= 9);
            whole += area == 36;
        }
        /* Of 24 x 20 centres 19 x 15 leave the square whole. */
        assert_in_range(whole, 540, 650);
        augment_free(what);
    }
}

static void test_noise(void **state)
{
    (void)state;
    float in[PIXELS];
    float out[PIXELS];
    double sum = 0.0, squares = 0.0, fourth = 0.0;
    fill_picture(in, PIXELS, 4);
    augment *what = create("noise:sigma=0.5", gray);
    for (uint64_t sample = 0; sample < 200; sample++) {
        distort(what, 0, sample, -1, in, out);
        for (int i = 0; i < PIXELS; i++) {
            double z = ((double)out[i] - (double)in[i]) / 0.5;
            sum += z;
            squares += z * z;
            fourth += z * z * z * z;
        }
    }
    double count = 200.0 * PIXELS;
    assert_true(fabs(sum / count) < 0.01);
    assert_float_equal(squares / count, 1.0, 0.02);
    assert_float_equal(fourth / count, 3.0, 0.1);
    augment_free(what);
}

/* ---- Elastic fields ---- */

/*
 * Moments of the displacements of pixel (x, y): with itself, and with those `away` to the right,
 * below, and of the other field. The reference is uniform noise at every pixel, smoothed.
 */
static void check_field(double sigma, double alpha)
{
    enum { SAMPLES = 6000, STRIDE = 32 };
    elastic_filter *filter = elastic_filter_create(SIDE, SIDE, sigma);
    assert_non_null(filter);
    float *scratch = memory_alloc(elastic_scratch_floats(filter), sizeof *scratch);
    float *dx = memory_alloc((size_t)2 * SIDE * STRIDE, sizeof *dx);
    assert_true(scratch && dx);
    float *dy = dx + (size_t)SIDE * STRIDE;
    double variance = alpha * alpha / 3.0 / (4.0 * 3.141592653589793 * sigma * sigma);
    static const int pixels[][2] = {{0, 0}, {27, 0}, {13, 14}, {5, 20}, {16, 3}};
    enum { PLACES = sizeof pixels / sizeof *pixels, AWAYS = 4 };
    static const int aways[AWAYS] = {1, 3, 6, 10};
    double mean[PLACES] = {0}, square[PLACES] = {0}, fourth[PLACES] = {0}, cross[PLACES] = {0};
    double right[AWAYS] = {0}, below[AWAYS] = {0};
    for (uint64_t sample = 0; sample < SAMPLES; sample++) {
        elastic_field(filter, alpha, (random_key){7, RANDOM_AUGMENT}, 0, sample, 0, dx, dy,
                      scratch);
        for (int p = 0; p < PLACES; p++) {
            size_t at = (size_t)pixels[p][1] * STRIDE + (size_t)pixels[p][0];
            double d = (double)dx[at];
            mean[p] += d / SAMPLES;
            square[p] += d * d / SAMPLES;
            fourth[p] += d * d * d * d / SAMPLES;
            cross[p] += d * (double)dy[at] / SAMPLES;
        }
        for (int a = 0; a < AWAYS; a++) {
            for (int p = 0; p < SIDE - 10; p++) { /* the mean over places */
                size_t at = (size_t)p * STRIDE + (size_t)p;
                size_t away = (size_t)aways[a];
                double share = 1.0 / (SAMPLES * (SIDE - 10));
                right[a] += (double)dx[at] * (double)dx[at + away] * share;
                below[a] += (double)dy[at] * (double)dy[at + away * STRIDE] * share;
            }
        }
    }
    for (int p = 0; p < PLACES; p++) {
        assert_true(fabs(mean[p]) < 0.06 * sqrt(variance));
        assert_true(fabs(square[p] / variance - 1.0) < 0.08); /* four standard errors */
        assert_true(fabs(fourth[p] / (square[p] * square[p]) - 3.0) < 0.35);
        assert_true(fabs(cross[p] / variance) < 0.06);
    }
    for (int a = 0; a < AWAYS; a++) {
        double expected = exp(-aways[a] * aways[a] / (4.0 * sigma * sigma));
        assert_true(fabs(right[a] / variance - expected) < 0.05);
        assert_true(fabs(below[a] / variance - expected) < 0.05);
    }
    elastic_filter_free(filter);
    memory_free(scratch);
    memory_free(dx);
}

static void test_elastic_field(void **state)
{
    (void)state;
    check_field(6.0, 36.0);
    check_field(4.0, 34.0);
    check_field(1.0, 8.0);
    check_field(2.5, 10.0);
}

/* ---- Bits ---- */

static const char *const everything =
    "elastic:sigma=5,affine:rotate=15,scale=0.15,shear=0.1,shift:pixels=2,flip,noise,cutout";

/* The same picture for the same epoch and sample on any thread; another for any other. */
static void test_same_bits(void **state)
{
    (void)state;
    enum { SAMPLES = 64 };
    float in[PIXELS];
    float first[PIXELS];
    float other[PIXELS];
    fill_picture(in, PIXELS, 8);
    augment *what = create(everything, gray);
    float *all = memory_alloc((size_t)SAMPLES * PIXELS, sizeof *all);
    size_t floats = size_round_up(augment_scratch_floats(what), MEMORY_LINE_FLOATS);
    float *scratch = memory_alloc(4 * floats, sizeof *scratch);
    assert_true(all && scratch);
#pragma omp parallel for num_threads(4) schedule(dynamic)
    for (int i = SAMPLES - 1; i >= 0; i--) {
        augment_apply(what, 2, (uint64_t)i, i % CLASSES, in, all + (size_t)i * PIXELS,
                      scratch + (size_t)omp_get_thread_num() * floats);
    }
    for (int i = 0; i < SAMPLES; i++) {
        distort(what, 2, (uint64_t)i, i % CLASSES, in, first);
        assert_memory_equal(first, all + (size_t)i * PIXELS, sizeof first);
        memcpy(other, in, sizeof in);
        distort(what, 2, (uint64_t)i, i % CLASSES, other, other); /* in place */
        assert_memory_equal(first, other, sizeof first);
        distort(what, 3, (uint64_t)i, i % CLASSES, in, other);
        assert_memory_not_equal(first, other, sizeof first);
        distort(what, 2, (uint64_t)i + 1, i % CLASSES, in, other);
        assert_memory_not_equal(first, other, sizeof first);
    }
    memory_free(all);
    memory_free(scratch);
    augment_free(what);
}

/* Runs depend on these bits: they are the same with every compiler and on every CPU. */
static void test_known_bits(void **state)
{
    (void)state;
    float in[PIXELS];
    float out[16][PIXELS];
    fill_picture(in, PIXELS, 9);
    augment *what = create(everything, gray);
    for (int i = 0; i < 16; i++) {
        distort(what, 1, (uint64_t)i, i % CLASSES, in, out[i]);
    }
    assert_true(hash_bytes(HASH_START, out, sizeof out) == UINT64_C(0xf7dc3383cc2b545a));
    augment_free(what);
}

/* ---- mixup ---- */

static void test_mixup(void **state)
{
    (void)state;
    enum { SAMPLES = 4000 };
    float picture[PIXELS];
    float partner[PIXELS];
    int partners[10] = {0};
    double mean = 0.0;
    augment *what = create("mixup:alpha=1", gray);
    augment *none = create("flip", gray);
    assert_true(augment_mixes(what) && !augment_mixes(none));
    for (uint64_t sample = 0; sample < SAMPLES; sample++) {
        float weight = 0.0f;
        float again = 0.0f;
        uint64_t other = augment_partner(what, 1, sample, 10, &weight);
        assert_true(other < 10 && weight >= 0.5f && weight <= 1.0f);
        assert_true(augment_partner(what, 1, sample, 10, &again) == other && weight == again);
        partners[other]++;
        mean += (double)weight / SAMPLES;
        (void)augment_partner(none, 1, sample, 10, &weight);
        assert_true(weight == 1.0f);
    }
    assert_float_equal(mean, 0.75, 0.01); /* Beta(1, 1) is uniform */
    for (int i = 0; i < 10; i++) {
        assert_in_range(partners[i], 320, 480);
    }
    fill_picture(picture, PIXELS, 1);
    fill_picture(partner, PIXELS, 2);
    float expected = 0.75f * picture[100] + 0.25f * partner[100];
    augment_mix(what, 0.75f, partner, picture);
    assert_true(picture[100] == expected);
    augment_free(what);
    augment_free(none);
}

/* ---- Mixed targets ---- */

/* With a share w of one label and the rest of another, loss and delta are w and 1 - w times
 * those of each. */
static void check_mixed_loss(nnfs_loss which, nnfs_activation output, int rows, float smoothing)
{
    enum { COLUMNS = 5, MOST = 3 };
    const float logits[MOST * COLUMNS] = {0.5f, -1.0f, 2.0f,  0.1f, 0.2f, -0.3f, 3.0f, 1.0f,
                                          0.0f, -2.0f, -0.5f, 1.5f, 0.7f, 0.7f,  0.7f};
    const int32_t labels[COLUMNS] = {0, 1, 1, 0, 1};
    const int32_t partners[COLUMNS] = {1, 1, 0, 1, 0};
    const float shares[COLUMNS] = {1.0f, 0.75f, 0.5f, 0.9f, 0.6f};
    double losses[3];
    float deltas[3][MOST * COLUMNS];
    for (int i = 0; i < 3; i++) {
        float z[MOST * COLUMNS], outputs[MOST * COLUMNS], scratch[MOST];
        losses[i] = 0.0;
        for (int j = 0; j < COLUMNS; j++) { /* a column alone counts by its weight */
            float weight = i == 0 ? shares[j] : 1.0f - shares[j];
            memcpy(z, logits + j * rows, (size_t)rows * sizeof *z);
            loss_tile tile = {.z = z,
                              .outputs = outputs,
                              .labels = (i == 1 ? partners : labels) + j,
                              .shares = i == 2 ? shares + j : NULL,
                              .partners = i == 2 ? partners + j : NULL,
                              .weights = i == 2 ? NULL : &weight,
                              .scratch = scratch,
                              .delta = deltas[i] + j * rows,
                              .scale = 0.25f,
                              .label_smoothing = smoothing,
                              .rows = rows,
                              .columns = 1};
            losses[i] += loss_of(which)->forward_backward(&tile, activation_of(output));
        }
    }
    assert_true(fabs(losses[0] + losses[1] - losses[2]) < 1e-5);
    for (int i = 0; i < rows * COLUMNS; i++) {
        assert_true(fabsf(deltas[0][i] + deltas[1][i] - deltas[2][i]) < 1e-6f);
    }
}

static void test_mixed_loss(void **state)
{
    (void)state;
    check_mixed_loss(NNFS_CROSS_ENTROPY, NNFS_SOFTMAX, 3, 0.0f);
    check_mixed_loss(NNFS_CROSS_ENTROPY, NNFS_SOFTMAX, 3, 0.1f);
    check_mixed_loss(NNFS_BINARY_CROSS_ENTROPY, NNFS_SIGMOID, 1, 0.0f);
}

/* Numbers are mixed as the pictures are. */
/* Another number of values, no image at all, and no dataset. */
static void test_refused_layouts(void **state)
{
    (void)state;
    static const float features[2 * PIXELS];
    static const int32_t labels[2] = {0, 1};
    nnfs_arrays arrays = {.features = features,
                          .feature_count = PIXELS,
                          .samples = 2,
                          .labels = labels,
                          .classes = 2};
    static const nnfs_image_layout wrong[] = {
        {SIDE, SIDE, 2, 0}, {SIDE, 0, 1, 0}, {-SIDE, -SIDE, 1, 0}, {1, 40000, 1, 0}};
    nnfs_dataset *dataset = NULL;
    assert_int_equal(nnfs_dataset_wrap(&arrays, &dataset, NULL), NNFS_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(nnfs_dataset_set_image_layout(dataset, wrong[i], NULL),
                         NNFS_ERROR_ARGUMENT);
    }
    assert_int_equal(
        nnfs_dataset_set_image_layout(dataset, (nnfs_image_layout){SIDE, SIDE + 1, 1, 0}, NULL),
        NNFS_ERROR_DATA);
    assert_int_equal(nnfs_dataset_image_layout(dataset).height, 0);
    assert_int_equal(nnfs_dataset_set_image_layout(NULL, gray, NULL), NNFS_ERROR_ARGUMENT);
    nnfs_dataset_free(dataset);
}

static void test_mixed_targets(void **state)
{
    (void)state;
    enum { SAMPLES = 50 };
    static float features[SAMPLES * PIXELS], targets[SAMPLES];
    nnfs_dataset *dataset = NULL;
    augment *what = NULL;
    nnfs_error error;
    for (int i = 0; i < SAMPLES; i++) {
        targets[i] = (float)i;
        for (int p = 0; p < PIXELS; p++) {
            features[i * PIXELS + p] = (float)i;
        }
    }
    nnfs_arrays arrays = {.features = features,
                          .feature_count = PIXELS,
                          .samples = SAMPLES,
                          .targets = targets,
                          .target_count = 1};
    assert_int_equal(nnfs_dataset_wrap(&arrays, &dataset, &error), NNFS_OK);
    assert_int_equal(dataset_augment_create(dataset, "mixup:alpha=1", 1, &what, &error),
                     NNFS_ERROR_ARGUMENT);
    assert_int_equal(nnfs_dataset_set_image_layout(dataset, gray, &error), NNFS_OK);
    assert_int_equal(nnfs_dataset_image_layout(dataset).height, gray.height);
    assert_int_equal(dataset_augment_create(dataset, "mixup:alpha=1", 1, &what, &error), NNFS_OK);
    float *scratch = memory_alloc(dataset_augment_floats(dataset, what), sizeof *scratch);
    int mixed = 0;
    for (int i = 0; i < SAMPLES; i++) {
        float x[PIXELS], target = targets[i];
        memcpy(x, features + i * PIXELS, sizeof x);
        fetched_sample sample = {.x = x, .targets = &target};
        dataset_augment_fetched(dataset, what, 0, i, &sample, scratch);
        assert_true(fabsf(x[0] - target) < 1e-4f && x[0] == x[PIXELS - 1]);
        assert_true(sample.share >= 0.5f && sample.partner == -1);
        mixed += target != (float)i;
    }
    assert_true(mixed > SAMPLES / 2);
    memory_free(scratch);
    augment_free(what);
    nnfs_dataset_free(dataset);
}

/* ---- Datasets ---- */

static void test_dataset(void **state)
{
    (void)state;
    nnfs_dataset_settings settings;
    nnfs_dataset *train = NULL, *test = NULL, *rest = NULL, *held_out = NULL;
    nnfs_error error;
    float plain[PIXELS], one[PIXELS], two[PIXELS];
    const char *mixed = "elastic:sigma=5,mixup";
    nnfs_dataset_settings_init(&settings);
    assert_int_equal(nnfs_dataset_load("digits", &settings, &train, &test, &error), NNFS_OK);
    assert_int_equal(nnfs_dataset_copy(test, 5, 1, plain, NULL, NULL, &error), NNFS_OK);
    assert_int_equal(nnfs_dataset_augmented_sample(test, mixed, 1, 0, 5, one, &error), NNFS_OK);
    assert_memory_not_equal(one, plain, sizeof one);
    assert_int_equal(nnfs_dataset_augmented_sample(test, mixed, 1, 0, 5, two, &error), NNFS_OK);
    assert_memory_equal(one, two, sizeof one);
    assert_int_equal(nnfs_dataset_augmented_sample(test, mixed, 1, 1, 5, two, &error), NNFS_OK);
    assert_memory_not_equal(one, two, sizeof one);
    assert_int_equal(nnfs_dataset_augmented_sample(test, mixed, 2, 0, 5, two, &error), NNFS_OK);
    assert_memory_not_equal(one, two, sizeof one);
    assert_int_equal(nnfs_dataset_augmented_sample(test, "elastc", 1, 0, 5, two, &error),
                     NNFS_ERROR_ARGUMENT);
    assert_int_equal(nnfs_dataset_augmented_sample(test, mixed, 1, 0, 10000, two, &error),
                     NNFS_ERROR_ARGUMENT);
    assert_int_equal(nnfs_dataset_split(test, 0.5, 1, &rest, &held_out, &error), NNFS_OK);
    assert_int_equal(nnfs_dataset_copy(rest, 5, 1, plain, NULL, NULL, &error), NNFS_OK);
    assert_int_equal(nnfs_dataset_augmented_sample(rest, "", 1, 0, 5, one, &error), NNFS_OK);
    assert_memory_equal(one, plain, sizeof one);
    assert_int_equal(nnfs_dataset_copy(test, 5, 1, plain, NULL, NULL, &error), NNFS_OK);
    assert_int_equal(nnfs_dataset_augmented_sample(test, NULL, 1, 0, 5, one, &error), NNFS_OK);
    assert_memory_equal(one, plain, sizeof one);
    nnfs_dataset_free(rest);
    nnfs_dataset_free(held_out);
    nnfs_dataset_free(train);
    nnfs_dataset_free(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_specifications),
        cmocka_unit_test(test_wrong_specifications),
        cmocka_unit_test(test_map),
        cmocka_unit_test(test_quarter_turn),
        cmocka_unit_test(test_nothing_changes),
        cmocka_unit_test(test_flip),
        cmocka_unit_test(test_shift),
        cmocka_unit_test(test_affine),
        cmocka_unit_test(test_scale),
        cmocka_unit_test(test_cutout),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_elastic_field),
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_known_bits),
        cmocka_unit_test(test_mixup),
        cmocka_unit_test(test_mixed_loss),
        cmocka_unit_test(test_refused_layouts),
        cmocka_unit_test(test_mixed_targets),
        cmocka_unit_test(test_dataset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
