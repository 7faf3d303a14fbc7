/* nnfs-show: what its parts need to tell of what is shown. */
#ifndef NNFS_TOOLS_SHOW_SHOW_H
#define NNFS_TOOLS_SHOW_SHOW_H

#include "common/model_data.h"
#include "common/predictions.h"
#include "common/terminal.h"
#include "common/text.h"
#include "pictures/image.h"
#include "show/contact_sheet.h"

#include <nnfs/nnfs.h>

#include <stdbool.h>

typedef struct show_options {
    model_request request; /* either of model and data may be NULL */
    const char *rows;      /* "3,17,100-110", or NULL */
    const char *class_name;
    const char *output; /* a file of pictures, or NULL */
    int count;          /* 0: as many as look well */
    uint64_t seed;
    bool mistakes, weights, json;
    bool no_picture;           /* also if the data are images */
    nnfs_image_layout picture; /* {0}: as the data say */
    int ink;                   /* -1: what the terminal can */
    const char *augment;       /* how distorted ones are drawn beside each sample, or NULL */
} show_options;

typedef struct show {
    const show_options *options;
    model_data loaded; /* network and data, each where it was given */
    terminal screen;
    nnfs_image_layout picture; /* that samples are, or {0} */
} show;

/* ---- show_options.c ---- */

/* Errors end the tool. */
void show_options_parse(show_options *options, int argc, char **argv);

/* ---- show_data.c ---- */

/* What a dataset holds, on stdout. */
nnfs_status show_data(const show *from, nnfs_error *error);
nnfs_status show_data_json(const show *from, nnfs_error *error);

/* ---- show_model.c: the same of a model ---- */

nnfs_status show_model(const show *from, nnfs_error *error);
nnfs_status show_model_json(const show *from, nnfs_error *error);

/* ---- show_weights.c ---- */

/* The first layer's weights as pictures. Errors: DATA (they are none), MEMORY, IO. */
nnfs_status show_weights(const show *from, nnfs_error *error);

/* ---- show_choose.c ---- */

/* What --rows lists, a usage error where that is no list. */
void rows_check(const char *rows);

/*
 * Which samples to show, `count` at most where none are listed: into *samples [*chosen], in
 * fresh memory. Errors: ARGUMENT (no such row or class), DATA (no targets to be mistaken
 * about), MEMORY, BACKEND.
 */
nnfs_status choose_samples(const show *from, int count, int64_t **samples, int *chosen,
                           nnfs_error *error);

/* ---- show_samples.c ---- */

/* Samples as pictures or as rows of a table. Errors: those of choosing, IO. */
nnfs_status show_samples(const show *from, nnfs_error *error);

/* Draws the sheet, or writes it where a file is wanted. Errors: IO, MEMORY. */
nnfs_status show_sheet(const show *from, const contact_sheet *what, nnfs_error *error);

/* ---- show_answers.c ---- */

/* The targets of a sample: its class, or its numbers; "" where it has none. */
typedef struct target_text {
    char text[192];
} target_text;
target_text truth_text(const nnfs_dataset *data, int64_t sample);

/* What the network says of a sample, and whether it is right. */
typedef struct shown_prediction {
    target_text text;
    short_text probability; /* "" for numbers */
    verdict verdict;
} shown_prediction;
nnfs_status predict_sample(const show *from, int64_t sample, shown_prediction *prediction,
                           nnfs_error *error);

/* ---- show_table.c ---- */

nnfs_status show_table(const show *from, const int64_t *samples, int count, nnfs_error *error);

#endif
