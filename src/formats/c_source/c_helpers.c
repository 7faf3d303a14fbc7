/* Functions of the generated program, each written if a node uses it. */
#include "formats/c_source/c_source.h"

static const char dense_text[] =
    "/* y = w x + b */\n"
    "static void dense(const float *w, const float *b, const float *x, int in, float *y, int out)\n"
    "{\n"
    "    for (int o = 0; o < out; o++) {\n"
    "        float sum = 0.0f;\n"
    "        for (int i = 0; i < in; i++) {\n"
    "            sum += w[o * in + i] * x[i];\n"
    "        }\n"
    "        y[o] = sum + b[o];\n"
    "    }\n"
    "}\n\n";

static const char integers_text[] =
    "/* y = scale (w q) + b, with integers in the inner loop */\n"
    "static void dense_int8(const signed char *w, const float *scale, const float *b, const short "
    "*q, int in,\n"
    "                       float *y, int out)\n"
    "{\n"
    "    for (int o = 0; o < out; o++) {\n"
    "        long sum = 0;\n"
    "        for (int i = 0; i < in; i++) {\n"
    "            sum += w[o * in + i] * q[i];\n"
    "        }\n"
    "        y[o] = (float)sum * scale[o] + b[o];\n"
    "    }\n"
    "}\n\n"
    "static void quantize(const float *x, int count, float scale, float most, short *q)\n"
    "{\n"
    "    for (int i = 0; i < count; i++) {\n"
    "        float value = x[i] / scale;\n"
    "        if (!(value > -most)) {\n"
    "            value = -most;\n"
    "        }\n"
    "        q[i] = (short)(value < most ? floorf(value + 0.5f) : most);\n"
    "    }\n"
    "}\n\n";

static const char pixels_text[] =
    "/* y = scale (w x) + b of pixels, which are integers as they are */\n"
    "static void dense_pixels(const signed char *w, const float *scale, const float *b,\n"
    "                         const unsigned char *x, int in, float *y, int out)\n"
    "{\n"
    "    for (int o = 0; o < out; o++) {\n"
    "        long sum = 0;\n"
    "        for (int i = 0; i < in; i++) {\n"
    "            sum += w[o * in + i] * x[i];\n"
    "        }\n"
    "        y[o] = (float)sum * scale[o] + b[o];\n"
    "    }\n"
    "}\n\n";

static const char softmax_text[] = "static void softmax(float *x, int count)\n"
                                   "{\n"
                                   "    float most = x[0];\n"
                                   "    float sum = 0.0f;\n"
                                   "    for (int i = 1; i < count; i++) {\n"
                                   "        most = x[i] > most ? x[i] : most;\n"
                                   "    }\n"
                                   "    for (int i = 0; i < count; i++) {\n"
                                   "        x[i] = expf(x[i] - most);\n"
                                   "        sum += x[i];\n"
                                   "    }\n"
                                   "    for (int i = 0; i < count; i++) {\n"
                                   "        x[i] /= sum;\n"
                                   "    }\n"
                                   "}\n\n";

static const char embed_text[] =
    "/* y = b + w x + the columns of the pieces up to x; pieces end before an edge of 3.4e38 */\n"
    "static void embed(const float *table, const float *edges, int bins, float x, float *y, int "
    "width)\n"
    "{\n"
    "    for (int i = 0; i < width; i++) {\n"
    "        y[i] = table[width + i] + table[i] * x;\n"
    "    }\n"
    "    for (int t = 0; t < bins && edges[t + 1] < 3.4e38f; t++) {\n"
    "        float share = (x - edges[t]) / (edges[t + 1] - edges[t]);\n"
    "        int last = t + 1 == bins || !(edges[t + 2] < 3.4e38f);\n"
    "        if (t > 0 && share < 0.0f) {\n"
    "            share = 0.0f;\n"
    "        }\n"
    "        if (!last && share > 1.0f) {\n"
    "            share = 1.0f;\n"
    "        }\n"
    "        for (int i = 0; i < width; i++) {\n"
    "            y[i] += share * table[(t + 2) * width + i];\n"
    "        }\n"
    "    }\n"
    "}\n\n";

