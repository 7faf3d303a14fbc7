/*
 * Reads a run log and shows what is in it, a name a line: so that a test sees that every line is an
 * object of strict JSON, and which fields it has. Values are shown where they are the same on every
 * machine; elsewhere their kind is. Of what a network predicts, it sees that the parts add up.
 *
 * Usage: check_log FILE
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *kind(const json_t *value)
{
    return json_is_string(value) ? "string" : json_is_integer(value) ? "integer" : "number";
}

static void show_value(const char *name, const json_t *value, bool exact)
{
    bool hash = strstr(name, "hash") != NULL;
    if (json_is_null(value)) {
        (void)printf("%s null\n", name);
    } else if (json_is_string(value) && exact && !hash) {
        (void)printf("%s %s\n", name, json_string_value(value));
    } else if (json_is_integer(value) && exact) {
        (void)printf("%s %" JSON_INTEGER_FORMAT "\n", name, json_integer_value(value));
    } else if (json_is_real(value) && strncmp(name, "settings.", 9) == 0) {
        (void)printf("%s %.15g\n", name, json_real_value(value));
    } else {
        (void)printf("%s (%s%s)\n", name,
                     hash && strlen(json_string_value(value)) == 16 ? "hex " : "", kind(value));
    }
}

static void show(const char *prefix, const json_t *value)
{
    char name[128];
    const char *key;
    json_t *member;
    size_t index;
    if (json_is_object(value)) {
        json_object_foreach((json_t *)value, key, member)
        {
            (void)snprintf(name, sizeof name, "%s%s%s", prefix, prefix[0] ? "." : "", key);
            show(name, member);
        }
    } else if (json_is_array(value)) {
        json_array_foreach(value, index, member)
        {
            (void)snprintf(name, sizeof name, "%s.%zu", prefix, index);
            show(name, member);
        }
    } else {
        show_value(prefix, value, strncmp(prefix, "machine.", 8) != 0);
    }
}

/* ---- What is predicted ---- */

/* Of a number, or of all in a list; of objects that of their member `key`. */
static json_int_t sum(const json_t *value, const char *key)
{
    json_int_t total = json_is_integer(value) ? json_integer_value(value) : 0;
    size_t index;
    json_t *member;
    if (json_is_object(value)) {
        return sum(json_object_get(value, key), key);
    }
    json_array_foreach(value, index, member)
    {
        total += sum(member, key);
    }
    return total;
}

static bool is_png(const json_t *value)
{
    const char *text = json_string_value(value);
    return text && strncmp(text, "iVBORw0KGgo", 11) == 0;
}

static void check(const char *what, bool right)
{
    (void)printf("%s %s\n", what, right ? "adds up" : "IS WRONG");
}

static bool mistakes_are_right(const json_t *mistakes, bool pictures)
{
    size_t index;
    json_t *one;
    json_array_foreach(mistakes, index, one)
    {
        bool drawn = !pictures || is_png(json_object_get(one, "png"));
        bool wrong = !json_is_string(json_object_get(one, "truth")) ||
                     !json_equal(json_object_get(one, "truth"), json_object_get(one, "predicted"));
        if (!drawn || !wrong || !json_is_integer(json_object_get(one, "row"))) {
            return false;
        }
    }
    return json_is_array(mistakes) && json_array_size(mistakes) <= 24;
}

static void check_classes(const json_t *event, json_int_t samples)
{
    const json_t *confusion = json_object_get(event, "confusion");
    const json_t *classes = json_object_get(event, "per_class");
    size_t count = json_array_size(json_object_get(event, "classes"));
    json_int_t right = sum(classes, "tp");
    json_t *row;
    size_t index;
    check("confusion", sum(confusion, "") == samples && json_array_size(confusion) == count);
    json_array_foreach(confusion, index, row)
    {
        json_t *class = json_array_get(classes, index);
        check("class",
              json_array_size(row) == count && sum(row, "") == sum(class, "support") &&
                  sum(json_array_get(row, index), "") == sum(class, "tp") &&
                  sum(class, "tp") + sum(class, "fp") + sum(class, "fn") + sum(class, "tn") ==
                      samples);
    }
    double accuracy = json_real_value(json_object_get(event, "accuracy"));
    double first = json_real_value(json_array_get(json_object_get(event, "top_k"), 0));
    double share = (double)right / (double)samples;
    check("accuracy", accuracy - share < 1e-12 && share - accuracy < 1e-12 &&
                          first - share < 1e-12 && share - first < 1e-12);
    check("top_k", json_array_size(json_object_get(event, "top_k")) == 5);
    const json_t *calibration = json_object_get(event, "calibration");
    check("calibration",
          json_array_size(calibration) == 10 && sum(calibration, "count") == samples);
    json_int_t wrong = samples - right < 24 ? samples - right : 24;
    check("mistakes", (json_int_t)json_array_size(json_object_get(event, "mistakes")) == wrong);
}

static void check_numbers(const json_t *event, json_int_t samples)
{
    size_t index;
    json_t *target;
    json_array_foreach(json_object_get(event, "targets"), index, target)
    {
        const json_t *residuals = json_object_get(target, "residuals");
        const json_t *counts = json_object_get(residuals, "counts");
        json_int_t points = samples < 500 ? samples : 500;
        (void)printf("target %s\n", json_string_value(json_object_get(target, "name")));
        check("residuals", json_array_size(counts) == 30 && sum(counts, "") == samples);
        check("scatter", (json_int_t)json_array_size(json_object_get(target, "scatter")) == points);
        check("errors", json_real_value(json_object_get(target, "rmse")) >=
                            json_real_value(json_object_get(target, "mae")));
    }
}

static void check_evaluation(const json_t *event)
{
    json_int_t samples = json_integer_value(json_object_get(event, "samples"));
    bool classes = json_object_get(event, "confusion") != NULL;
    (void)printf("event evaluation\nset %s\nsamples %" JSON_INTEGER_FORMAT "\n",
                 json_string_value(json_object_get(event, "set")), samples);
    (classes ? check_classes : check_numbers)(event, samples);
    check("rows", mistakes_are_right(json_object_get(event, "mistakes"), false));
    if (mistakes_are_right(json_object_get(event, "mistakes"), true)) {
        (void)puts("pictures of mistakes");
    }
}

static void check_weights(const json_t *event)
{
    const json_t *list = json_object_get(event, "png");
    size_t index;
    json_t *one;
    size_t good = 0;
    json_array_foreach(list, index, one)
    {
        good += is_png(one);
    }
    (void)printf("event weights\nlayer %d, %d x %d, %zu pictures\n",
                 (int)json_integer_value(json_object_get(event, "layer")),
                 (int)json_integer_value(json_object_get(event, "height")),
                 (int)json_integer_value(json_object_get(event, "width")), good);
}

static void show_line(const json_t *line)
{
    const char *event = json_string_value(json_object_get(line, "event"));
    if (event && strcmp(event, "evaluation") == 0) {
        check_evaluation(line);
    } else if (event && strcmp(event, "weights") == 0) {
        check_weights(line);
    } else {
        show("", line);
    }
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    char *line = NULL;
    size_t size = 0;
    int status = file ? 0 : 1;
    while (status == 0 && getline(&line, &size, file) > 0) {
        json_error_t error;
        json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);
        if (json_is_object(object) && line[strlen(line) - 1] == '\n') {
            show_line(object);
        } else {
            (void)fprintf(stderr, "not a line of JSON (%s): %s\n", error.text, line);
            status = 1;
        }
        json_decref(object);
        (void)puts("");
    }
    free(line);
    if (file) {
        (void)fclose(file);
    }
    return status;
}
