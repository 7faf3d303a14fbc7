/* Classes, as nnfs-eval prints them: who is taken for whom, how good each is, what went most wrong. */
#include "eval_print.h"

#include <stdio.h>
#include <string.h>

void print_padded(const char *name, int width)
{
    name_text safe = text_name(name);
    (void)printf("%s%*s", safe.text, safe.width < width ? width - safe.width : 0, "");
}

static void print_name(const details *known, int index, int width)
{
    short_text number;
    print_padded(details_class_name(known, index, &number), width);
}

static int name_width(const details *known, int index)
{
    short_text number;
    return text_name(details_class_name(known, index, &number)).width;
}

/* Of the longest name, but not less than `least`. */
static int names_width(const details *known, int least)
{
    int width = least;
    for (int i = 0; i < known->classes; i++) {
        int own = name_width(known, i);
        width = own > width ? own : width;
    }
    return width;
}

static int64_t count_at(const details *known, int truth, int predicted)
{
    return known->confusion[(size_t)truth * (size_t)known->classes + (size_t)predicted];
}

/* ---- The matrix ---- */

enum { MATRIX_CLASSES = 20 };

typedef struct matrix_shape {
    int names;  /* letters of a row's name */
    int number; /* digits of a class's number before it; 0: columns are headed by names */
    int cell;   /* letters */
} matrix_shape;

static int digits_of(int64_t count)
{
    return snprintf(NULL, 0, "%lld", (long long)count);
}

static int matrix_width(const details *known, const matrix_shape *shape)
{
    int number = shape->number > 0 ? shape->number + 1 : 0;
    return 2 + number + shape->names + known->classes * (shape->cell + 2);
}

/* Names above the columns where they fit; else numbers, which then stand before the names. */
static matrix_shape shape_matrix(const details *known, const eval_print *how)
{
    int64_t largest = 0;
    size_t cells = (size_t)known->classes * (size_t)known->classes;
    for (size_t i = 0; i < cells; i++) {
        largest = known->confusion[i] > largest ? known->confusion[i] : largest;
    }
    int names = names_width(known, 1);
    int count = digits_of(largest);
    matrix_shape shape = {names, 0, count > names ? count : names};
    if (matrix_width(known, &shape) > how->screen.columns) {
        shape.number = digits_of(known->classes);
        shape.cell = count > shape.number ? count : shape.number;
    }
    return shape;
}

static void print_heading(const details *known, const matrix_shape *shape)
{
    (void)printf("  %*s", shape->names + (shape->number > 0 ? shape->number + 1 : 0), "");
    for (int i = 0; i < known->classes; i++) {
        if (shape->number > 0) {
            (void)printf(" %*d ", shape->cell, i + 1);
        } else {
            (void)printf(" %*s", shape->cell - name_width(known, i), "");
            print_name(known, i, 0);
            (void)putchar(' ');
        }
    }
    (void)putchar('\n');
}

/* The diagonal in bold green where there is colour, else in brackets; what is not there as a dot. */
static void print_cell(int64_t count, int width, bool diagonal, bool colour)
{
    char text[24] = ".";
    if (count > 0 || diagonal) {
        (void)snprintf(text, sizeof text, "%lld", (long long)count);
    }
    int gap = width - (int)strlen(text);
    if (colour) {
        const char *start = diagonal ? "\033[1;32m" : count == 0 ? "\033[2m" : "";
        (void)printf(" %*s%s%s%s ", gap, "", start, text, *start ? "\033[0m" : "");
    } else {
        (void)printf(diagonal ? "%*s[%s]" : "%*s %s ", gap, "", text);
    }
}

static void print_matrix(const details *known, const matrix_shape *shape, bool colour)
{
    (void)puts("\nconfusion: a line a true class, a column what it was taken for");
    print_heading(known, shape);
    for (int truth = 0; truth < known->classes; truth++) {
        (void)fputs("  ", stdout);
        if (shape->number > 0) {
            (void)printf("%*d ", shape->number, truth + 1);
        }
        print_name(known, truth, shape->names);
        for (int i = 0; i < known->classes; i++) {
            print_cell(count_at(known, truth, i), shape->cell, i == truth, colour);
        }
        (void)putchar('\n');
    }
}

/* ---- The most confused pairs ---- */

enum { PAIRS = 15 };

typedef struct pair {
    int truth, predicted;
    int64_t count;
} pair;

static int find_pairs(const details *known, pair found[PAIRS])
{
    int count = 0;
    for (int truth = 0; truth < known->classes; truth++) {
        for (int i = 0; i < known->classes; i++) {
            pair one = {truth, i, i == truth ? 0 : count_at(known, truth, i)};
            int at = count;
            while (at > 0 && found[at - 1].count < one.count) {
                at--;
            }
            if (one.count == 0 || at == PAIRS) {
                continue;
            }
            count += count < PAIRS;
            memmove(&found[at + 1], &found[at], (size_t)(count - 1 - at) * sizeof *found);
            found[at] = one;
        }
    }
    return count;
}

