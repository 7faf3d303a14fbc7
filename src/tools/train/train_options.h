/*
 * The command line of nnfs-train, parsed and checked as far as it can be before the data are there.
 */
#ifndef NNFS_TOOLS_TRAIN_TRAIN_OPTIONS_H
#define NNFS_TOOLS_TRAIN_TRAIN_OPTIONS_H

#include "common/table_options.h"

#include <nnfs/nnfs.h>

#include <stdbool.h>

/* "by task": not asked for, to be chosen when the data are known. */
#define BY_TASK (-1)

/* Returns the test share: DEFAULT_TEST_SHARE of a table, none of other data. */
#define BY_DATA            (-1.0)
#define DEFAULT_TEST_SHARE 0.2

enum { PRESET_PLAIN, PRESET_FAST, PRESET_BALANCED, PRESET_BEST, PRESET_OPTIONS = 10 };

typedef struct preset_option {
    const char *name, *value; /* NULL: it takes none */
} preset_option;

typedef struct train_options {
    int preset; /* its number, or BY_TASK: by the data */
    bool batch_given, epochs_given, dropout_given, rate_given; /* by hand */
    bool input_dropout_given, screen_given;
    bool networks_given, refit_given, calibration_given;
    bool preset_refit,
        preset_calibrates; /* --refit and --validation, temperature are the preset's */
    bool ensemble;         /* the model comes from several networks */
    bool preset_by_data;   /* it was not given */
    preset_option preset_options[PRESET_OPTIONS]; /* that are the preset's */
    int preset_option_count;
    const char *preset_dropout, *preset_input_dropout,
        *preset_rate; /* of the preset, by the data; NULL: none */
    const char *data;
    char *data_path;    /* its path if known already, else NULL */
    nnfs_layer *layers; /* the hidden ones, and room for the output layer */
    int hidden_count;
    int output_activation;               /* nnfs_activation or BY_TASK */
    int loss;                            /* nnfs_loss or BY_TASK */
    int normalization;                   /* nnfs_normalization, of all hidden layers */
    float *dropout;                      /* [hidden_count + 1], the output layer's 0 */
    nnfs_network_settings network;       /* loss, layers and embeddings are chosen with the data */
    int networks;                        /* of an ensemble; at least 1 */
    int refit;                           /* networks that hold out data first; 0: none */
    nnfs_image_layout shape;             /* of the features as pictures; {0}: as the file says */
    nnfs_embedding_kind embedding_kind;  /* of numbers, and so are the next */
    int embedding_bins, embedding_width; /* 0 is none */
    int embedding_frequencies;
    float embedding_sigma;
    int category_width;             /* of a category's vector; 0: one-hot */
    nnfs_train_settings train;      /* resolved; the seed is that of everything */
    double validation_share;        /* 0 is none */
    const char *validation_path;    /* or NULL */
    const char *validation_targets; /* of that path, or NULL */
    double test_share;              /* 0 is none, or BY_DATA */
    const char *test_path;          /* or NULL */
    const char *test_targets;       /* of that path, or NULL */
    int folds;                      /* 0 is none */
    const char *class_weight;       /* as it was given, or NULL */
    table_options table;
    const char *from;       /* the model to go on with, or NULL */
    const char *freeze;     /* numbers of its layers, or NULL */
    const char *output;     /* or NULL for no file */
    const char *log;        /* or NULL */
    const char *report;     /* or NULL */
    const char *checkpoint; /* the folder, or NULL */
    const char *resume;     /* folder or file to resume from; NULL */
    bool resume_anywhere;
    bool resume_outputs; /* write also to files that are not known to be the run's */
    const char *given;   /* the first option that may not be given with --resume, or NULL */
    struct {
        bool output, log, report, epochs;
        char *paths[3]; /* absolute ones of the outputs, owned; NULL: none */
    } named;            /* given on this command line */
    bool profile;
    bool show_program;
    bool quiet;
} train_options;

/* Exits on a usage error, --help and --version. */
void train_options_parse(train_options *options, int argc, char **argv);
void train_options_free(train_options *options);

/* Whether options by hand ask for several networks. */
static inline bool options_make_ensemble(const train_options *options)
{
    return options->networks > 1 || options->refit > 0;
}

#endif
