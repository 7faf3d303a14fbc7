/* A whole training run: epochs, the evaluations between them, checkpoints, and what it came to. */
#include "base/memory.h"
#include "optim/monitor.h"
#include "table/preprocessing.h"
#include "training/checkpoints.h"
#include "training/early_stopping.h"
#include "training/epoch.h"

#include <string.h>

/* A training run in progress. */
typedef struct training {
    nnfs_trainer *trainer;
    const nnfs_dataset *train, *validation, *test;
    nnfs_summary *summary;
    checkpoints saved;
    bool measured; /* summary->validation and test are of the network as it is */
} training;

/* What rank 0 finds: on other CPUs the last bits may differ, and ranks decide alike. */
static nnfs_status share_evaluation(const training *t, nnfs_status status,
                                    nnfs_evaluation *evaluation, nnfs_error *error)
{
    nnfs_communicator *communicator = t->trainer->settings.communicator;
    status = nnfs_communicator_agree(communicator, status, error);
    if (status != NNFS_OK ||
        communicator_broadcast(communicator, evaluation, sizeof *evaluation, 0)) {
        return status;
    }
    return communicator_error(communicator, error);
}

static nnfs_status evaluate_if(const training *t, const nnfs_dataset *dataset,
                               nnfs_evaluation *evaluation, nnfs_error *error)
{
    const nnfs_train_settings *settings = &t->trainer->settings;
    nnfs_status status = NNFS_OK;
    if (!dataset) {
        return NNFS_OK;
    }
    if (nnfs_communicator_rank(settings->communicator) == 0) {
        const nnfs_network evaluated = trainer_evaluated(t->trainer);
        status = nnfs_evaluate(&evaluated, dataset, settings->threads, evaluation, error);
    }
    if (t->trainer->has_ranks) {
        return share_evaluation(t, status, evaluation, error);
    }
    return status;
}

/* Whether the caller of any rank asks for a stop after the epoch. */
static bool ask_for_stop(const training *t, const nnfs_epoch *epoch)
{
    const nnfs_train_settings *settings = &t->trainer->settings;
    bool stop = settings->on_epoch && settings->on_epoch(settings->user, epoch) != 0;
    if (!t->trainer->has_ranks) {
        return stop;
    }
    nnfs_error own = {.status = stop ? NNFS_ERROR_STOPPED : NNFS_OK};
    return nnfs_communicator_agree(settings->communicator, own.status, &own) != NNFS_OK;
}

/* Why the run ends here; NULL: it goes on. */
static const char *end_of(const training *t, bool reached)
{
    if (reached) {
        return "accuracy";
    }
    if (stopping_is_due(t->trainer)) {
        return "patience";
    }
    if (t->trainer->epochs >= t->trainer->settings.epochs) {
        return "epochs";
    }
    return NULL;
}

/* The error of a lost rank, if one is lost: then it is the cause of the other error. */
static nnfs_status lost_or(const training *t, nnfs_status status, nnfs_error *error)
{
    nnfs_communicator *communicator = t->trainer->settings.communicator;
    if (nnfs_communicator_lost(communicator)) {
        return communicator_error(communicator, error);
    }
    return status;
}

/* The evaluations after an epoch. */
static nnfs_status measure_epoch(training *t, nnfs_epoch *epoch, nnfs_error *error)
{
    t->summary->epochs++;
    t->summary->seconds += epoch->seconds;
    TRY(evaluate_if(t, t->validation, &epoch->validation, error));
    schedule_note(&t->trainer->schedule, &t->trainer->settings,
                  t->validation ? epoch->validation.loss : epoch->train_loss);
    TRY(evaluate_if(t, t->test, &epoch->test, error));
    t->summary->validation = epoch->validation;
    t->summary->test = epoch->test;
    t->measured = true;
    return NNFS_OK;
}

