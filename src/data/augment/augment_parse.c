/* Specifications: items between commas, each a name, a setting or both. */
#include "data/augment/augment_parse.h"

#include "base/memory.h"
#include "base/status.h"
#include "data/csv/csv_number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEM_BYTES = 64 };

/* The specification on its way into the list. */
typedef struct parsing {
    augment_list *list;
    int classes;
    locale_t locale; /* C: numbers have points */
    nnfs_error *error;
} parsing;

/* ---- Names ---- */

/* "; did you mean 'elastic'?", or all names where none is near. */
typedef struct advice {
    char text[192];
} advice;

static advice advise(const char *misspelt, const char *(*name_at)(const void *of, int index),
                     const void *of)
{
    enum { NEAR = 2 };
    advice made = {"; there are"};
    const char *nearest = NULL;
    int least = NEAR + 1;
    for (int i = 0; name_at(of, i); i++) {
        const char *name = name_at(of, i);
        size_t used = strlen(made.text);
        int distance = nnfs_name_distance(misspelt, name);
        if (distance < least && distance < (int)strlen(name)) {
            least = distance;
            nearest = name;
        }
        (void)snprintf(made.text + used, sizeof made.text - used, "%s %s", i > 0 ? "," : "", name);
    }
    if (nearest) {
        (void)snprintf(made.text, sizeof made.text, "; did you mean '%s'?", nearest);
    }
    return made;
}

static const char *kind_name(const void *kinds, int index)
{
    const augment_kind *all = kinds;
    if (index < AUGMENT_KINDS) {
        return all[index].name;
    }
    return NULL;
}

static const char *parameter_name(const void *kind, int index)
{
    const augment_kind *of = kind;
    if (index < AUGMENT_PARAMETERS) {
        return of->parameters[index].name;
    }
    return NULL;
}

static int find(const char *name, const char *(*name_at)(const void *of, int index), const void *of)
{
    for (int i = 0; name_at(of, i); i++) {
        if (strcmp(name_at(of, i), name) == 0) {
            return i;
        }
    }
    return -1;
}

/* ---- Settings ---- */

/* A whole number in 0 .. classes - 1; -1 for any other text. */
static int parse_class(const char *text, int classes)
{
    char *end = NULL;
    long value = -1;
    if (*text >= '0' && *text <= '9') {
        value = strtol(text, &end, 10);
    }
    if (end && *end == '\0' && value < classes) {
        return (int)value;
    }
    return -1;
}

static nnfs_status parse_number(const parsing *p, const augment_kind *kind,
                                const augment_parameter *parameter, const char *text, double *value)
{
    char padded[ITEM_BYTES + CSV_NUMBER_PADDING] = "";
    (void)snprintf(padded, ITEM_BYTES, "%s", text);
    const char *end = csv_number(padded, p->locale, value);
    bool number = end && end > padded && *end == '\0';
    if (!number || *value < parameter->least || *value > parameter->most ||
        (parameter->whole && *value != (double)(int)*value)) {
        return fail(p->error, NNFS_ERROR_ARGUMENT,
                    "augmentation %s: %s is a %snumber from %g to %g, not '%s'", kind->name,
                    parameter->name, parameter->whole ? "whole " : "", parameter->least,
                    parameter->most, text);
    }
    return NNFS_OK;
}

static nnfs_status add_exception(const parsing *p, augment_op *op, class_value exception)
{
    size_t count = (size_t)op->exception_count + 1;
    class_value *longer = realloc(op->exceptions, count * sizeof *longer);
    if (!longer) {
        return fail_memory(p->error, count * sizeof *longer, "augmentations");
    }
    longer[op->exception_count++] = exception;
    op->exceptions = longer;
    return NNFS_OK;
}

/* KEY=NUMBER or KEY@CLASS=NUMBER; cuts the text up. */
static nnfs_status parse_setting(const parsing *p, augment_op *op, char *key)
{
    const augment_kind *kind = op->kind;
    char *number = strchr(key, '=');
    if (!number) {
        return fail(p->error, NNFS_ERROR_ARGUMENT, "augmentation %s: '%s' is not KEY=NUMBER",
                    kind->name, key);
    }
    *number++ = '\0';
    char *class_text = strchr(key, '@');
    if (class_text) {
        *class_text++ = '\0';
    }
    int index = find(key, parameter_name, kind);
    if (index < 0) {
        return fail(p->error, NNFS_ERROR_ARGUMENT, "augmentation %s has no '%s'%s", kind->name, key,
                    advise(key, parameter_name, kind).text);
    }
    const augment_parameter *parameter = &kind->parameters[index];
    class_value exception = {.class_index = -1, .parameter = index};
    nnfs_status status = parse_number(p, kind, parameter, number, &exception.value);
    op->given = true;
    if (status != NNFS_OK || !class_text) {
        op->values[index] = exception.value;
        return status;
    }
    if (parameter->shared) {
        return fail(p->error, NNFS_ERROR_ARGUMENT,
                    "augmentation %s: %s is the same for all classes, and cannot be set for '%s'",
                    kind->name, key, class_text);
    }
    exception.class_index = parse_class(class_text, p->classes);
    if (exception.class_index < 0) {
        return fail(p->error, NNFS_ERROR_ARGUMENT,
                    "augmentation %s: '%s' is no class; there are %d, counted from 0", kind->name,
                    class_text, p->classes);
    }
    return add_exception(p, op, exception);
}

