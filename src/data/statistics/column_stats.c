/* Walks over the rows of a table. A task is a block of samples and a span of columns. */
#include "data/statistics/column_stats.h"

#include "base/memory.h"
#include "base/minmax.h"
#include "base/vector.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* Columns a span has, and samples a block. */
enum { SPAN = 64, BLOCK = 8192 };

/* The first cells of a row, as floats: where they lie, or converted into `room` [count]. */
static const float *cells(const nnfs_dataset *dataset, int64_t sample, int first, int count,
                          float *room)
{
    const dataset_storage *storage = &dataset->storage;
    size_t at = dataset_row(dataset, sample) * (size_t)storage->feature_count + (size_t)first;
    const unsigned char *stored =
        (const unsigned char *)storage->features + at * dtype_bytes(storage->type);
    bool plain = storage->type == DTYPE_F32 && !storage->swapped;
    if (plain && (uintptr_t)stored % sizeof(float) == 0) {
        return (const float *)(const void *)stored;
    }
    dtype_to_floats(storage->type, storage->swapped, stored, (size_t)count, room);
    return room;
}

static int spans_of(const nnfs_dataset *dataset, int span)
{
    return (dataset->storage.feature_count + span - 1) / span;
}

static int span_columns(const nnfs_dataset *dataset, int first, int span)
{
    int left = dataset->storage.feature_count - first;
    return MIN(left, span);
}

/* ---- Moments ---- */

/* What a block comes to, for a span of columns. */
typedef struct block_sums {
    double sum[SPAN]; /* then of squares */
    int32_t count[SPAN];
    float low[SPAN], high[SPAN];
} block_sums;

typedef void add_row(const float *row, int count, const double *means, block_sums *sums);

VECTOR_CLONES
static void add_values(const float *restrict row, int count, const double *restrict means,
                       block_sums *restrict sums)
{
    (void)means;
#pragma omp simd
    for (int i = 0; i < count; i++) {
        float value = row[i];
        bool there = value == value;
        if (there) {
            sums->sum[i] += (double)value;
        }
        sums->count[i] += there;
        sums->low[i] = MIN(value, sums->low[i]);
        sums->high[i] = MAX(value, sums->high[i]);
    }
}

VECTOR_CLONES
static void add_squares(const float *restrict row, int count, const double *restrict means,
                        block_sums *restrict sums)
{
#pragma omp simd
    for (int i = 0; i < count; i++) {
        float value = row[i];
        double e = 0.0;
        if (value == value) {
            e = (double)value - means[i];
        }
        sums->sum[i] += e * e;
    }
}

static void sum_block(const nnfs_dataset *dataset, int64_t block, int first, add_row *add,
                      const double *means, block_sums *sums)
{
    float room[SPAN];
    int columns = span_columns(dataset, first, SPAN);
    int64_t begin = block * BLOCK;
    int64_t end = dataset->samples - begin < BLOCK ? dataset->samples : begin + BLOCK;
    *sums = (block_sums){0};
    for (int i = 0; i < SPAN; i++) {
        sums->low[i] = INFINITY;
        sums->high[i] = -INFINITY;
    }
    for (int64_t i = begin; i < end; i++) {
        add(cells(dataset, i, first, columns, room), columns, means + first, sums);
    }
}

typedef struct moments {
    const nnfs_dataset *dataset;
    int threads;
    int spans;
    int64_t blocks;
    block_sums *sums; /* [blocks x spans] */
    double *means;    /* [columns] */
} moments;

static void walk(const moments *m, add_row *add)
{
    int64_t tasks = m->blocks * m->spans;
#pragma omp parallel for num_threads(m->threads) schedule(dynamic) if (m->threads > 1)
    for (int64_t task = 0; task < tasks; task++) {
        sum_block(m->dataset, task / m->spans, (int)(task % m->spans) * SPAN, add, m->means,
                  &m->sums[task]);
    }
}

/* The blocks of column i, in their order. */
static void fill_values(moments *m, int i, column_stats *stats)
{
    double sum = 0.0;
    *stats = (column_stats){.low = INFINITY, .high = -INFINITY};
    for (int64_t block = 0; block < m->blocks; block++) {
        const block_sums *sums = &m->sums[block * m->spans + i / SPAN];
        sum += sums->sum[i % SPAN];
        stats->count += sums->count[i % SPAN];
        stats->low = fminf(stats->low, sums->low[i % SPAN]);
        stats->high = fmaxf(stats->high, sums->high[i % SPAN]);
    }
    stats->mean = m->means[i] = stats->count > 0 ? sum / (double)stats->count : 0.0;
}