static const char waves_text[] =
    "/* y = c + the sum of W2 cos(2 pi w x + b) over the frequencies, and behind it x */\n"
    "static void add_waves(const float *table, int frequencies, float x, float *y, int width)\n"
    "{\n"
    "    const float *w2 = table + 2 * frequencies;\n"
    "    int last = width - 1;\n"
    "    for (int i = 0; i < last; i++) {\n"
    "        y[i] = w2[frequencies * last + i];\n"
    "    }\n"
    "    for (int f = 0; f < frequencies; f++) {\n"
    "        float turns = table[f] * x + table[frequencies + f] / 6.2831853f;\n"
    "        float wave = cosf(6.2831853f * (turns - floorf(turns + 0.5f)));\n"
    "        for (int i = 0; i < last; i++) {\n"
    "            y[i] += w2[f * last + i] * wave;\n"
    "        }\n"
    "    }\n"
    "    y[last] = x;\n"
    "}\n\n";

static const char vectors_text[] = "/* y = the sum of x_i times vector i */\n"
                                   "static void add_vectors(const float *vectors, int count, const "
                                   "float *x, float *y, int width)\n"
                                   "{\n"
                                   "    for (int k = 0; k < width; k++) {\n"
                                   "        y[k] = 0.0f;\n"
                                   "    }\n"
                                   "    for (int i = 0; i < count; i++) {\n"
                                   "        for (int k = 0; k < width; k++) {\n"
                                   "            y[k] += x[i] * vectors[i * width + k];\n"
                                   "        }\n"
                                   "    }\n"
                                   "}\n\n";

static const char knots_text[] =
    "/* Linear between knots, beyond them the height of the nearest one */\n"
    "static float along(const float *knots, const float *heights, int count, float x)\n"
    "{\n"
    "    int low = 0;\n"
    "    int high = count - 1;\n"
    "    while (high - low > 1) {\n"
    "        int middle = (low + high) / 2;\n"
    "        if (knots[middle] <= x) {\n"
    "            low = middle;\n"
    "        } else {\n"
    "            high = middle;\n"
    "        }\n"
    "    }\n"
    "    float share = (x - knots[low]) / (knots[low + 1] - knots[low]);\n"
    "    share = share > 0.0f ? share : 0.0f;\n"
    "    share = share < 1.0f ? share : 1.0f;\n"
    "    return heights[low] + share * (heights[low + 1] - heights[low]);\n"
    "}\n\n";

static const char layer_norm_text[] =
    "static void layer_norm(float *x, int count, const float *scale, const float *bias)\n"
    "{\n"
    "    float mean = 0.0f;\n"
    "    float squares = 0.0f;\n"
    "    for (int i = 0; i < count; i++) {\n"
    "        mean += x[i] / (float)count;\n"
    "    }\n"
    "    for (int i = 0; i < count; i++) {\n"
    "        squares += (x[i] - mean) * (x[i] - mean);\n"
    "    }\n"
    "    float deviation = sqrtf(squares / (float)count + 1e-5f);\n"
    "    for (int i = 0; i < count; i++) {\n"
    "        x[i] = (x[i] - mean) / deviation * scale[i] + bias[i];\n"
    "    }\n"
    "}\n\n";

