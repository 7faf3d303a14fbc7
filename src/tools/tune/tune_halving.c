/*
 * Successive halving (Jamieson and Talwalkar 2016), by thirds: all runs get a ninth of the epochs,
 * the best third of them a third, the best third of those all. Each rung is runs of their own, from
 * nothing: a schedule that ends tells more of a run than the beginning of a longer one, and each
 * can be repeated.
 */
#include "tune/tune.h"

#include "train/presets.h"

#include <stdlib.h>
#include <string.h>

enum { RUNGS = 3, FACTOR = 3 };

static int epochs_of(const tuning *tune, int rung)
{
    int epochs = tune->epochs;
    for (int i = rung; i < RUNGS - 1; i++) {
        epochs = (epochs + FACTOR - 1) / FACTOR;
    }
    return epochs;
}

/* Also for the preset's choices by rows. */
static void replace(tuning *tune, int index, const tune_trial *from)
{
    tune_trial made;
    trial_repeat(tune, from, epochs_of(tune, tune->rung), &made);
    made.number = index + 1;
    made.origin = from->origin;
    made.data = from->data;
    preset_fit(&made.options, tune->data[made.data].train.set);
    tune->trials[index] = made;
}

void halving_begin(tuning *tune)
{
    tune->began = tune_clock();
    if (!tune->options->halving) {
        return;
    }
    tune->epochs = tune->trials[0].options.train.epochs;
    for (int i = 0; i < tune->count; i++) {
        tune_trial old = tune->trials[i];
        replace(tune, i, &old);
        trial_free_values(tune, &old);
        trial_free(&old);
        tune->rows[i] = tune->trials[i].values;
    }
}

/* The runs of the rung that came to their end, the best first. */
static int rank_rung(const tuning *tune, int *indices)
{
    const tune_trial **ranked = trials_ranked(tune);
    int count = 0;
    for (int i = 0; i < tune->count; i++) {
        const tune_trial *trial = ranked[i];
        bool ended = trial->ended && trial->count > 0 && strcmp(trial->ended, "diverged") != 0;
        if (ended && trial->number > tune->rung_first) {
            indices[count++] = trial->number - 1;
        }
    }
    free(ranked);
    return count;
}

bool halving_next(tuning *tune)
{
    if (!tune->options->halving || tune->rung + 1 == RUNGS) {
        return false;
    }
    int *indices = must_have(calloc((size_t)tune->count, sizeof *indices));
    int kept = (rank_rung(tune, indices) + FACTOR - 1) / FACTOR;
    int first = tune->count;
    for (int i = tune->rung_first; i < first; i++) {
        if (!tune->trials[i].ended) {
            tune->trials[i].ended = "skipped";
            tune->trials[i].count = 0;
        }
    }
    size_t count = (size_t)(first + kept);
    tune->trials = must_have(realloc(tune->trials, count * sizeof *tune->trials));
    tune->rows = must_have(realloc(tune->rows, count * sizeof *tune->rows));
    tune->rung++;
    tune->rung_first = first;
    for (int i = 0; i < kept; i++) {
        replace(tune, first + i, &tune->trials[indices[i]]);
        tune->rows[first + i] = tune->trials[first + i].values;
    }
    tune->count = first + kept;
    free(indices);
    return kept > 0;
}

/* Each rung may begin runs for a third of the time. */
bool halving_is_late(const tuning *tune)
{
    double seconds = tune->options->seconds;
    return seconds > 0.0 &&
           tune_clock() - tune->began > seconds * (double)(tune->rung + 1) / (double)RUNGS;
}

bool halving_is_over(const tuning *tune)
{
    double seconds = tune->options->seconds;
    return seconds > 0.0 && tune_clock() - tune->began > seconds;
}