/* ---- Items ---- */

static nnfs_status begin_op(const parsing *p, const char *name)
{
    augment_list *list = p->list;
    int index = find(name, kind_name, augment_kinds);
    if (index < 0) {
        return fail(p->error, NNFS_ERROR_ARGUMENT, "unknown augmentation '%s'%s", name,
                    advise(name, kind_name, augment_kinds).text);
    }
    for (int i = 0; i < list->count; i++) {
        if (list->ops[i].kind == &augment_kinds[index]) {
            return fail(p->error, NNFS_ERROR_ARGUMENT, "augmentation %s is given twice", name);
        }
    }
    augment_op *op = &list->ops[list->count++];
    *op = (augment_op){.kind = &augment_kinds[index]};
    for (int i = 0; i < AUGMENT_PARAMETERS; i++) {
        op->values[i] = op->kind->parameters[i].initial;
    }
    return NNFS_OK;
}

static nnfs_status parse_item(const parsing *p, char *item)
{
    char *colon = strchr(item, ':');
    char *setting = NULL;
    if (colon) {
        setting = colon + 1;
    }
    bool begins = colon || !strchr(item, '=');
    if (colon) {
        *colon = '\0';
    }
    if (begins) {
        TRY(begin_op(p, item));
    } else if (p->list->count == 0) {
        return fail(p->error, NNFS_ERROR_ARGUMENT, "'%s' belongs to no augmentation: write NAME:%s",
                    item, item);
    } else {
        setting = item;
    }
    if (setting) {
        return parse_setting(p, &p->list->ops[p->list->count - 1], setting);
    }
    return NNFS_OK;
}

static nnfs_status parse_items(const parsing *p, const char *text)
{
    nnfs_status status = NNFS_OK;
    for (bool more = true; more && status == NNFS_OK;) {
        char item[ITEM_BYTES];
        size_t length = strcspn(text, ",");
        more = text[length] == ',';
        if (length == 0 || length >= sizeof item) {
            return fail(p->error, NNFS_ERROR_ARGUMENT,
                        "augmentations: '%.40s' is not NAME[:KEY=NUMBER,...][,...]", text);
        }
        memcpy(item, text, length);
        item[length] = '\0';
        status = parse_item(p, item);
        text += length + 1;
    }
    return status;
}

/* An augmentation that changes nothing by itself was not told how much. */
static nnfs_status check_amounts(const augment_list *list, nnfs_error *error)
{
    for (int i = 0; i < list->count; i++) {
        const augment_op *op = &list->ops[i];
        double largest = 0.0;
        for (int j = 0; j < AUGMENT_PARAMETERS; j++) {
            largest = fmax(largest, op->kind->parameters[j].initial);
        }
        if (largest == 0.0 && !op->given) {
            return fail(error, NNFS_ERROR_ARGUMENT, "augmentation %s needs a setting%s",
                        op->kind->name, advise("", parameter_name, op->kind).text);
        }
    }
    return NNFS_OK;
}

nnfs_status augment_parse(const char *specification, int classes, augment_list *list,
                          nnfs_error *error)
{
    parsing p = {.list = list, .classes = classes, .error = error};
    *list = (augment_list){.count = 0};
    p.locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!p.locale) {
        return fail_memory(error, sizeof p, "a locale");
    }
    nnfs_status status = parse_items(&p, specification);
    freelocale(p.locale);
    if (status == NNFS_OK) {
        status = check_amounts(list, error);
    }
    if (status != NNFS_OK) {
        augment_list_free(list);
    }
    return status;
}

void augment_list_free(augment_list *list)
{
    for (int i = 0; i < list->count; i++) {
        free(list->ops[i].exceptions);
    }
    *list = (augment_list){.count = 0};
}

void augment_values(const augment_op *op, int label, double *values)
{
    memcpy(values, op->values, sizeof op->values);
    for (int i = 0; i < op->exception_count; i++) {
        const class_value *one = &op->exceptions[i];
        if (one->class_index == label) {
            values[one->parameter] = one->value;
        }
    }
}
