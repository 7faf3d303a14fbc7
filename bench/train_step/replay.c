/*
 * The products of a step, alone: a backend that notes what it is asked for before it passes it on,
 * and a region of as many threads in which each computes its own share of it again, in the same
 * buffers and the same order, without anything in between and without waiting for anyone.
 */
#include "train_step/train_step.h"

#include "math/blas_runtime.h"
#include "math/gemm.h"

#include <omp.h>
#include <stdlib.h>

/* What one thread asks for; each on a cache line of its own. */
typedef struct product_list {
    _Alignas(64) gemm_product *product;
    size_t count;
    size_t room;
    bool complete;
} product_list;

struct replay {
    int threads;
    const gemm_backend *gemm;
    product_list *list; /* [threads] */
};

/* A backend gets no context: the recording in progress. */
static replay *recording;

static bool make_room(product_list *list)
{
    if (list->count < list->room) {
        return true;
    }
    size_t room = list->room > 0 ? 2 * list->room : 256;
    gemm_product *larger = realloc(list->product, room * sizeof *larger);
    if (larger) {
        list->product = larger;
        list->room = room;
    }
    return larger != NULL;
}

static void record_sgemm(const gemm_product *product)
{
    product_list *list = &recording->list[omp_get_thread_num()];
    if (make_room(list)) {
        list->product[list->count++] = *product;
    } else {
        list->complete = false;
    }
    recording->gemm->sgemm(product);
}

static const gemm_backend recorder = {"recorder", record_sgemm};

static bool is_complete(const replay *r)
{
    bool complete = true;
    for (int i = 0; i < r->threads; i++) {
        complete = complete && r->list[i].complete;
    }
    return complete;
}

static replay *make_replay(const nnfs_trainer *trainer)
{
    replay *r = calloc(1, sizeof *r);
    size_t threads = (size_t)trainer->settings.threads;
    product_list *list = aligned_alloc(64, threads * sizeof *list);
    if (!r || !list) {
        free(r);
        free(list);
        return NULL;
    }
    for (size_t i = 0; i < threads; i++) {
        list[i] = (product_list){.complete = true};
    }
    *r = (replay){.threads = (int)threads, .gemm = trainer->gemm, .list = list};
    return r;
}

replay *replay_record(nnfs_trainer *trainer, step_run *run)
{
    replay *r = make_replay(trainer);
    if (r) {
        recording = r;
        run->gemm = &recorder;
        step_run_all(run);
        recording = NULL;
    }
    if (!r || !is_complete(r)) {
        (void)fprintf(stderr, "no memory for the list of products\n");
        replay_free(r);
        return NULL;
    }
    return r;
}

void replay_free(replay *r)
{
    if (r) {
        for (int i = 0; i < r->threads; i++) {
            free(r->list[i].product);
        }
        free(r->list);
        free(r);
    }
}

static void run_list(const gemm_backend *gemm, const product_list *list, int times)
{
    for (int t = 0; t < times; t++) {
        for (size_t i = 0; i < list->count; i++) {
            (void)gemm_run(gemm, &list->product[i]);
        }
    }
}

void replay_run(const replay *r, int times)
{
    blas_enter();
#pragma omp parallel num_threads(r->threads)
    run_list(r->gemm, &r->list[omp_get_thread_num()], times);
    blas_leave();
}