static const char cycles_text[] =
    "/* 0 to 11, of days from 1970-01-01; years begin in March */\n"
    "static int month_of(long days)\n"
    "{\n"
    "    long day = days + 719468;\n"
    "    long era = (day % 146097 + 146097) % 146097;\n"
    "    long year = (era - era / 1460 + era / 36524 - era / 146096) / 365;\n"
    "    long rest = era - (365 * year + year / 4 - year / 100);\n"
    "    return (int)(((5 * rest + 2) / 153 + 2) % 12);\n"
    "}\n\n"
    "/* Sine and cosine of the month, the day of the week and the time of day, if wanted; a "
    "missing "
    "date has 0 */\n"
    "static void cycles(float x, long origin, const int *wanted, float *y)\n"
    "{\n"
    "    int missing = isnan(x);\n"
    "    float whole = missing ? 0.0f : floorf(x);\n"
    "    long days = origin + (long)whole;\n"
    "    float turns[3];\n"
    "    turns[0] = (float)month_of(days) / 12.0f;\n"
    "    turns[1] = (float)((days % 7 + 7) % 7) / 7.0f;\n"
    "    turns[2] = missing ? 0.0f : x - whole;\n"
    "    for (int i = 0; i < 3; i++) {\n"
    "        if (wanted[i]) {\n"
    "            *y++ = missing ? 0.0f : sinf(6.28318531f * turns[i]);\n"
    "            *y++ = missing ? 0.0f : cosf(6.28318531f * turns[i]);\n"
    "        }\n"
    "    }\n"
    "}\n\n";

static const char one_hot_text[] =
    "/* 1 at the place of a category, 0 elsewhere: missing ones and those never seen have their "
    "own */\n"
    "static void one_hot(float category, int known, int missing, int width, float *y)\n"
    "{\n"
    "    int place = width - 1;\n"
    "    if (isnan(category)) {\n"
    "        place = missing;\n"
    "    } else if (category >= 0.0f && category < (float)known) {\n"
    "        place = (int)category;\n"
    "    }\n"
    "    for (int i = 0; i < width; i++) {\n"
    "        y[i] = 0.0f;\n"
    "    }\n"
    "    y[place] = 1.0f;\n"
    "}\n\n";

bool c_is_direct(const c_writer *w, const graph_node *node)
{
    return w->direct && w->graph->nodes[node->sources[0]].kind == NODE_SCALE;
}

/* Helpers that go with a kind of node. */
static const struct {
    node_kind kind;
    const char *text;
} kind_helpers[] = {{NODE_CYCLES, cycles_text},
                    {NODE_PIECEWISE, embed_text},
                    {NODE_VECTORS, vectors_text},
                    {NODE_PERIODIC, waves_text},
                    {NODE_LAYER_NORM, layer_norm_text}};

void c_write_helpers(c_writer *w)
{
    for (size_t i = 0; i < sizeof kind_helpers / sizeof *kind_helpers; i++) {
        bool used = false;
        for (int j = 0; j < w->graph->node_count; j++) {
            used = used || w->graph->nodes[j].kind == kind_helpers[i].kind;
        }
        (void)fputs(used ? kind_helpers[i].text : "", w->stream);
    }
    bool dense = false;
    bool integers = false;
    bool pixels = false;
    bool softmax = false;
    bool knots = false;
    bool categories = false;
    for (int i = 0; i < w->graph->node_count; i++) {
        const graph_node *node = &w->graph->nodes[i];
        bool is_dense = node->kind == NODE_DENSE;
        dense = dense || (is_dense && !w->int8);
        pixels = pixels || (is_dense && w->int8 && c_is_direct(w, node));
        integers = integers || (is_dense && w->int8 && !c_is_direct(w, node));
        categories = categories || node->kind == NODE_CATEGORY;
        knots = knots || node->curve.first;
        softmax = softmax || (node->kind == NODE_ACTIVATION && node->activation == NNFS_SOFTMAX);
    }
    (void)fputs(knots ? knots_text : "", w->stream);
    (void)fputs(dense ? dense_text : "", w->stream);
    (void)fputs(integers ? integers_text : "", w->stream);
    (void)fputs(pixels ? pixels_text : "", w->stream);
    (void)fputs(softmax ? softmax_text : "", w->stream);
    (void)fputs(categories ? one_hot_text : "", w->stream);
}
