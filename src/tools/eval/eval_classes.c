/* Classes, as nnfs-eval prints them: how good each is, what its word is worth, what went wrong. */
#include "common/bounds.h"
#include "eval/eval_print.h"

#include <stdio.h>

/* ---- Each class ---- */

enum { SCORES = 29, SAMPLES = 11, LEAST_CLASS = 8 }; /* letters; the last of "weighted" */

/* Without the samples where lines are short. */
static void print_scores(const class_scores *scores, bool samples)
{
    (void)printf("%11.4f%9.4f%9.4f", scores->precision, scores->recall, scores->f1);
    (void)printf(samples ? "%11s\n" : "\n", text_count(scores->support).text);
}

static void print_each(const diagnostics *known, const terminal *screen)
{
    int room = screen->columns - 2 - SCORES;
    bool samples = room >= SAMPLES + LEAST_CLASS;
    int width = names_width(known, LEAST_CLASS);
    width = cut_to(width, samples ? room - SAMPLES : room, LEAST_CLASS);
    (void)fputs("\n  ", stdout);
    print_padded("class", width);
    (void)printf("  precision   recall       F1%s\n", samples ? "    samples" : "");
    for (int i = 0; i < known->classes; i++) {
        (void)fputs("  ", stdout);
        print_cut(known, i, width);
        print_scores(&known->scores[i], samples);
    }
    (void)fputs("  ", stdout);
    print_padded("mean", width);
    print_scores(&known->macro, samples);
    (void)fputs("  ", stdout);
    print_padded("weighted", width);
    print_scores(&known->weighted, samples);
}

static void print_binary(const diagnostics *known)
{
    int width = names_width(known, 5);
    (void)fputs("\neach against the rest: is it, is it not, and was it said (TP, FN, FP, TN)\n  ",
                stdout);
    print_padded("class", width);
    (void)puts("     found    missed     wrong  rightly not");
    for (int i = 0; i < known->classes; i++) {
        const class_scores *scores = &known->scores[i];
        int64_t missed = scores->support - scores->right;
        int64_t wrong = scores->chosen - scores->right;
        (void)fputs("  ", stdout);
        print_name(known, i, width);
        (void)printf("%10s%10s%10s%13s\n", text_count(scores->right).text, text_count(missed).text,
                     text_count(wrong).text,
                     text_count(known->samples - scores->support - wrong).text);
    }
}

/* ---- Probabilities ---- */

static void print_top(const diagnostics *known)
{
    (void)printf("%-9s ", "top");
    for (int i = 1; i < DIAGNOSTICS_TOP && i < known->classes - 1; i++) {
        double share = (double)known->top[i] / (double)known->samples;
        (void)printf("%s%d: %s", i > 1 ? ", " : "", i + 1, text_percent(share).text);
    }
    (void)putchar('\n');
}

static void print_calibration(const diagnostics *known)
{
    (void)puts("\n  probability     samples    it says   it is right");
    for (int i = 0; i < DIAGNOSTICS_BINS; i++) {
        const calibration_bin *bin = &known->bins[i];
        if (bin->count > 0) {
            (void)printf("  %.1f .. %.1f %13s %10s %13s\n", (double)i / DIAGNOSTICS_BINS,
                         (double)(i + 1) / DIAGNOSTICS_BINS, text_count(bin->count).text,
                         text_percent(bin->confidence).text, text_percent(bin->accuracy).text);
        }
    }
}

/* ---- Mistakes ---- */

typedef struct mistake_shape {
    int row, name; /* letters */
    bool truth;    /* whether there is room for the probability of the true class */
} mistake_shape;

enum { WIDE = 57 }; /* columns that the two probabilities and short names need */

static mistake_shape shape_mistakes(const diagnostics *known, const terminal *screen)
{
    bool wide = screen->columns >= WIDE;
    mistake_shape shape = {wide ? 12 : 6, LEAST_PAIR - 1, wide};
    for (int i = 0; i < known->mistake_count; i++) {
        int truth = name_width(known, known->mistakes[i].truth);
        int predicted = name_width(known, known->mistakes[i].predicted);
        shape.name = MAX(truth, shape.name);
        shape.name = MAX(predicted, shape.name);
    }
    int others = shape.row + 4 + 10 + (shape.truth ? 11 : 0);
    shape.name = cut_to(shape.name, (screen->columns - others) / 2, LEAST_PAIR);
    return shape;
}

static void print_mistake(const diagnostics *known, int index, const mistake_shape *shape)
{
    const mistake *one = &known->mistakes[index];
    (void)printf("%*s  ", shape->row, text_count(diagnostics_row(known, index)).text);
    print_cut(known, one->truth, shape->name);
    (void)fputs("  ", stdout);
    print_cut(known, one->predicted, shape->name);
    if (known->probabilities) {
        (void)printf("%10s", text_percent((double)one->probability).text);
    }
    if (known->probabilities && shape->truth) {
        (void)printf(" %10s", text_percent((double)one->truth_probability).text);
    }
    (void)putchar('\n');
}

static void print_mistakes(const diagnostics *known, const eval_print *how)
{
    if (known->mistake_count == 0) {
        return;
    }
    mistake_shape shape = shape_mistakes(known, &how->screen);
    (void)printf("\nworst mistakes, %d of %s, by row from 0\n%*s  ", known->mistake_count,
                 text_count(diagnostics_wrong(known)).text, shape.row, "row");
    print_padded("true", shape.name);
    (void)fputs("  ", stdout);
    print_padded("predicted", known->probabilities ? shape.name : 0);
    if (known->probabilities) {
        (void)fputs(shape.truth ? "      with   the true" : "      with", stdout);
    }
    (void)putchar('\n');
    for (int i = 0; i < known->mistake_count; i++) {
        print_mistake(known, i, &shape);
    }
}

void print_classes(const diagnostics *known, const eval_print *how)
{
    if (known->classes > 2) {
        print_top(known);
    }
    if (known->probabilities) {
        (void)printf("%-9s %s expected calibration error, %d bins\n", "ECE",
                     text_percent(known->calibration_error).text, DIAGNOSTICS_BINS);
    }
    print_thresholds(known, how);
    print_confusion(known, how);
    print_each(known, &how->screen);
    if (how->binary) {
        print_binary(known);
    }
    if (how->calibration && known->probabilities) {
        print_calibration(known);
        print_positive_calibration(known);
    }
    print_mistakes(known, how);
}
