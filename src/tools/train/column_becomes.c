/* What becomes of each column of a table, in words. */
#include "common/column_text.h"
#include "common/text.h"
#include "train/run.h"

#include <stdio.h>
#include <stdlib.h>

enum { CATEGORIES_WIDTH = 52 }; /* letters, of the names of a column's */

/* What a number x becomes, (x - center) * scale. */
static void write_number(FILE *out, const nnfs_encoding *encoding, nnfs_scaling scaling)
{
    double center = (double)encoding->center;
    double reach = 1.0 / (double)encoding->scale;
    if (encoding->knots > 0) {
        (void)fputs("quantiles to normal", out);
    } else if (encoding->center == 0.0f && encoding->scale == 1.0f) {
        (void)fputs("as it is", out);
    } else if (encoding->center == 0.0f && encoding->scale == 1.0f / 255.0f) {
        (void)fputs("x / 255", out);
    } else if (encoding->clip > 0.0f) {
        (void)fprintf(out, "median %s, spread %s, clipped", text_measure(center).text,
                      text_measure(reach).text);
    } else if (scaling == NNFS_SCALING_MINMAX) {
        (void)fprintf(out, "%s to %s", text_measure(center).text,
                      text_measure(center + reach).text);
    } else {
        (void)fprintf(out, "mean %s, deviation %s", text_measure(center).text,
                      text_measure(reach).text);
    }
}

/* By name as far as a line reaches. */
static void write_categories(FILE *out, const nnfs_preprocessing *preprocessing, int index,
                             const nnfs_encoding *encoding)
{
    int width = 0;
    int shown = 0;
    (void)fprintf(out, "%d input%s: ", encoding->inputs, text_plural(encoding->inputs));
    for (; shown < encoding->categories && width < CATEGORIES_WIDTH; shown++) {
        name_text name = listed_name(nnfs_preprocessing_category(preprocessing, index, shown));
        (void)fprintf(out, "%s, ", name.text);
        width += name.width + 2;
    }
    if (encoding->categories > shown) {
        (void)fprintf(out, "%d more, ", encoding->categories - shown);
    }
    (void)fprintf(out, "%s%sothers", encoding->two_valued ? "as -1 and 1, 0 for " : "",
                  encoding->has_missing ? "missing, " : "");
}

/* Elapsed time, and the cycles that dates go through. */
static void write_date(FILE *out, const nnfs_encoding *encoding)
{
    (void)fprintf(out, "days%s%s%s, %d input%s", encoding->has_month ? ", month" : "",
                  encoding->has_weekday ? ", weekday" : "", encoding->has_hour ? ", hour" : "",
                  encoding->inputs, text_plural(encoding->inputs));
}

static void write_feature(FILE *out, const train_run *run, int index)
{
    nnfs_encoding encoding = nnfs_preprocessing_column(run->preprocessing, index);
    if (encoding.inputs == 0) {
        (void)fprintf(out, "left out: %s", encoding.reason ? encoding.reason : "no inputs");
    } else if (encoding.kind == NNFS_COLUMN_CATEGORY) {
        write_categories(out, run->preprocessing, index, &encoding);
    } else if (encoding.kind == NNFS_COLUMN_DATE) {
        write_date(out, &encoding);
    } else {
        write_number(out, &encoding, run->options->table.preprocessing.scaling);
    }
}

/* A missing number is replaced, in the training part or wherever one turns up. */
static void write_fill(FILE *out, const train_run *run, int index, int64_t missing)
{
    nnfs_encoding encoding = nnfs_preprocessing_column(run->preprocessing, index);
    if (missing > 0 && encoding.inputs > 0 && encoding.kind != NNFS_COLUMN_CATEGORY) {
        (void)fprintf(out, "; missing as %s%s", text_measure((double)encoding.fill).text,
                      encoding.has_indicator ? " with an indicator" : "");
    }
}

/* The place of column `column` of the file among the features. */
static int find_feature(const nnfs_preprocessing *preprocessing, int column)
{
    int index = 0;
    while (index < nnfs_preprocessing_columns(preprocessing) &&
           nnfs_preprocessing_column(preprocessing, index).column != column) {
        index++;
    }
    return index;
}

static void write_becomes(FILE *out, const train_run *run, int index)
{
    static const char *const uses[] = {
        [NNFS_COLUMN_TARGET] = "to predict",
        [NNFS_COLUMN_WEIGHT] = "how much the sample counts",
        [NNFS_COLUMN_DROPPED] = "left out, as asked",
        [NNFS_COLUMN_UNKNOWN] = "left out, unknown",
        [NNFS_COLUMN_COUNTER] = "left out: counts the rows (--numeric keeps it)",
    };
    nnfs_column column = nnfs_dataset_column(run->train.set, index);
    if (column.use == NNFS_COLUMN_FEATURE) {
        int feature = find_feature(run->preprocessing, index);
        write_feature(out, run, feature);
        write_fill(out, run, feature, column.missing);
    } else {
        (void)fputs(uses[column.use], out);
    }
    if (column.use < NNFS_COLUMN_DROPPED && column.format && column.format[0]) {
        (void)fprintf(out, " (written like %s)", text_name(column.format).text);
    }
}

char *column_becomes(const train_run *run, int index)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        return NULL;
    }
    write_becomes(out, run, index);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
