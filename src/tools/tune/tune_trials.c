/* The runs that nnfs-tune makes: each is a command line of nnfs-train, read
 * by nnfs-train's parser. */
#include "common/exit.h"
#include "common/text.h"
#include "tune/tune.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Command lines ---- */

static void add_word(tune_trial *trial, const char *word)
{
    trial->words[trial->word_count++] = must_have(strdup(word));
}

static void make_words(const tuning *tune, tune_trial *trial)
{
    const tune_space *space = &tune->options->space;
    size_t most = 4 + (size_t)space->fixed_count + 2 * (size_t)space->axis_count;
    trial->words = must_have(calloc(most, sizeof *trial->words));
    add_word(trial, "nnfs-train");
    add_word(trial, tune->options->data);
    for (int i = 0; i < space->fixed_count; i++) {
        add_word(trial, space->fixed[i]);
    }
    for (int i = 0; i < space->axis_count; i++) {
        char *option = NULL;
        if (asprintf(&option, "--%s", space->axes[i].option) < 0) {
            option = NULL;
        }
        add_word(trial, must_have(option));
        add_word(trial, trial->values[i]);
        free(option);
    }
}

/* The parser reorders what it is given. */
static void parse_words(tune_trial *trial)
{
    size_t count = (size_t)trial->word_count;
    char **words = must_have(calloc(count + 1, sizeof *words));
    memcpy(words, trial->words, count * sizeof *words);
    train_options_parse(&trial->options, trial->word_count, words);
    free(words);
    if (trial->options.train.epochs == 0) {
        usage_error("--epochs: 0 is too small; the least is 1");
    }
}

void trials_make(tuning *tune)
{
    tune->rows = space_rows(&tune->options->space, &tune->count);
    tune->trials = must_have(calloc((size_t)tune->count, sizeof *tune->trials));
    for (int i = 0; i < tune->count; i++) {
        tune_trial *trial = &tune->trials[i];
        trial->number = i + 1;
        trial->origin = i;
        trial->values = tune->rows[i];
        make_words(tune, trial);
        parse_words(trial);
    }
}

void trial_repeat(const tuning *tune, const tune_trial *from, int epochs, tune_trial *made)
{
    int axes = tune->options->space.axis_count;
    short_text number;
    *made = (tune_trial){.values = must_have(calloc((size_t)axes + 1, sizeof *made->values))};
    for (int i = 0; i < axes; i++) {
        made->values[i] = must_have(strdup(from->values[i]));
    }
    (void)snprintf(number.text, sizeof number.text, "%d", epochs);
    bool set = false;
    for (int i = 0; i < axes; i++) {
        if (strcmp(tune->options->space.axes[i].option, "epochs") == 0) {
            free(made->values[i]);
            made->values[i] = must_have(strdup(number.text));
            set = true;
        }
    }
    make_words(tune, made);
    if (!set) {
        add_word(made, "--epochs");
        add_word(made, number.text);
    }
    parse_words(made);
}

void trial_free_values(const tuning *tune, tune_trial *trial)
{
    for (int i = 0; i < tune->options->space.axis_count; i++) {
        free(trial->values[i]);
    }
    free(trial->values);
}

void trial_free(tune_trial *trial)
{
    train_options_free(&trial->options);
    for (int i = 0; i < trial->word_count; i++) {
        free(trial->words[i]);
    }
    free(trial->words);
    free(trial->points);
}

void trials_free(tuning *tune)
{
    for (int i = 0; i < tune->count; i++) {
        trial_free(&tune->trials[i]);
    }
    free_rows(tune->rows, tune->count, tune->options->space.axis_count);
    free(tune->trials);
}

void trial_write_command(const tune_trial *trial, FILE *stream)
{
    for (int i = 0; i < trial->word_count; i++) {
        (void)fputs(text_between(i, " "), stream);
        text_quote(stream, trial->words[i]);
    }
}

bool axis_varies(const tuning *tune, int axis)
{
    for (int i = 1; i < tune->count; i++) {
        if (strcmp(tune->rows[i][axis], tune->rows[0][axis]) != 0) {
            return true;
        }
    }
    return false;
}