static void fill_deviation(const moments *m, int i, column_stats *stats)
{
    double squares = 0.0;
    for (int64_t block = 0; block < m->blocks; block++) {
        squares += m->sums[block * m->spans + i / SPAN].sum[i % SPAN];
    }
    stats->deviation = stats->count > 0 ? sqrt(squares / (double)stats->count) : 0.0;
}

nnfs_status column_stats_measure(const nnfs_dataset *dataset, int threads, column_stats *stats,
                                 nnfs_error *error)
{
    int columns = dataset->storage.feature_count;
    moments m = {.dataset = dataset,
                 .threads = threads,
                 .spans = spans_of(dataset, SPAN),
                 .blocks = (dataset->samples + BLOCK - 1) / BLOCK};
    size_t tasks = size_mul((size_t)m.blocks, (size_t)m.spans);
    m.sums = memory_alloc(tasks, sizeof *m.sums);
    m.means = memory_alloc_zeroed((size_t)columns, sizeof *m.means);
    nnfs_status status = NNFS_OK;
    if (m.sums && m.means) {
        walk(&m, add_values);
        for (int i = 0; i < columns; i++) {
            fill_values(&m, i, &stats[i]);
        }
        walk(&m, add_squares);
        for (int i = 0; i < columns; i++) {
            fill_deviation(&m, i, &stats[i]);
        }
    } else {
        status = fail_memory(error, size_mul(tasks, sizeof *m.sums), "the columns' sums");
    }
    memory_free(m.sums);
    memory_free(m.means);
    return status;
}

/* ---- Medians ---- */

/* The most samples a median is of, and the floats a thread takes at a time. */
enum { MEDIAN_SAMPLES = 1000000, MEDIAN_FLOATS = 2 * MEDIAN_SAMPLES };

/* Bits that are ordered as their floats are. */
static uint32_t ordered_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (bits >> 31) {
        return ~bits;
    }
    return bits | 0x80000000U;
}

