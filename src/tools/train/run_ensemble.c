/*
 * --networks: networks from other seeds, trained one after the other, whose outputs are averaged. Each holds
 * out a share of its own for validation, so that all of them together learn from every sample.
 */
#include "common/exit.h"
#include "train/run.h"

#include <stdio.h>
#include <stdlib.h>

/* One network with its data; those that are the run's are not freed. */
typedef struct ensemble_part {
    nnfs_dataset *own_train, *own_validation;
    const nnfs_dataset *train, *validation;
    nnfs_network *network;
    nnfs_summary summary;
} ensemble_part;

static void part_free(ensemble_part *part)
{
    nnfs_network_free(part->network);
    nnfs_dataset_free(part->own_train);
    nnfs_dataset_free(part->own_validation);
}

static nnfs_status build(const train_run *run, uint64_t seed, ensemble_part *part,
                         nnfs_error *error)
{
    double share = run->options->validation_share;
    part->train = run->train.set;
    part->validation = run->validation.set;
    if (share > 0.0) {
        nnfs_status status = nnfs_dataset_split(run->train.set, share, seed, &part->own_train,
                                                &part->own_validation, error);
        if (status != NNFS_OK) {
            return status;
        }
        part->train = part->own_train;
        part->validation = part->own_validation;
    }
    return make_network(run, part->train, seed, &part->network, error);
}

static nnfs_status train(train_run *run, int index, nnfs_train_settings settings,
                         ensemble_part *part, nnfs_error *error)
{
    int networks = run->options->networks;
    bool test = settings.until_accuracy > 0.0 && !part->validation;
    progress_plan plan = {.epochs = settings.epochs,
                          .samples = nnfs_dataset_samples(part->train),
                          .what = "network",
                          .fold = index + 1,
                          .folds = networks,
                          .others = networks - index - 1,
                          .flops = nnfs_network_flops_step(part->network),
                          .threads = settings.threads,
                          .quiet = run->options->quiet};
    progress_begin(&run->progress, &plan);
    nnfs_status status = nnfs_train(part->network, part->train, part->validation,
                                    test ? run->test.set : NULL, &settings, &part->summary, error);
    progress_clear(&run->progress);
    return status;
}

static void show(const train_run *run, int index, const ensemble_part *part)
{
    const nnfs_evaluation *scores = &part->summary.train;
    const char *measured = "trained on";
    if (part->own_validation) {
        scores = &part->summary.validation;
        measured = "held out";
    }
    if (!run->options->quiet) {
        (void)fprintf(stderr, "network %d/%d ", index + 1, run->options->networks);
        metrics_write(stderr, scores, nnfs_network_loss(part->network));
        (void)fprintf(stderr, " (%s %s)\n", text_count(scores->samples).text, measured);
    }
}

/* Adds up what each network took; what is measured comes from the ensemble. */
static void add_summary(train_run *run, int index, const nnfs_summary *one)
{
    nnfs_summary *sum = &run->summary;
    double seconds = sum->seconds + one->seconds;
    double samples =
        sum->samples_per_second * sum->seconds + one->samples_per_second * one->seconds;
    double work = sum->gflops * sum->seconds + one->gflops * one->seconds;
    double temperature = (sum->temperature * index + one->temperature) / (index + 1);
    *sum = index > 0 ? *sum : *one;
    sum->best_epoch = 0;
    sum->seconds = seconds;
    sum->samples_per_second = seconds > 0.0 ? samples / seconds : 0.0;
    sum->gflops = seconds > 0.0 ? work / seconds : 0.0;
    sum->temperature = temperature;
}

/* Takes the network into the ensemble; the first takes the place of what run_build made. */
static nnfs_status keep(train_run *run, int index, ensemble_part *part, nnfs_error *error)
{
    if (index > 0) {
        return nnfs_network_add(run->network, part->network, error);
    }
    nnfs_network_free(run->network);
    run->network = part->network;
    part->network = NULL;
    return NNFS_OK;
}

/* A network that a signal stops or that diverges is kept only if there is no other. */
static nnfs_status run_part(train_run *run, int index, nnfs_train_settings settings,
                            nnfs_error *error)
{
    ensemble_part part = {.network = NULL};
    settings.seed += (uint64_t)index;
    settings.on_epoch = index > 0 ? run_on_epoch_quietly : settings.on_epoch;
    nnfs_status status = build(run, settings.seed, &part, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    status = train(run, index, settings, &part, error);
    if (status == NNFS_OK) {
        show(run, index, &part);
        log_network(run, index + 1, &part.summary);
        if (part.own_validation) {
            run->networks.scores[run->networks.count++] = part.summary.validation;
        }
    }
    add_summary(run, index, &part.summary);
    bool ended = status == NNFS_ERROR_STOPPED || status == NNFS_ERROR_DIVERGED;
    if (status == NNFS_OK || (ended && index == 0)) {
        nnfs_status kept = keep(run, index, &part, error);
        status = kept == NNFS_OK ? status : kept;
    }
    if (ended) {
        run->summary.reason = part.summary.reason;
    }
cleanup:
    part_free(&part);
    return status;
}

static nnfs_status evaluate(train_run *run, nnfs_error *error)
{
    const struct {
        const nnfs_dataset *data;
        nnfs_evaluation *evaluation;
    } parts[] = {{run->train.set, &run->summary.train},
                 {run->validation.set, &run->summary.validation},
                 {run->test.set, &run->summary.test}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        *parts[i].evaluation = summary_of_nothing("").train;
        nnfs_status status = NNFS_OK;
        if (parts[i].data) {
            status = nnfs_evaluate(run->network, parts[i].data, run->machine.threads,
                                   parts[i].evaluation, error);
        }
        if (status != NNFS_OK) {
            return status;
        }
    }
    return NNFS_OK;
}

nnfs_status run_ensemble(train_run *run, const nnfs_train_settings *settings, nnfs_error *error)
{
    int networks = run->options->networks;
    run->networks.scores = calloc((size_t)networks, sizeof *run->networks.scores);
    if (!run->networks.scores) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    run->summary = summary_of_nothing("epochs");
    nnfs_status status = NNFS_OK;
    for (int i = 0; status == NNFS_OK && i < networks; i++) {
        status = run_part(run, i, *settings, error);
    }
    if (status != NNFS_OK && status != NNFS_ERROR_STOPPED && status != NNFS_ERROR_DIVERGED) {
        return status;
    }
    nnfs_status measured = evaluate(run, status == NNFS_OK ? error : NULL);
    return status == NNFS_OK ? measured : status;
}
