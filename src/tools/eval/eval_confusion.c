/* Which classes are predicted for which: the matrix if it fits, else the largest pairs. */
#include "common/bounds.h"
#include "eval/eval_print.h"

#include <stdio.h>
#include <string.h>

static int64_t count_at(const diagnostics *known, int truth, int predicted)
{
    return known->confusion[(size_t)truth * (size_t)known->classes + (size_t)predicted];
}

/* ---- The matrix ---- */

enum { MATRIX_CLASSES = 20, LEAST_NAME = 8 };

typedef struct matrix_shape {
    int names;  /* letters of a row's name */
    int number; /* digits of a class's number before it; 0: columns are headed by names */
    int cell;   /* letters */
} matrix_shape;

static int digits_of(int64_t count)
{
    return snprintf(NULL, 0, "%lld", (long long)count);
}

static int matrix_width(const diagnostics *known, const matrix_shape *shape)
{
    int number = shape->number > 0 ? shape->number + 1 : 0;
    return 3 + number + shape->names + known->classes * (shape->cell + 2);
}

/* Names above the columns where they fit; else numbers, which then stand before names
 * cut to fit. */
static matrix_shape shape_matrix(const diagnostics *known, const eval_print *how)
{
    int64_t largest = 0;
    size_t cells = (size_t)known->classes * (size_t)known->classes;
    for (size_t i = 0; i < cells; i++) {
        largest = MAX(known->confusion[i], largest);
    }
    int names = names_width(known, 1);
    int count = digits_of(largest);
    matrix_shape shape = {names, 0, MAX(count, names)};
    if (matrix_width(known, &shape) > how->screen.columns) {
        shape.number = digits_of(known->classes);
        shape.cell = MAX(count, shape.number);
        int beyond = matrix_width(known, &shape) - how->screen.columns;
        shape.names = cut_to(names, names - beyond, LEAST_NAME);
    }
    return shape;
}

static void print_heading(const diagnostics *known, const matrix_shape *shape)
{
    (void)printf("   %*s", shape->names + (shape->number > 0 ? shape->number + 1 : 0), "");
    for (int i = 0; i < known->classes; i++) {
        if (shape->number > 0) {
            (void)printf(" %*d", shape->cell, i + 1);
        } else {
            (void)printf(" %*s", shape->cell - name_width(known, i), "");
            print_name(known, i, 0);
        }
        (void)putchar(i + 1 < known->classes ? ' ' : '\n');
    }
}

/* The diagonal in bold green where there is colour, else in brackets; what is not there
 * as a dot. */
static void print_cell(int64_t count, int width, bool diagonal, bool colour)
{
    char text[24] = ".";
    if (count > 0 || diagonal) {
        (void)snprintf(text, sizeof text, "%lld", (long long)count);
    }
    int gap = width - (int)strlen(text);
    if (colour) {
        const char *start = "";
        if (diagonal) {
            start = "\033[1;32m";
        } else if (count == 0) {
            start = "\033[2m";
        }
        (void)printf(" %*s%s%s%s", gap, "", start, text, *start ? "\033[0m" : "");
    } else {
        (void)printf(diagonal ? "%*s[%s]" : "%*s %s", gap, "", text);
    }
}

static void print_matrix(const diagnostics *known, const matrix_shape *shape, bool colour)
{
    (void)puts("\nconfusion: a row per true class, a column per predicted class");
    print_heading(known, shape);
    for (int truth = 0; truth < known->classes; truth++) {
        (void)fputs("  ", stdout);
        if (shape->number > 0) {
            (void)printf("%*d ", shape->number, truth + 1);
        }
        print_cut(known, truth, shape->names);
        for (int i = 0; i < known->classes; i++) {
            bool bracket = i > 0 && i - 1 == truth && !colour;
            (void)fputs(bracket ? "" : " ", stdout); /* between the cells */
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

static int find_pairs(const diagnostics *known, pair found[PAIRS])
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

static void print_pairs(const diagnostics *known, const eval_print *how)
{
    pair found[PAIRS];
    int count = find_pairs(known, found);
    int width = cut_to(names_width(known, LEAST_PAIR), (how->screen.columns - 14) / 2, LEAST_PAIR);
    if (count == 0) {
        return;
    }
    (void)printf("\nmost confused (--confusion shows all)\n  ");
    print_padded("true", width);
    (void)fputs("  ", stdout);
    print_padded("predicted", width);
    (void)puts("     times");
    for (int i = 0; i < count; i++) {
        (void)fputs("  ", stdout);
        print_cut(known, found[i].truth, width);
        (void)fputs("  ", stdout);
        print_cut(known, found[i].predicted, width);
        (void)printf("%10s\n", text_count(found[i].count).text);
    }
}

void print_confusion(const diagnostics *known, const eval_print *how)
{
    matrix_shape shape = shape_matrix(known, how);
    bool fits =
        known->classes <= MATRIX_CLASSES && matrix_width(known, &shape) <= how->screen.columns;
    if (fits || how->confusion) {
        print_matrix(known, &shape, has_colour(&how->screen));
    } else {
        print_pairs(known, how);
    }
}
