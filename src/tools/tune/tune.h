/* nnfs-tune: what its parts need to tell of each other. */
#ifndef NNFS_TOOLS_TUNE_TUNE_H
#define NNFS_TOOLS_TUNE_TUNE_H

#include "common/screen.h"
#include "train/run.h"
#include "tune/tune_options.h"

#include <pthread.h>

/* What is known after an iteration, which is an epoch; NaN where it was not measured. */
typedef struct tune_point {
    double loss, accuracy; /* in training */
    double validation_loss, validation_accuracy, validation_rmse, validation_pinball;
    double test_loss, test_accuracy, test_rmse, test_pinball;
    double rate; /* the learning rate, as the schedule has it */
    double seconds;
} tune_point;

/* One run: a command line of nnfs-train, and what became of it. */
typedef struct tune_trial {
    int number;    /* from 1 */
    int origin;    /* index of the trial of the command line that it repeats, or is */
    char **values; /* [axis_count], as its options have them */
    char **words;  /* [word_count] its command line, which `options` borrow from */
    int word_count;
    train_options options;
    int data;           /* which tune_data it trains on */
    tune_point *points; /* [count] */
    int count, room;
    double underway;   /* share of the epoch that it is in */
    const char *ended; /* "epochs", "accuracy", "diverged", "skipped"; NULL before */
} tune_trial;

/* What judges: a field of tune_point. */
typedef struct tune_judge {
    const char *name; /* "test accuracy" */
    size_t offset;
    bool share;        /* 0 .. 1, the larger the better; else an error */
    const char *error; /* what counts of the numbers of a part, "RMSE" */
    bool pinball;      /* that is the pinball loss */
} tune_judge;

/* Another rank, as rank 0 sees it. */
typedef struct tune_rank {
    int jobs; /* runs side by side, at most; 0 until it is ready */
    int idle; /* threads */
    int running;
} tune_rank;

typedef struct tuning tuning;

/* Where all runs together stand, on stderr. */
typedef struct tune_progress {
    screen view;
    double began, drawn;
    double before; /* iterations that were read back */
} tune_progress;

struct tuning {
    const tune_options *options;
    char *command; /* what decides the results */
    tune_trial *trials;
    char ***rows; /* their values */
    int count;
    train_run *data; /* [data_count] different splits and preprocessings, without a network */
    int data_count;
    tune_judge judge;
    nnfs_machine machine;
    bool prepared;                   /* the machine is */
    nnfs_communicator *communicator; /* NULL: one process */
    tune_rank *ranks;                /* [ranks], at rank 0 */
    int jobs;

    FILE *log;     /* NULL without --log */
    bool logged;   /* false once a line could not be written */
    bool headed;   /* the log has its first line */
    int read_back; /* runs that had ended there */

    /* Of halving: rungs from 0; the runs of the present one are those from `rung_first` on. */
    int rung, rung_first;
    int epochs; /* of a run of the last rung */
    double began;

    /* While runs are under way, all below and the trials are changed under the lock alone. */
    pthread_mutex_t lock;
    int next;    /* the first trial that may be unstarted */
    int idle;    /* threads */
    int running; /* trials */
    bool stopping;
    nnfs_error trouble; /* the first that ends all runs */
    tune_progress progress;
    double seconds;     /* by the clock, of all runs */
    int64_t iterations; /* made in them */
};

/* ---- tune_trials.c ---- */