/* How good the network is after an epoch, and whether the run ends with it: *done. */
static nnfs_status judge_epoch(training *t, nnfs_epoch *epoch, bool *done, nnfs_error *error)
{
    const nnfs_train_settings *settings = &t->trainer->settings;
    TRY(measure_epoch(t, epoch, error));
    const nnfs_evaluation *judged = t->validation ? &epoch->validation : &epoch->test;
    bool reached = settings->until_accuracy > 0.0 && judged->accuracy >= settings->until_accuracy;
    double score = epoch->train_loss;
    if (t->validation) {
        t->summary->monitor = monitor_choose(settings, &epoch->validation);
        score = monitor_score(t->summary->monitor, &epoch->validation);
        stopping_note(t->trainer, score, reached);
    }
    epoch->ended = end_of(t, reached);
    if (epoch->ended) {
        stopping_finish(t->trainer, true);
    }
    bool stopped = ask_for_stop(t, epoch);
    TRY(lost_or(t, NNFS_OK, error));
    if (t->trainer->checkpoints) {
        t->saved.reached = reached;
        t->saved.finished = !stopped && epoch->ended;
        t->saved.seconds = t->summary->seconds;
        checkpoints_epoch(&t->saved, t->trainer, score, stopped);
    }
    if (stopped) {
        return fail(error, NNFS_ERROR_STOPPED, "stopped after epoch %d", epoch->epoch);
    }
    *done = epoch->ended != NULL;
    if (*done) {
        t->summary->reason = epoch->ended;
    }
    return NNFS_OK;
}

static void fill_rates(training *t)
{
    nnfs_summary *s = t->summary;
    double seen = (double)s->epochs * (double)t->train->samples;
    if (s->seconds > 0.0) {
        s->samples_per_second = seen / s->seconds;
    } else {
        s->samples_per_second = 0.0;
    }
    s->gflops = 1e-9 * s->samples_per_second * nnfs_network_flops_step(t->trainer->network);
}

/* After the last checkpoint: a run that goes on does so from parameters without a temperature. */
static nnfs_status calibrate(training *t, nnfs_error *error)
{
    const nnfs_train_settings *settings = &t->trainer->settings;
    if (settings->calibration_method == NNFS_CALIBRATION_NONE || !t->validation) {
        return NNFS_OK;
    }
    nnfs_status status = nnfs_network_calibrate(t->trainer->network, t->validation,
                                                settings->threads, &t->summary->temperature, error);
    t->measured = t->measured && t->summary->temperature == 1.0;
    return status;
}

/*
 * How good the network is now. After the last epoch, validation and test have just been measured;
 * after a stop or a divergence, or where an earlier epoch was better, it is another network; but
 * who stops a run does not want to wait for the training set.
 */
static nnfs_status finish(training *t, nnfs_status status, nnfs_error *error)
{
    nnfs_summary *s = t->summary;
    fill_rates(t);
    s->best_epoch = t->trainer->stopping.epoch;
    t->measured = t->measured && (s->best_epoch == 0 || s->best_epoch == s->epochs);
    stopping_finish(t->trainer, status != NNFS_ERROR_DIVERGED);
    if (status == NNFS_ERROR_STOPPED || status == NNFS_ERROR_DIVERGED) {
        if (status == NNFS_ERROR_STOPPED) {
            s->reason = "stopped";
        } else {
            s->reason = "diverged";
        }
        (void)evaluate_if(t, t->validation, &s->validation, NULL);
        (void)evaluate_if(t, t->test, &s->test, NULL);
    }
    if (status != NNFS_OK) {
        return status;
    }
    TRY(calibrate(t, error));
    TRY(evaluate_if(t, t->train, &s->train, error));
    if (t->measured) {
        return NNFS_OK;
    }
    TRY(evaluate_if(t, t->validation, &s->validation, error));
    return evaluate_if(t, t->test, &s->test, error);
}

