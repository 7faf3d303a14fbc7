/* What a dataset holds: how many samples of what, its columns, its classes. */
#include "common/bounds.h"
#include "common/column_text.h"
#include "common/exit.h"
#include "common/json.h"
#include "common/lines.h"
#include "show/show.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    NAMED_MOST = 40,     /* columns shown */
    UNNAMED_MOST = 5,    /* the same for columns without names, as pixels */
    CATEGORIES_MOST = 6, /* named of a column */
    CLASSES_MOST = 20,
};

/* ---- Columns ---- */

/* Of the samples at hand. */
typedef struct range {
    double least, most, sum;
    int64_t count;
} range;

static range measure(const nnfs_dataset *data, int column)
{
    range all = {.least = HUGE_VAL, .most = -HUGE_VAL};
    for (int64_t i = 0; i < nnfs_dataset_samples(data); i++) {
        double value = (double)nnfs_dataset_cell(data, i, column);
        if (isfinite(value)) {
            all.least = fmin(all.least, value);
            all.most = fmax(all.most, value);
            all.sum += value;
            all.count++;
        }
    }
    return all;
}

static void print_range(const nnfs_dataset *data, int column)
{
    range all = measure(data, column);
    if (all.count > 0) {
        line_print(stdout, "%s to %s, mean %s", text_measure(all.least).text,
                   text_measure(all.most).text, text_measure(all.sum / (double)all.count).text);
    }
}

static void print_categories(const nnfs_dataset *data, int column)
{
    int count = nnfs_dataset_column(data, column).categories;
    for (int i = 0; i < count && i < CATEGORIES_MOST; i++) {
        line_print(stdout, "%s%s", i > 0 ? ", " : "",
                   listed_name(nnfs_dataset_category(data, column, i)).text);
    }
    if (count > CATEGORIES_MOST) {
        line_print(stdout, ", %s more", text_count(count - CATEGORIES_MOST).text);
    }
}

static void print_column(const nnfs_dataset *data, int index, int width)
{
    static const char *const uses[] = {
        [NNFS_COLUMN_FEATURE] = "",
        [NNFS_COLUMN_TARGET] = "to predict: ",
        [NNFS_COLUMN_WEIGHT] = "how much a sample counts: ",
        [NNFS_COLUMN_DROPPED] = "left out",
        [NNFS_COLUMN_UNKNOWN] = "left out",
        [NNFS_COLUMN_COUNTER] = "left out: counts the rows",
    };
    nnfs_column column = nnfs_dataset_column(data, index);
    name_text name = column_name(column.name, index + 1);
    bool known = column.use < NNFS_COLUMN_DROPPED;
    line_print(stdout, "  %s%*s  %-14s  %7s  %s", name.text, width - name.width, "",
               known ? kind_text(&column).text : "",
               known && column.missing > 0 ? text_count(column.missing).text : "",
               uses[column.use]);
    if (known) {
        (column.kind == NNFS_COLUMN_CATEGORY ? print_categories : print_range)(data, index);
    }
    line_print(stdout, "\n");
}

static void print_columns(const nnfs_dataset *data)
{
    int columns = nnfs_dataset_columns(data);
    int most = UNNAMED_MOST;
    if (nnfs_dataset_column(data, 0).name) {
        most = NAMED_MOST;
    }
    int shown = MIN(columns, most);
    int width = (int)sizeof "column" - 1;
    for (int i = 0; i < shown; i++) {
        int own = column_name(nnfs_dataset_column(data, i).name, i + 1).width;
        width = MAX(own, width);
    }
    line_print(stdout, "  %-*s  %-14s  %7s  holds\n", width, "column", "kind", "missing");
    for (int i = 0; i < shown; i++) {
        print_column(data, i, width);
    }
    if (columns > shown) {
        line_print(stdout, "  and %s more\n", text_count(columns - shown).text);
    }
}

/* Rows that nothing can be learned from were left out when the file was read. */
static void print_rows(const nnfs_dataset *data)
{
    line_print(stdout, "rows      %s", text_count(nnfs_dataset_samples(data)).text);
    for (int i = 0; i < nnfs_dataset_columns(data); i++) {
        nnfs_column column = nnfs_dataset_column(data, i);
        if (column.use == NNFS_COLUMN_TARGET && column.missing > 0) {
            line_print(stdout, ", and left out %s without %s", text_count(column.missing).text,
                       column_name(column.name, i + 1).text);
        }
    }
    line_print(stdout, "\n");
}

/* ---- Classes ---- */

/* Samples of each class, of one part; in fresh memory. */
static nnfs_status count_classes(const nnfs_dataset *data, int64_t **counts, nnfs_error *error)
{
    *counts = calloc((size_t)nnfs_dataset_classes(data), sizeof **counts);
    if (!*counts) {
        return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
    }
    nnfs_dataset_class_samples(data, *counts);
    return NNFS_OK;
}

static nnfs_status print_classes(const nnfs_dataset *data, nnfs_error *error)
{
    int classes = nnfs_dataset_classes(data);
    int64_t *counts = NULL;
    if (classes == 0 || !nnfs_dataset_has_targets(data)) {
        return NNFS_OK;
    }
    nnfs_status status = count_classes(data, &counts, error);
    if (status != NNFS_OK) {
        goto cleanup;
    }
    for (int i = 0; i < classes && i < CLASSES_MOST; i++) {
        line_print(stdout, "%s%s %s", i == 0 ? "classes   " : ", ",
                   listed_name(nnfs_dataset_class_name(data, i)).text, text_count(counts[i]).text);
    }
    line_print(stdout, classes > CLASSES_MOST ? ", and %d more\n" : "\n", classes - CLASSES_MOST);
cleanup:
    free(counts);
    return status;
}

