/*
 * Draws one digit: a hand is drawn at random (how it leans, stretches, bends, presses), moves the
 * points of the figure, and traces its strokes in short straight segments. A pixel gets the ink of
 * the nearest one by its distance, less some for the grain of the paper.
 *
 * Only operations that IEEE 754 rounds in one way are used, and rotations are rational: an angle is
 * given by t = tan(angle / 2), its cosine is (1 - t^2) / (1 + t^2), its sine 2t / (1 + t^2).
 */
#include "data/synthetic/digits.h"

#include "base/minmax.h"
#include "base/random.h"
#include "data/synthetic/digits_figures.h"
#include "platform/cpu.h"

#include <math.h>
#include <stddef.h>

enum {
    EPOCH_HAND,  /* the draws that make a hand */
    EPOCH_GRAIN, /* those that make the paper: a byte a pixel */
};

enum { CURVE_SEGMENTS = 5 };

#define HALF          (0.5f * (float)DIGITS_SIDE)
#define EMPTY         2.0f  /* pixels along the edges that stay empty */
#define MOST_PRESSURE 1.3f  /* the least is as far below 1 */
#define GRAIN         0.35f /* the ink that the paper swallows, at most */

/* The points of a figure where a hand puts them. */
typedef struct outline {
    float x[DIGITS_MOST_POINTS];
    float y[DIGITS_MOST_POINTS];
    float pressure[DIGITS_MOST_POINTS]; /* makes the line thick and dark; about 1 */
} outline;

/* A point of the outline, or of a curve that it describes. */
typedef struct trace_point {
    float x, y, pressure;
} trace_point;

typedef struct hand {
    float matrix[4]; /* x' = m0 x + m1 y, y' = m2 x + m3 y */
    float bend[6];   /* of x: u^2, uv, v^2; then of y */
    float wobble;    /* how far single points stray */
    float radius;    /* of the pen, in pixels */
    float ink;       /* the darkness of its line */
    float shift[2];
} hand;

/* One image's stream of random numbers. */
typedef struct stream {
    random_key key;
    uint64_t image;
    uint32_t next;
    random_words words;
} stream;

static uint32_t draw_word(stream *numbers)
{
    uint32_t at = numbers->next++;
    if (at % 4 == 0) {
        numbers->words = random_draw(numbers->key, EPOCH_HAND, numbers->image, at / 4);
    }
    return numbers->words.word[at % 4];
}

static float between(stream *numbers, float low, float high)
{
    return low + (high - low) * random_unit(draw_word(numbers));
}

/* In -width .. width, near the middle more often: the sum of two uniform numbers. */
static float around_zero(stream *numbers, float width)
{
    uint32_t word = draw_word(numbers);
    int32_t sum = (int32_t)(word >> 16) + (int32_t)(word & 0xffff) - 0xffff;
    return width * ((float)sum * 0x1p-16f);
}

static hand draw_hand(stream *numbers)
{
    hand drawn;
    float height = between(numbers, 7.6f, 10.4f); /* pixels half a figure's height */
    float width = height * between(numbers, 0.7f, 1.2f);
    float slant = 0.1f + around_zero(numbers, 0.5f);
    float t = around_zero(numbers, 0.18f);
    float cosine = (1.0f - t * t) / (1.0f + t * t);
    float sine = 2.0f * t / (1.0f + t * t);
    /* Rotation times slant times stretch. */
    float lean = -slant * height;
    drawn.matrix[0] = cosine * width;
    drawn.matrix[1] = cosine * lean - sine * height;
    drawn.matrix[2] = sine * width;
    drawn.matrix[3] = sine * lean + cosine * height;
    for (int i = 0; i < 6; i++) {
        drawn.bend[i] = around_zero(numbers, 0.25f);
    }
    drawn.wobble = between(numbers, 0.05f, 0.22f);
    drawn.radius = between(numbers, 0.85f, 1.7f);
    drawn.ink = between(numbers, 0.75f, 1.15f);
    drawn.shift[0] = around_zero(numbers, 3.4f);
    drawn.shift[1] = around_zero(numbers, 3.4f);
    return drawn;
}