/* poisson has no minimum where a target is negative. */
static nnfs_status check_counts(const nnfs_network *network, const nnfs_dataset *dataset,
                                nnfs_error *error)
{
    int outputs = network_output(network)->out;
    if (network->loss != NNFS_POISSON || nnfs_dataset_classes(dataset) > 0) {
        return NNFS_OK;
    }
    float *targets = memory_alloc((size_t)outputs, sizeof *targets);
    if (!targets) {
        return fail_memory(error, (size_t)outputs * sizeof *targets, "targets");
    }
    nnfs_status status = NNFS_OK;
    for (int64_t j = 0; status == NNFS_OK && j < dataset->samples; j++) {
        status = nnfs_dataset_copy(dataset, j, 1, NULL, NULL, targets, error);
        for (int i = 0; status == NNFS_OK && i < outputs; i++) {
            if (targets[i] < 0.0f) {
                status = fail(error, NNFS_ERROR_DATA,
                              "poisson is for counts, and sample %lld has a target of %g",
                              (long long)(j + 1), (double)targets[i]);
            }
        }
    }
    memory_free(targets);
    return status;
}

/* All fit the network, and each other: it will have the preprocessing of the training data. */
static nnfs_status check_datasets(const training *t, const nnfs_network *network, nnfs_error *error)
{
    const nnfs_dataset *all[] = {t->train, t->validation, t->test};
    const nnfs_preprocessing *own = nnfs_dataset_preprocessing(t->train);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!all[i]) {
            continue;
        }
        TRY(network_check_fit(network, all[i], error));
        TRY(check_counts(network, all[i], error));
        const nnfs_preprocessing *other = nnfs_dataset_preprocessing(all[i]);
        if (own && other && !preprocessing_equal(own, other)) {
            return fail(error, NNFS_ERROR_DATA,
                        "the %s data was prepared otherwise than the training data",
                        all[i] == t->test ? "test" : "validation");
        }
    }
    return NNFS_OK;
}

/* A network that has a preprocessing has this one: its inputs' weights are not to
 * be touched again. */
static nnfs_status adopt_preprocessing(nnfs_network *network, const nnfs_dataset *train,
                                       nnfs_error *error)
{
    const nnfs_preprocessing *own = nnfs_dataset_preprocessing(train);
    if (own && !nnfs_network_preprocessing(network)) {
        return nnfs_network_set_preprocessing(network, own, error);
    }
    return NNFS_OK;
}

/* Early stopping needs validation data, and a measure that they have. */
static nnfs_status check_monitor(const training *t, nnfs_error *error)
{
    const nnfs_train_settings *settings = &t->trainer->settings;
    bool chosen = settings->monitor != NNFS_MONITOR_AUTO;
    nnfs_evaluation before;
    if (!t->validation && (chosen || settings->patience > 0)) {
        return fail(error, NNFS_ERROR_ARGUMENT, "%s needs validation data",
                    chosen ? "monitor" : "patience");
    }
    if (!chosen) {
        return NNFS_OK;
    }
    TRY(evaluate_if(t, t->validation, &before, error));
    if (isnan(monitor_score(settings->monitor, &before))) {
        return fail(error, NNFS_ERROR_ARGUMENT, "the validation data have no %s to monitor",
                    nnfs_monitor_name(settings->monitor));
    }
    return NNFS_OK;
}

/*
 * All ranks begin with the weights of rank 0, at the same step, and with the same data and
 * settings: else the messages of one would be taken for others by the next.
 */
static nnfs_status check_ranks(const training *t, nnfs_error *error)
{
    nnfs_trainer *trainer = t->trainer;
    nnfs_communicator *communicator = trainer->settings.communicator;
    struct {
        uint64_t data[3];
        int64_t steps, epochs, batch, parameters, shards;
    } own = {{nnfs_dataset_hash(t->train), nnfs_dataset_hash(t->validation),
              nnfs_dataset_hash(t->test)},
             trainer->steps,
             trainer->settings.epochs,
             trainer->settings.batch,
             (int64_t)trainer->network->parameter_floats,
             trainer->program.shards},
      first = own;
    if (!communicator_broadcast(communicator, &first, sizeof first, 0)) {
        return communicator_error(communicator, error);
    }
    nnfs_status status = NNFS_OK;
    if (memcmp(&first, &own, sizeof own) != 0) {
        status = fail(error, NNFS_ERROR_DATA,
                      "its data, settings or checkpoint are not those of rank 0");
    }
    TRY(nnfs_communicator_agree(communicator, status, error));
    if (!communicator_broadcast(communicator, trainer->network->parameters,
                                trainer->network->parameter_floats * sizeof(float), 0)) {
        return communicator_error(communicator, error);
    }
    return NNFS_OK;
}

