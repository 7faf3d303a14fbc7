/*
 * What bounds a product, after the roofline model (Williams, Waterman, Patterson 2009): its flops
 * for each byte of its operands, times the bandwidth, is the rate at which memory can feed it; the
 * lower of that and the peak is its roof. The bandwidth is that of a working set as large as the
 * step's, so where it fits a cache it is the cache's.
 */
#include "training/roofline.h"

#include "base/minmax.h"
#include "math/blas_runtime.h"
#include "platform/bandwidth.h"
#include "platform/peak.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * A product far below its roof whose calls would be shorter than this, were they at it, is bound by
 * what a call costs besides: checks, packing, and matrices too narrow for the kernel. A long call
 * far below the roof is not; there the kernel is what it is.
 */
static const double far_below = 0.5;
static const double short_call = 20e-6;

/* ---- Making ---- */

nnfs_status nnfs_profile_create(nnfs_profile **made, nnfs_error *error)
{
    if (!made) {
        return fail_null(error, "profile");
    }
    *made = calloc(1, sizeof **made);
    if (*made) {
        return NNFS_OK;
    }
    return fail_memory(error, sizeof **made, "the profile");
}

void nnfs_profile_free(nnfs_profile *of)
{
    if (of) {
        profile_free(of->spans);
        free(of->ops);
        free(of);
    }
}

/* Parameters, gradient and states; inputs, activations and deltas of a chunk. */
static double step_bytes(const nnfs_trainer *trainer)
{
    const nnfs_network *network = trainer->network;
    int arrays = 2;
    for (int i = 0; i < STATES_MOST; i++) {
        arrays += trainer->states[i] != NULL;
    }
    double column = network->inputs;
    for (int i = 0; i < network->layer_count; i++) {
        column += 2.0 * network->layers[i].out;
    }
    return sizeof(float) * (arrays * (double)network->parameter_floats +
                            column * trainer->program.chunk * trainer->program.range.count);
}

nnfs_status roofline_attach(nnfs_trainer *trainer, nnfs_error *error)
{
    nnfs_profile *to = trainer->settings.profile;
    const program *p = &trainer->program;
    if (!to) {
        return NNFS_OK;
    }
    profile_free(to->spans);
    free(to->ops);
    *to = (nnfs_profile){
        .op_count = p->op_count + 1,
        .layers = trainer->network->layer_count,
        .threads = trainer->threads,
        .batch = trainer->settings.batch,
        .bytes = step_bytes(trainer),
    };
    to->ops = calloc((size_t)to->op_count, sizeof *to->ops);
    profile *spans = profile_create(to->op_count, to->threads);
    if (!to->ops || !spans) {
        profile_free(spans);
        return fail_memory(error, sizeof *to, "the profile");
    }
    for (int i = 0; i < p->op_count; i++) {
        bool by_layer = p->ops[i].kind->cost || p->ops[i].kind->part == NNFS_PART_ALL_REDUCE;
        to->ops[i].part = p->ops[i].kind->part;
        to->ops[i].layer = -1;
        if (by_layer) {
            to->ops[i].layer = p->ops[i].layer;
        }
    }
    /* Behind the ops: the sums that ranks exchange between stages. */
    to->ops[p->op_count].layer = -1;
    to->ops[p->op_count].part = NNFS_PART_WAITING;
    if (trainer->has_ranks) {
        to->ops[p->op_count].part = NNFS_PART_ALL_REDUCE;
    }
    to->spans = spans;
    to->peak = peak_gflops(to->threads, NULL);
    to->bandwidth = bandwidth_measure(to->threads, (size_t)to->bytes);
    trainer->profile = spans;
    return NNFS_OK;
}

/* ---- Rows ---- */

const char *nnfs_part_name(nnfs_part part)
{
    static const char *const names[] = {
        [NNFS_PART_FORWARD] = "forward",         [NNFS_PART_BACKWARD] = "backward",
        [NNFS_PART_GRADIENT] = "gradient",       [NNFS_PART_GATHER] = "gather",
        [NNFS_PART_ELEMENTWISE] = "elementwise", [NNFS_PART_OPTIMIZER] = "optimizer",
        [NNFS_PART_AUGMENT] = "augment",         [NNFS_PART_ALL_REDUCE] = "all-reduce",
        [NNFS_PART_WAITING] = "waiting",
    };
    if ((size_t)part < sizeof names / sizeof *names) {
        return names[part];
    }
    return NULL;
}