static const digits_figure *choose_figure(stream *numbers, int32_t label)
{
    const digits_variants *variants = &digits_alphabet[label];
    return &variants->figures[random_below(draw_word(numbers), (uint32_t)variants->count)];
}

/* Where the hand puts the figure's points, around the middle of the figure. */
static void place_points(stream *numbers, const hand *writer, const digits_figure *figure,
                         outline *points)
{
    const float *bend = writer->bend;
    const float *matrix = writer->matrix;
    for (int i = 0; i < figure->count; i++) {
        float u = (float)figure->points[i].x * 0.02f;
        float v = (float)figure->points[i].y * 0.02f;
        float x = u + bend[0] * u * u + bend[1] * u * v + bend[2] * v * v;
        float y = v + bend[3] * u * u + bend[4] * u * v + bend[5] * v * v;
        x += around_zero(numbers, writer->wobble);
        y += around_zero(numbers, writer->wobble);
        points->x[i] = matrix[0] * x + matrix[1] * y;
        points->y[i] = matrix[2] * x + matrix[3] * y;
        points->pressure[i] = 1.0f + around_zero(numbers, MOST_PRESSURE - 1.0f);
    }
}

/*
 * Moves the points into the picture along one axis: `shift` off its middle as far as there is room,
 * closer together if they need more. Curves lie within the hull of their points, so that the edge
 * stays empty.
 */
static void fit_axis(float *values, int count, float shift, float room)
{
    float low = values[0];
    float high = low;
    for (int i = 1; i < count; i++) {
        low = MIN(values[i], low);
        high = MAX(values[i], high);
    }
    float middle = 0.5f * (high + low);
    float reach = 0.5f * (high - low);
    float slack = 0.0f;
    if (reach < room) {
        slack = room - reach;
    }
    float scale = reach < room ? 1.0f : room / reach;
    float moved = shift;
    if (shift > slack) {
        moved = slack;
    } else if (shift < -slack) {
        moved = -slack;
    }
    for (int i = 0; i < count; i++) {
        values[i] = HALF + moved + (values[i] - middle) * scale;
    }
}

static int first_pixel(float at)
{
    if (at < 0.0f) {
        return 0;
    }
    return (int)at;
}

static int last_pixel(float at)
{
    if (at >= (float)DIGITS_SIDE) {
        return DIGITS_SIDE - 1;
    }
    return (int)at;
}

static float clamp_unit(float value)
{
    if (value < 0.0f) {
        return 0.0f;
    }
    return MIN(1.0f, value);
}

/* A straight stretch of line: a pixel at distance d from it gets ink * (radius + 1/2 - d). */
static void ink_segment(float *ink, const hand *writer, trace_point from, trace_point to)
{
    float dx = to.x - from.x;
    float dy = to.y - from.y;
    float length2 = dx * dx + dy * dy;
    float inverse = 0.0f;
    if (length2 > 0.0f) {
        inverse = 1.0f / length2;
    }
    float pressure = 0.5f * (from.pressure + to.pressure);
    float reach = writer->radius * pressure + 0.5f;
    float darkness = writer->ink * pressure;
    int left = first_pixel(MIN(from.x, to.x) - reach);
    int right = last_pixel(MAX(to.x, from.x) + reach);
    int top = first_pixel(MIN(from.y, to.y) - reach);
    int bottom = last_pixel(MAX(to.y, from.y) + reach);
    for (int row = top; row <= bottom; row++) {
        float *line = ink + row * DIGITS_SIDE;
        float y = (float)row + 0.5f - from.y;
        for (int column = left; column <= right; column++) {
            float x = (float)column + 0.5f - from.x;
            float along = clamp_unit((x * dx + y * dy) * inverse);
            float away_x = x - along * dx;
            float away_y = y - along * dy;
            float depth = reach - sqrtf(away_x * away_x + away_y * away_y);
            float value = darkness * depth;
            line[column] = MAX(value, line[column]);
        }
    }
}