/* What each rank begins by itself: early stopping, its checkpoints, and the state
 * that it resumes. */
static nnfs_status begin_rank(training *t, nnfs_error *error)
{
    const nnfs_train_settings *settings = &t->trainer->settings;
    const nnfs_checkpoint *resume = settings->resume;
    if (t->validation) {
        TRY(stopping_begin(t->trainer, error));
    }
    if (!resume) {
        TRY(check_monitor(t, error));
    }
    if (settings->checkpoint_folder || resume) {
        TRY(checkpoints_begin(&t->saved, t->trainer, t->train, t->validation, t->test, error));
    }
    if (resume) {
        TRY(checkpoints_restore(&t->saved, t->trainer, resume, error));
        t->summary->epochs = t->trainer->epochs;
        t->summary->seconds = t->saved.seconds;
    }
    return NNFS_OK;
}

/* Begins the run on all ranks; *done if the checkpoint it resumes was its end. */
static nnfs_status begin(training *t, bool *done, nnfs_error *error)
{
    const nnfs_train_settings *settings = &t->trainer->settings;
    nnfs_status status = begin_rank(t, error);
    if (t->trainer->has_ranks) {
        TRY(nnfs_communicator_agree(settings->communicator, status, error));
        status = check_ranks(t, error);
    }
    if (status != NNFS_OK) {
        return status;
    }
    if (settings->resume && end_of(t, t->saved.reached)) {
        t->summary->reason = end_of(t, t->saved.reached);
        *done = true;
    }
    if (settings->checkpoint_folder) {
        t->trainer->checkpoints = &t->saved;
    }
    return NNFS_OK;
}

static nnfs_status create_trainer(training *t, nnfs_network *network,
                                  const nnfs_train_settings *settings, nnfs_error *error)
{
    TRY(check_datasets(t, network, error));
    TRY(adopt_preprocessing(network, t->train, error));
    return nnfs_trainer_create(network, settings, &t->trainer, error);
}

nnfs_status nnfs_train(nnfs_network *network, const nnfs_dataset *train,
                       const nnfs_dataset *validation, const nnfs_dataset *test,
                       const nnfs_train_settings *settings, nnfs_summary *summary,
                       nnfs_error *error)
{
    if (!network || !train || !settings) {
        return fail_null(error, "network, train or settings");
    }
    nnfs_summary unwanted = {0};
    training t = {.train = train,
                  .validation = validation,
                  .test = test,
                  .summary = summary ? summary : &unwanted,
                  .saved = {.lock = -1}};
    *t.summary = (nnfs_summary){.reason = "epochs",
                                .temperature = 1.0,
                                .train = EVALUATION_NONE,
                                .validation = EVALUATION_NONE,
                                .test = EVALUATION_NONE};
    bool done = false;
    nnfs_status status = create_trainer(&t, network, settings, error);
    TRY_CLEANUP(nnfs_communicator_agree(settings->communicator, status, error));
    TRY_CLEANUP(begin(&t, &done, error));
    while (status == NNFS_OK && !done && t.summary->epochs < t.trainer->settings.epochs) {
        nnfs_epoch epoch = {.ended = NULL};
        status = epoch_pass(t.trainer, t.train, &epoch, error);
        if (status == NNFS_OK) {
            status = judge_epoch(&t, &epoch, &done, error);
        }
        if (status != NNFS_OK) {
            status = lost_or(&t, status, error);
        }
    }
    if (status == NNFS_OK && t.trainer->checkpoints) {
        checkpoints_end(&t.saved, t.trainer); /* of a run without an epoch */
    }
    status = finish(&t, status, error);
    t.summary->checkpoint = t.saved.failed;
cleanup:
    checkpoints_free(&t.saved);
    nnfs_trainer_free(t.trainer);
    return status;
}