char *trial_label(const tuning *tune, const tune_trial *trial)
{
    char *label = NULL;
    size_t size = 0;
    const tune_space *space = &tune->options->space;
    FILE *stream = open_memstream(&label, &size);
    bool first = true;
    for (int i = 0; stream && i < space->axis_count; i++) {
        if (axis_varies(tune, i)) {
            (void)fprintf(stream, "%s%s %s", first ? "" : "  ", space->axes[i].option,
                          trial->values[i]);
            first = false;
        }
    }
    if (stream && first) {
        (void)fprintf(stream, "run %d", trial->number);
    }
    return must_have(stream && fclose(stream) == 0 ? label : NULL);
}

/* ---- Iterations ---- */

nnfs_status trial_add_point(tune_trial *trial, const tune_point *point, nnfs_error *error)
{
    if (trial->count == trial->room) {
        size_t room = trial->room > 0 ? 2 * (size_t)trial->room : 64;
        tune_point *points = realloc(trial->points, room * sizeof *points);
        if (!points) {
            return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
        }
        trial->points = points;
        trial->room = (int)room;
    }
    trial->points[trial->count++] = *point;
    return NNFS_OK;
}

/* Whether nnfs-train keeps the epoch with the best accuracy. */
static bool by_accuracy(const train_options *options, const tune_point *point)
{
    nnfs_monitor monitor = options->train.monitor;
    return monitor == NNFS_MONITOR_ACCURACY ||
           (monitor == NNFS_MONITOR_AUTO && options->train.label_smoothing > 0.0f &&
            !isnan(point->validation_accuracy));
}

/* By what nnfs-train keeps by default, the loss of classes, the RMSE of numbers; of
 * folds the last. */
int trial_kept(const tune_trial *trial)
{
    int kept = trial->count - 1;
    double best = HUGE_VAL;
    for (int i = 0; trial->options.folds == 0 && i < trial->count; i++) {
        const tune_point *point = &trial->points[i];
        bool by_loss = isnan(point->validation_rmse) || trial->options.loss == (int)NNFS_QUANTILE;
        double score = by_loss ? point->validation_loss : point->validation_rmse;
        if (by_accuracy(&trial->options, point)) {
            score = -point->validation_accuracy;
        }
        if (score < best) {
            best = score;
            kept = i;
        }
    }
    return kept;
}

double trial_score(const tuning *tune, const tune_trial *trial, int index)
{
    double score;
    memcpy(&score, (const char *)&trial->points[index] + tune->judge.offset, sizeof score);
    return score;
}

/* ---- The best ---- */

/* What sorting goes by: the less, the better. */
typedef struct rank {
    int epochs;           /* that it was planned for, of halving: less of a rung are less sure */
    double badness, loss; /* infinite before the first epoch */
    const tune_trial *trial;
} rank;

static rank rank_of(const tuning *tune, const tune_trial *trial)
{
    bool counts = trial->ended && strcmp(trial->ended, "diverged") != 0 && trial->count > 0;
    double score = (double)NAN;
    double loss = (double)NAN;
    if (counts) {
        int kept = trial_kept(trial);
        score = trial_score(tune, trial, kept);
        if (tune->judge.share) {
            score = -score; /* the larger, the better */
        }
        loss = trial->points[kept].validation_loss;
        if (isnan(loss)) {
            loss = trial->points[kept].loss;
        }
    }
    return (rank){
        .epochs = tune->options->halving && counts ? trial->options.train.epochs : 0,
        .badness = isnan(score) ? HUGE_VAL : score,
        .loss = isnan(loss) ? HUGE_VAL : loss,
        .trial = trial,
    };
}

static int compare(double left, double right)
{
    return (left > right) - (left < right);
}

static int compare_ranks(const void *left, const void *right)
{
    const rank *a = left;
    const rank *b = right;
    int order = b->epochs - a->epochs;
    if (order == 0) {
        order = compare(a->badness, b->badness);
    }
    if (order == 0) {
        order = compare(a->loss, b->loss);
    }
    if (order == 0) {
        order = a->trial->number - b->trial->number;
    }
    return order;
}

const tune_trial **trials_ranked(const tuning *tune)
{
    size_t count = (size_t)tune->count;
    rank *ranks = must_have(calloc(count, sizeof *ranks));
    const tune_trial **ranked = must_have(calloc(count, sizeof *ranked));
    for (size_t i = 0; i < count; i++) {
        ranks[i] = rank_of(tune, &tune->trials[i]);
    }
    qsort(ranks, count, sizeof *ranks, compare_ranks);
    for (size_t i = 0; i < count; i++) {
        ranked[i] = ranks[i].trial;
    }
    free(ranks);
    return ranked;
}