/* The trials of the command line, each with the options that nnfs-train would have. */
void trials_make(tuning *tune);
void trial_free(tune_trial *trial);
/* The values, which trials_make and trials_free have for all together. */
void trial_free_values(const tuning *tune, tune_trial *trial);
void trials_free(tuning *tune);
/* The same trial once more, as another one with `epochs` epochs. */
void trial_repeat(const tuning *tune, const tune_trial *from, int epochs, tune_trial *made);
/* The iteration whose weights nnfs-train would keep. */
int trial_kept(const tune_trial *trial);
/* nnfs-train's command line of a trial. */
void trial_write_command(const tune_trial *trial, FILE *stream);
/* Whether not all runs have the same value of an axis. */
bool axis_varies(const tuning *tune, int axis);
/* "lr 0.5  batch 64": what it has and others have not. In fresh memory. */
char *trial_label(const tuning *tune, const tune_trial *trial);
/* Whether runs have validation data: a part of its own, or folds. */
bool tune_validates(const tuning *tune);
/* Errors: MEMORY. */
nnfs_status trial_add_point(tune_trial *trial, const tune_point *point, nnfs_error *error);
/* The measure that judges, after iteration `index` from 0. */
double trial_score(const tuning *tune, const tune_trial *trial, int index);
/* The trials from best to worst, [count] in fresh memory; those that have not ended,
 * or diverged, last. */
const tune_trial **trials_ranked(const tuning *tune);

/* ---- tune_halving.c ---- */

/* Gives the runs the epochs of the first rung. After the data are loaded. */
void halving_begin(tuning *tune);
/* Adds the runs of the next rung; false if there is none. */
bool halving_next(tuning *tune);
/* Whether the rung starts no further run; whether all must stop. */
bool halving_is_late(const tuning *tune);
bool halving_is_over(const tuning *tune);

/* ---- tune_data.c ---- */

/* Loads the data of all trials, and tries to make each network. */
nnfs_status tune_load(tuning *tune, nnfs_error *error);
void tune_data_free(tuning *tune);
/* What counts of numbers. */
double tune_error(const tuning *tune, double rmse, double pinball);

/* ---- tune_log.c ---- */

/* Opens the log, and reads back what it has of the same command. */
nnfs_status tune_log_open(tuning *tune, nnfs_error *error);
void tune_log_point(tuning *tune, const tune_trial *trial, uint64_t hash);
nnfs_status tune_log_close(tuning *tune, nnfs_error *error);

/* ---- tune_runs.c ---- */

/* Makes all runs that have not ended. Errors: all of training's but DIVERGED. */
nnfs_status tune_run(tuning *tune, nnfs_error *error);
/* Makes one run. */
nnfs_status tune_train(tuning *tune, tune_trial *trial, int threads, nnfs_error *error);

/* All under the lock: */
bool tune_must_stop(const tuning *tune);
/* The next run, with its threads, for one that could begin `free` runs with `idle` threads;
 * NULL: no more. */
tune_trial *tune_take(tuning *tune, int free, int idle, int *threads);
bool tune_has_next(tuning *tune);
/* Adds an iteration to its run and to the log; the last one with the hash of the weights. */
void tune_keep_point(tuning *tune, tune_trial *trial, const tune_point *point, const char *ended,
                     uint64_t hash);
/* The first trouble ends all runs. */
void tune_note_trouble(tuning *tune, const nnfs_error *error);

/* ---- tune_ranks.c ---- */

/* A thread of rank 0: gives runs to the other ranks, and takes their results. `user`
 * is the tuning. */
void *ranks_serve(void *user);
/* No more runs will come. */
void ranks_dismiss(tuning *tune);
/* Another rank: makes the runs that it is given, until it is dismissed. Errors: IO where a
 * rank is lost. */
nnfs_status ranks_obey(tuning *tune, nnfs_error *error);
/* Tells rank 0 of an iteration. */
void ranks_tell_point(tuning *tune, const tune_trial *trial, const tune_point *point,
                      const char *ended, uint64_t hash);

/* ---- tune_progress.c ---- */

void tune_progress_begin(tuning *tune);
void tune_progress_draw(tuning *tune);
void tune_progress_trial(tuning *tune, const tune_trial *trial);
void tune_progress_end(tuning *tune);
/* Columns of the terminal behind a descriptor; 80 where it does not say. */
int tune_terminal_width(int descriptor);
/* Seconds since some moment, always forward. */
double tune_clock(void);

/* ---- tune_report.c ---- */

/* The plot, the table, the best and how to repeat it, on stdout. */
void tune_report(const tuning *tune);
/* The picture of --plot. */
nnfs_status tune_plot(const tuning *tune, nnfs_error *error);

#endif