const char *nnfs_bottleneck_name(nnfs_bottleneck bottleneck)
{
    static const char *const names[] = {
        [NNFS_BOTTLENECK_NONE] = "",
        [NNFS_BOTTLENECK_COMPUTE] = "compute",
        [NNFS_BOTTLENECK_MEMORY] = "memory",
        [NNFS_BOTTLENECK_OVERHEAD] = "overhead",
    };
    if ((size_t)bottleneck < sizeof names / sizeof *names) {
        return names[bottleneck];
    }
    return NULL;
}

/* Products of a layer, in the order of nnfs_part. */
enum { PRODUCTS = NNFS_PART_GRADIENT + 1 };

/* Three products a layer, without the first layer's deltas: they are of no use to training. */
static int product_rows(const nnfs_profile *of)
{
    return PRODUCTS * of->layers - 1;
}

/* Whether op `index` is the first one of its part and layer. */
static bool opens_row(const nnfs_profile *of, int index)
{
    for (int i = 0; i < index; i++) {
        if (of->ops[i].part == of->ops[index].part && of->ops[i].layer == of->ops[index].layer) {
            return false;
        }
    }
    return true;
}

/* Rows of a part other than the products: one, even without an op, unless few runs have it; one a
 * layer for the exchange with other ranks. */
static int part_rows(const nnfs_profile *of, nnfs_part part)
{
    int rows = 0;
    if (part != NNFS_PART_AUGMENT && part != NNFS_PART_ALL_REDUCE) {
        return 1;
    }
    for (int i = 0; i < of->op_count; i++) {
        rows += of->ops[i].part == part && opens_row(of, i);
    }
    return rows;
}

int nnfs_profile_rows(const nnfs_profile *of)
{
    if (!of || !of->spans) {
        return 0;
    }
    int rows = product_rows(of);
    for (int part = NNFS_PART_GATHER; part <= NNFS_PART_WAITING; part++) {
        rows += part_rows(of, (nnfs_part)part);
    }
    return rows;
}

/* The sum over the ops of a part, and of a layer if it is a product. */
static profile_sum sum_of(const nnfs_profile *of, nnfs_part part, int layer)
{
    profile_sum sum = {0};
    if (part == NNFS_PART_WAITING) {
        return profile_of_waiting(of->spans);
    }
    for (int i = 0; i < of->op_count; i++) {
        if (of->ops[i].part == part && of->ops[i].layer == layer) {
            profile_sum one = profile_of_op(of->spans, i);
            sum.seconds += one.seconds;
            sum.calls += one.calls;
            sum.flops += one.flops;
            sum.bytes += one.bytes;
        }
    }
    return sum;
}

static nnfs_bottleneck bound_of(const nnfs_profile *of, const nnfs_profile_row *row)
{
    if (row->seconds <= 0.0) {
        return NNFS_BOTTLENECK_NONE;
    }
    double fed = 1e-9 * row->flops / row->bytes * of->bandwidth;
    bool by_memory = fed < of->peak;
    double roof = fed;
    if (!by_memory) {
        roof = of->peak;
    }
    double call = 1e-9 * row->flops / (double)row->calls / (roof / of->threads);
    if (row->gflops < far_below * roof && call < short_call) {
        return NNFS_BOTTLENECK_OVERHEAD;
    }
    if (by_memory) {
        return NNFS_BOTTLENECK_MEMORY;
    }
    return NNFS_BOTTLENECK_COMPUTE;
}

static nnfs_profile_row product_row(const nnfs_profile *of, int index)
{
    int at = 0;
    if (index > 0) {
        at = index + 1;
    }
    nnfs_part part = (nnfs_part)(at % PRODUCTS);
    int layer = at / PRODUCTS;
    profile_sum sum = sum_of(of, part, layer);
    nnfs_profile_row row = {
        .part = part,
        .layer = layer,
        .seconds = sum.seconds,
        .calls = sum.calls,
        .flops = sum.flops,
        .bytes = sum.bytes,
        .gflops = sum.seconds > 0.0 ? 1e-9 * sum.flops / sum.seconds * of->threads : 0.0,
    };
    row.bound = bound_of(of, &row);
    return row;
}

/* The layer of row `index` of a part. */
static int layer_of_row(const nnfs_profile *of, nnfs_part part, int index)
{
    for (int i = 0; i < of->op_count; i++) {
        bool opens = of->ops[i].part == part && opens_row(of, i);
        if (opens && index-- == 0) {
            return of->ops[i].layer;
        }
    }
    return -1;
}