/* a + (b - a) * share */
static trace_point mix(trace_point a, trace_point b, float share)
{
    trace_point mixed = {
        a.x + (b.x - a.x) * share,
        a.y + (b.y - a.y) * share,
        a.pressure + (b.pressure - a.pressure) * share,
    };
    return mixed;
}

static void ink_curve(float *ink, const hand *writer, trace_point from, trace_point control,
                      trace_point to)
{
    trace_point last = from;
    for (int i = 1; i <= CURVE_SEGMENTS; i++) {
        float share = (float)i / (float)CURVE_SEGMENTS;
        trace_point next = mix(mix(from, control, share), mix(control, to, share), share);
        ink_segment(ink, writer, last, next);
        last = next;
    }
}

static trace_point point_at(const outline *points, int index)
{
    trace_point point = {points->x[index], points->y[index], points->pressure[index]};
    return point;
}

/* Traces the strokes onto ink [DIGITS_PIXELS]. */
static void ink_figure(float *ink, const hand *writer, const digits_figure *figure,
                       const outline *points)
{
    trace_point at = point_at(points, 0);
    for (int i = 0; i < figure->count; i++) {
        int pen = figure->points[i].pen;
        trace_point point = point_at(points, i);
        if (pen == PEN_CURVE) {
            trace_point to = point_at(points, i + 1);
            if (figure->points[i + 1].pen == PEN_CURVE) {
                to = mix(point, to, 0.5f);
            }
            ink_curve(ink, writer, at, point, to);
            at = to;
        } else {
            /* A curve before a corner has arrived there already. */
            if (pen == PEN_CORNER && figure->points[i - 1].pen != PEN_CURVE) {
                ink_segment(ink, writer, at, point);
            }
            at = point;
        }
    }
}

/* Ink on grainy paper, as bytes. */
static void develop(random_key key, uint64_t index, const float *ink, uint8_t *pixels)
{
    for (int i = 0; i < DIGITS_PIXELS; i += 16) {
        random_words grain = random_draw(key, EPOCH_GRAIN, index, (uint32_t)i / 16);
        for (int j = 0; j < 16; j++) {
            float rough = (float)(grain.word[j / 4] >> (j % 4 * 8) & 0xff) * (1.0f / 256.0f);
            pixels[i + j] = (uint8_t)(255.0f * clamp_unit(ink[i + j] - GRAIN * rough) + 0.5f);
        }
    }
}

void digits_draw(uint64_t seed, uint64_t index, uint8_t pixels[DIGITS_PIXELS])
{
    random_key key = {seed, RANDOM_DIGITS};
    stream numbers = {.key = key, .image = index};
    outline points = {{0}, {0}, {0}};
    float ink[DIGITS_PIXELS] = {0};

    const digits_figure *figure = choose_figure(&numbers, digits_label(index));
    hand writer = draw_hand(&numbers);
    place_points(&numbers, &writer, figure, &points);
    float room = HALF - EMPTY - MOST_PRESSURE * writer.radius;
    fit_axis(points.x, figure->count, writer.shift[0], room);
    fit_axis(points.y, figure->count, writer.shift[1], room);
    ink_figure(ink, &writer, figure, &points);
    develop(key, index, ink, pixels);
}

void digits_draw_run(uint64_t seed, uint64_t first, int64_t count, int threads, uint8_t *pixels)
{
#pragma omp parallel for schedule(static) num_threads(cpu_threads(threads))
    for (int64_t i = 0; i < count; i++) {
        digits_draw(seed, first + (uint64_t)i, pixels + (size_t)i * DIGITS_PIXELS);
    }
}