/* ---- All of it ---- */

static void print_picture(nnfs_image_layout picture)
{
    static const char *const kinds[] = {[1] = "gray", [3] = "coloured", [4] = "coloured"};
    line_print(stdout, ", pictures of %d x %d, %s", picture.height, picture.width,
               kinds[picture.channels]);
}

static void print_part(const nnfs_dataset *part, const char *name)
{
    if (part) {
        line_print(stdout, "%-9s %s sample%s\n", name, text_count(nnfs_dataset_samples(part)).text,
                   text_plural(nnfs_dataset_samples(part)));
    }
}

nnfs_status show_data(const show *from, nnfs_error *error)
{
    const nnfs_dataset *data = from->loaded.chosen;
    int columns = nnfs_dataset_columns(data);
    int values = columns;
    if (columns <= 0) {
        values = nnfs_dataset_features(data);
    }
    line_print(stdout, "%s: %s %s%s", text_name(from->options->request.data).text,
               text_count(values).text, columns > 0 ? "column" : "value", text_plural(values));
    if (columns == 0) {
        line_print(stdout, " a sample");
    }
    if (from->picture.height > 0) {
        print_picture(from->picture);
    }
    line_print(stdout, "\n");
    if (columns > 0) {
        print_rows(data);
        if (from->picture.height == 0 || nnfs_dataset_column(data, 0).name) {
            print_columns(data); /* pixels without names say nothing */
        }
    } else {
        print_part(from->loaded.train, "train");
        print_part(from->loaded.test, "test");
    }
    return print_classes(data, error);
}

/* ---- JSON ---- */

static json_t *json_classes(const nnfs_dataset *data)
{
    json_t *list = json_array();
    int64_t *counts = NULL;
    nnfs_error ignored;
    int classes = nnfs_dataset_classes(data);
    if (classes > 0 && count_classes(data, &counts, &ignored) == NNFS_OK) {
        for (int i = 0; i < classes; i++) {
            json_t *class = json_object();
            json_set_string(class, "class", nnfs_dataset_class_name(data, i));
            json_set_integer(class, "samples", counts[i]);
            (void)json_array_append_new(list, class);
        }
    }
    free(counts);
    return list;
}

static json_t *json_part(const nnfs_dataset *data)
{
    if (!data) {
        return json_null();
    }
    json_t *part = json_object();
    json_set_integer(part, "samples", nnfs_dataset_samples(data));
    (void)json_object_set_new(part, "classes", json_classes(data));
    json_set_hash(part, "hash", nnfs_dataset_hash(data));
    return part;
}

static json_t *json_columns(const nnfs_dataset *data)
{
    static const char *const uses[] = {
        [NNFS_COLUMN_FEATURE] = "feature", [NNFS_COLUMN_TARGET] = "target",
        [NNFS_COLUMN_WEIGHT] = "weight",   [NNFS_COLUMN_DROPPED] = "dropped",
        [NNFS_COLUMN_UNKNOWN] = "dropped", [NNFS_COLUMN_COUNTER] = "dropped",
    };
    json_t *list = json_array();
    for (int i = 0; i < nnfs_dataset_columns(data); i++) {
        nnfs_column column = nnfs_dataset_column(data, i);
        json_t *one = json_object();
        json_set_string(one, "name", column.name);
        json_set_string(one, "kind", kind_word(column.kind));
        json_set_string(one, "use", uses[column.use]);
        json_set_integer(one, "missing", column.missing);
        json_set_integer(one, "categories", column.categories);
        (void)json_array_append_new(list, one);
    }
    return list;
}

static json_t *json_picture(nnfs_image_layout picture)
{
    if (picture.height == 0) {
        return json_null();
    }
    json_t *object = json_object();
    json_set_integer(object, "height", picture.height);
    json_set_integer(object, "width", picture.width);
    json_set_integer(object, "channels", picture.channels);
    (void)json_object_set_new(object, "planar", json_boolean(picture.planar));
    return object;
}

nnfs_status show_data_json(const show *from, nnfs_error *error)
{
    json_t *object = json_object();
    json_set_string(object, "schema", "nnfs-show/1");
    json_set_string(object, "kind", "data");
    json_set_string(object, "data", from->options->request.data);
    json_set_integer(object, "features", nnfs_dataset_features(from->loaded.chosen));
    json_set_float(object, "scale", nnfs_dataset_scale(from->loaded.chosen));
    (void)json_object_set_new(object, "picture", json_picture(from->picture));
    (void)json_object_set_new(object, "train", json_part(from->loaded.train));
    (void)json_object_set_new(object, "test", json_part(from->loaded.test));
    (void)json_object_set_new(object, "columns", json_columns(from->loaded.chosen));
    bool written = json_dumpf(object, stdout, JSON_LINE) == 0;
    (void)putchar('\n');
    json_decref(object);
    if (written || ferror(stdout)) {
        return NNFS_OK;
    }
    return set_error(error, NNFS_ERROR_MEMORY, "out of memory");
}