static void print_pairs(const details *known)
{
    pair found[PAIRS];
    int count = find_pairs(known, found);
    int width = names_width(known, 10);
    if (count == 0) {
        return;
    }
    (void)printf("\nmost confused (--confusion shows all %d classes)\n  ", known->classes);
    print_padded("true", width);
    (void)fputs("  ", stdout);
    print_padded("taken for", width);
    (void)puts("     times");
    for (int i = 0; i < count; i++) {
        (void)fputs("  ", stdout);
        print_name(known, found[i].truth, width);
        (void)fputs("  ", stdout);
        print_name(known, found[i].predicted, width);
        (void)printf("%10s\n", text_count(found[i].count).text);
    }
}

static void print_confusion(const details *known, const eval_print *how)
{
    matrix_shape shape = shape_matrix(known, how);
    bool fits =
        known->classes <= MATRIX_CLASSES && matrix_width(known, &shape) <= how->screen.columns;
    if (fits || how->confusion) {
        print_matrix(known, &shape, has_colour(&how->screen));
    } else {
        print_pairs(known);
    }
}

/* ---- Each class ---- */

static void print_scores(const class_scores *scores)
{
    (void)printf("%11.4f%9.4f%9.4f%11s\n", scores->precision, scores->recall, scores->f1,
                 text_count(scores->support).text);
}

static void print_each(const details *known)
{
    int width = names_width(known, 8);
    (void)fputs("\n  ", stdout);
    print_padded("class", width);
    (void)puts("  precision   recall       F1    samples");
    for (int i = 0; i < known->classes; i++) {
        (void)fputs("  ", stdout);
        print_name(known, i, width);
        print_scores(&known->scores[i]);
    }
    (void)fputs("  ", stdout);
    print_padded("mean", width);
    print_scores(&known->macro);
    (void)fputs("  ", stdout);
    print_padded("weighted", width);
    print_scores(&known->weighted);
}

static void print_binary(const details *known)
{
    int width = names_width(known, 5);
    (void)fputs("\neach against the rest: is it, is it not, and was it said (TP, FN, FP, TN)\n  ",
                stdout);
    print_padded("class", width);
    (void)puts("     found    missed     wrong   rightly not");
    for (int i = 0; i < known->classes; i++) {
        const class_scores *scores = &known->scores[i];
        int64_t missed = scores->support - scores->right;
        int64_t wrong = scores->chosen - scores->right;
        (void)fputs("  ", stdout);
        print_name(known, i, width);
        (void)printf("%10s%10s%10s%14s\n", text_count(scores->right).text, text_count(missed).text,
                     text_count(wrong).text,
                     text_count(known->samples - scores->support - wrong).text);
    }
}

/* ---- Probabilities ---- */

static void print_top(const details *known)
{
    (void)printf("%-9s ", "top");
    for (int i = 1; i < DETAILS_TOP && i < known->classes - 1; i++) {
        double share = (double)known->top[i] / (double)known->samples;
        (void)printf("%s%d: %s", i > 1 ? ", " : "", i + 1, text_percent(share).text);
    }
    (void)putchar('\n');
}

static void print_calibration(const details *known)
{
    (void)puts("\n  probability     samples    it says   it is right");
    for (int i = 0; i < DETAILS_BINS; i++) {
        const calibration_bin *bin = &known->bins[i];
        if (bin->count > 0) {
            (void)printf("  %.1f .. %.1f %13s %10s %13s\n", (double)i / DETAILS_BINS,
                         (double)(i + 1) / DETAILS_BINS, text_count(bin->count).text,
                         text_percent(bin->confidence).text, text_percent(bin->accuracy).text);
        }
    }
}

/* ---- Mistakes ---- */

static void print_mistakes(const details *known)
{
    if (known->mistake_count == 0) {
        return;
    }
    int width = 9;
    for (int i = 0; i < known->mistake_count; i++) {
        int truth = name_width(known, known->mistakes[i].truth);
        int predicted = name_width(known, known->mistakes[i].predicted);
        width = truth > width ? truth : width;
        width = predicted > width ? predicted : width;
    }
    (void)printf("\nworst mistakes, %d of %s, by row from 0\n         row  ", known->mistake_count,
                 text_count(details_wrong(known)).text);
    print_padded("true", width);
    (void)fputs("  ", stdout);
    print_padded("taken for", width);
    (void)puts(known->probabilities ? "      with   the true" : "");
    for (int i = 0; i < known->mistake_count; i++) {
        const mistake *one = &known->mistakes[i];
        (void)printf("%12s  ", text_count(one->row).text);
        print_name(known, one->truth, width);
        (void)fputs("  ", stdout);
        print_name(known, one->predicted, known->probabilities ? width : 0);
        if (known->probabilities) {
            (void)printf("%10s %10s", text_percent((double)one->probability).text,
                         text_percent((double)one->truth_probability).text);
        }
        (void)putchar('\n');
    }
}

void print_classes(const details *known, const eval_print *how)
{
    if (known->classes > 2) {
        print_top(known);
    }
    if (known->probabilities) {
        (void)printf("%-9s %s between how sure it is and how often it is right\n", "off by",
                     text_percent(known->calibration_error).text);
    }
    print_confusion(known, how);
    print_each(known);
    if (how->binary) {
        print_binary(known);
    }
    if (how->calibration && known->probabilities) {
        print_calibration(known);
    }
    print_mistakes(known);
}