static nnfs_profile_row part_row(const nnfs_profile *of, int index)
{
    int part = NNFS_PART_GATHER;
    for (int rows = 0; index >= (rows = part_rows(of, (nnfs_part)part)); part++) {
        index -= rows;
    }
    int layer = layer_of_row(of, (nnfs_part)part, index);
    profile_sum sum = sum_of(of, (nnfs_part)part, layer);
    return (nnfs_profile_row){
        .part = (nnfs_part)part, .layer = layer, .seconds = sum.seconds, .calls = sum.calls};
}

static nnfs_profile_row row_at(const nnfs_profile *of, int index)
{
    int products = product_rows(of);
    if (index < products) {
        return product_row(of, index);
    }
    return part_row(of, index - products);
}

static double all_seconds(const nnfs_profile *of)
{
    double sum = 0.0;
    for (int i = 0; i < nnfs_profile_rows(of); i++) {
        sum += row_at(of, i).seconds;
    }
    return sum;
}

nnfs_profile_row nnfs_profile_row_at(const nnfs_profile *of, int index)
{
    if (index < 0 || index >= nnfs_profile_rows(of)) {
        return (nnfs_profile_row){.layer = -1};
    }
    nnfs_profile_row row = row_at(of, index);
    double all = all_seconds(of);
    if (all > 0.0) {
        row.share = row.seconds / all;
    } else {
        row.share = 0.0;
    }
    return row;
}

/* ---- Advice ---- */

/* What the advice looks at, as shares of the time of all threads. */
typedef struct reading {
    double products;
    double small;   /* products bound by memory or overhead */
    double reached; /* of the peak, by the products bound by compute; 1 without such products */
    double optimizer;
    double waiting;
} reading;

static reading read_rows(const nnfs_profile *of)
{
    reading r = {.reached = 1.0};
    double flops = 0.0, seconds = 0.0;
    for (int i = 0; i < nnfs_profile_rows(of); i++) {
        nnfs_profile_row row = nnfs_profile_row_at(of, i);
        if (row.part == NNFS_PART_WAITING) {
            r.waiting += row.share;
        }
        if (row.part == NNFS_PART_OPTIMIZER) {
            r.optimizer += row.share;
        }
        if (row.part <= NNFS_PART_GRADIENT) {
            r.products += row.share;
        }
        if (row.bound == NNFS_BOTTLENECK_MEMORY || row.bound == NNFS_BOTTLENECK_OVERHEAD) {
            r.small += row.share;
        } else if (row.bound == NNFS_BOTTLENECK_COMPUTE) {
            flops += row.flops;
            seconds += row.seconds;
        }
    }
    if (seconds > 0.0) {
        r.reached = 1e-9 * flops / seconds * of->threads / of->peak;
    }
    return r;
}

static const double much = 0.25;

static void advise_threads(const nnfs_profile *of, double waiting, char advice[192])
{
    int busy = MIN((int)(of->threads * (1.0 - waiting) + 0.5), of->threads - 1);
    (void)snprintf(advice, 192,
                   "the threads wait for each other %.0f %% of the time: %d of %d would do, or a "
                   "larger batch gives them more to do",
                   100.0 * waiting, MAX(busy, 1), of->threads);
}

static void advise_batch(const nnfs_profile *of, const reading *r, char advice[192])
{
    bool often = r->optimizer > r->small;
    (void)snprintf(advice, 192,
                   often ? "%.0f %% of the time goes into the optimizer: a batch larger than %lld "
                           "calls it less often"
                         : "%.0f %% of the time goes into products too small to be fast: a batch "
                           "larger than %lld makes them larger",
                   100.0 * (often ? r->optimizer : r->small), (long long)of->batch);
}

/* The one sentence that would bring most: the first is free, the last changes the training. */
static void advise(const nnfs_profile *of, char advice[192])
{
    reading r = read_rows(of);
    blas_info blas;
    blas_describe(&blas);
    advice[0] = '\0';
    if (r.products - r.small > much && r.reached < far_below && blas.advice[0]) {
        (void)snprintf(advice, 192, "%s", blas.advice);
    } else if (of->threads > 1 && r.waiting > much) {
        advise_threads(of, r.waiting, advice);
    } else if (r.small + r.optimizer > much && of->batch > 0 && of->batch < 512) {
        advise_batch(of, &r, advice);
    }
}

nnfs_profile_summary nnfs_profile_sum(const nnfs_profile *of)
{
    nnfs_profile_summary sum = {0};
    if (of && of->spans) {
        sum.threads = of->threads;
        sum.seconds = all_seconds(of) / of->threads;
        sum.peak_gflops = of->peak;
        sum.bandwidth = 1e-9 * of->bandwidth;
        sum.working_set = of->bytes;
        advise(of, sum.advice);
    }
    return sum;
}