static float ordered_float(uint32_t ordered)
{
    uint32_t bits = ordered >> 31 ? ordered & 0x7fffffffU : ~ordered;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/*
 * The value that would stand at `place` if they were sorted, by counting: its upper bits, then
 * those below among the values that have these, in any order of the values.
 */
static float select_place(const float *values, size_t count, size_t place)
{
    static const struct {
        int shift;
        uint32_t above; /* bits that are known by then */
    } rounds[] = {{21, 0}, {10, 0xffe00000U}, {0, 0xfffffc00U}};
    uint32_t found = 0;
    for (size_t r = 0; r < sizeof rounds / sizeof *rounds; r++) {
        uint32_t counts[1 << 11] = {0};
        for (size_t i = 0; i < count; i++) {
            uint32_t bits = ordered_bits(values[i]);
            if (((bits ^ found) & rounds[r].above) == 0) {
                counts[(bits >> rounds[r].shift) & 0x7ff]++;
            }
        }
        uint32_t digit = 0;
        while (place >= counts[digit]) {
            place -= counts[digit++];
        }
        found |= digit << rounds[r].shift;
    }
    return ordered_float(found);
}

static float median_of(const float *values, size_t count)
{
    if (count == 0) {
        return NAN;
    }
    float below = select_place(values, count, (count - 1) / 2);
    float above = count % 2 ? below : select_place(values, count, count / 2);
    return (float)(((double)below + (double)above) / 2.0);
}

/* The values of a span of columns, one after the other in `values`, as many as `counts` says. */
static void collect(const nnfs_dataset *dataset, int first, int columns, int64_t taken,
                    float *values, size_t *counts)
{
    float room[SPAN];
    memset(counts, 0, (size_t)columns * sizeof *counts);
    for (int64_t i = 0; i < taken; i++) {
        int64_t sample = (int64_t)((double)i * ((double)dataset->samples / (double)taken));
        const float *row = cells(dataset, sample, first, columns, room);
        for (int c = 0; c < columns; c++) {
            if (row[c] == row[c]) {
                values[(size_t)c * (size_t)taken + counts[c]++] = row[c];
            }
        }
    }
}

static void median_span(const nnfs_dataset *dataset, const bool *wanted, int first, int columns,
                        int64_t taken, float *values, column_stats *stats)
{
    size_t counts[SPAN];
    if (!memchr(wanted + first, 1, (size_t)columns)) {
        return;
    }
    collect(dataset, first, columns, taken, values, counts);
    for (int c = 0; c < columns; c++) {
        if (wanted[first + c]) {
            stats[first + c].median = median_of(values + (size_t)c * (size_t)taken, counts[c]);
        }
    }
}

nnfs_status column_stats_medians(const nnfs_dataset *dataset, const bool *wanted, int threads,
                                 column_stats *stats, nnfs_error *error)
{
    int64_t taken = MIN(dataset->samples, MEDIAN_SAMPLES);
    int span = SPAN;
    if (MEDIAN_FLOATS / taken < SPAN) {
        span = (int)(MEDIAN_FLOATS / taken);
    }
    int spans = spans_of(dataset, span);
    threads = MIN(threads, spans);
    size_t floats = (size_t)span * (size_t)taken;
    float *values = memory_alloc(size_mul(floats, (size_t)threads), sizeof *values);
    if (!values) {
        return fail_memory(error, size_mul(floats, (size_t)threads) * sizeof *values, "medians");
    }
#pragma omp parallel for num_threads(threads) schedule(dynamic) if (threads > 1)
    for (int i = 0; i < spans; i++) {
        median_span(dataset, wanted, i * span, span_columns(dataset, i * span, span), taken,
                    values + floats * (size_t)omp_get_thread_num(), stats);
    }
    memory_free(values);
    return NNFS_OK;
}

/* ---- Columns in order ---- */

enum { SORTED_SAMPLES = 1 << 16 };

static int compare_floats(const void *left, const void *right)
{
    float a = *(const float *)left;
    float b = *(const float *)right;
    return (a > b) - (a < b);
}

nnfs_status column_stats_sort(const nnfs_dataset *dataset, const bool *wanted, int threads,
                              column_visit *visit, void *user, nnfs_error *error)
{
    int64_t taken = MIN(dataset->samples, SORTED_SAMPLES);
    int columns = dataset->storage.feature_count;
    size_t floats = 2 * (size_t)taken;
    threads = MIN(threads, columns);
    float *values = memory_alloc(size_mul(floats, (size_t)threads), sizeof *values);
    if (!values) {
        return fail_memory(error, size_mul(floats, (size_t)threads) * sizeof *values, "quantiles");
    }
#pragma omp parallel for num_threads(threads) schedule(dynamic) if (threads > 1)
    for (int i = 0; i < columns; i++) {
        if (wanted[i]) {
            float *own = values + floats * (size_t)omp_get_thread_num();
            size_t count = 0;
            collect(dataset, i, 1, taken, own, &count);
            qsort(own, count, sizeof *own, compare_floats);
            visit(user, i, own, own + count, count);
        }
    }
    memory_free(values);
    return NNFS_OK;
}

/* ---- Categories ---- */

/* Columns that are counted together: a cache line. */
enum { COUNT_SPAN = MEMORY_LINE_FLOATS };

static void count_span(const nnfs_dataset *dataset, int64_t *const *counts, int first)
{
    float room[COUNT_SPAN];
    int categories[COUNT_SPAN];
    int columns = span_columns(dataset, first, COUNT_SPAN);
    bool any = false;
    for (int c = 0; c < columns; c++) {
        const table_column *column = &dataset->storage.schema->columns[first + c];
        categories[c] = counts[first + c] ? column->category_count : 0;
        any = any || categories[c] > 0;
    }
    for (int64_t i = 0; any && i < dataset->samples; i++) {
        const float *row = cells(dataset, i, first, columns, room);
        for (int c = 0; c < columns; c++) {
            if (row[c] >= 0.0f && row[c] < (float)categories[c]) {
                counts[first + c][(int)row[c]]++;
            }
        }
    }
}

void column_stats_count(const nnfs_dataset *dataset, int64_t *const *counts, int threads)
{
    int spans = spans_of(dataset, COUNT_SPAN);
#pragma omp parallel for num_threads(threads) schedule(dynamic) if (threads > 1 && spans > 1)
    for (int i = 0; i < spans; i++) {
        count_span(dataset, counts, i * COUNT_SPAN);
    }
}
