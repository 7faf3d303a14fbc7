/* Settings as text. A host program that sets a locale gets its decimal point. */
#include "base/settings.h"
#include "base/words.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Reading ---- */

static bool only(const char *text, const char *letters)
{
    return *text != '\0' && text[strspn(text, letters)] == '\0';
}

static const setting_range *text_range_of(const setting *row)
{
    if (row->text_range) {
        return row->text_range;
    }
    return row->range;
}

/* The largest value that fits both the field and, for FIELD_UINT64, a JSON integer. */
static int64_t highest_integer(const setting *row)
{
    double highest = text_range_of(row)->highest;
    if (isinf(highest)) {
        if (row->field == FIELD_INT) {
            return INT_MAX;
        }
        return INT64_MAX;
    }
    return (int64_t)highest;
}

static nnfs_status set_integer(const setting *row, void *settings, const char *text,
                               nnfs_error *error)
{
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    int64_t lowest = (int64_t)text_range_of(row)->lowest;
    int64_t highest = highest_integer(row);
    if (!only(text, "-0123456789") || *end != '\0') {
        return fail(error, NNFS_ERROR_ARGUMENT, "'%s' is not a whole number", text);
    }
    if (value > highest || (errno == ERANGE && value > 0)) {
        return fail(error, NNFS_ERROR_ARGUMENT, "%s is too large; the most is %" PRId64, text,
                    highest);
    }
    if (value < lowest) {
        return fail(error, NNFS_ERROR_ARGUMENT, "%s is too small; the least is %" PRId64, text,
                    lowest);
    }
    setting_store_integer(row, settings, value);
    return NNFS_OK;
}

/* The letters keep out hexadecimal numbers, "inf" and "nan". */
static nnfs_status set_number(const setting *row, void *settings, const char *text,
                              nnfs_error *error)
{
    char *end = NULL;
    double value = strtod(text, &end);
    const setting_range *range = text_range_of(row);
    if (!only(text, "+-.0123456789eE") || *end != '\0') {
        return fail(error, NNFS_ERROR_ARGUMENT, "'%s' is not a number", text);
    }
    if (!range_holds(range, value)) {
        return fail(error, NNFS_ERROR_ARGUMENT, "%s is out of range; it must be %s", text,
                    range->words);
    }
    bool fits = fabs(value) <= (double)FLT_MAX && range_holds(range, (double)(float)value);
    if (row->field == FIELD_FLOAT && !fits) {
        return fail(error, NNFS_ERROR_ARGUMENT, "%s does not fit a 32-bit float", text);
    }
    setting_store_number(row, settings, value);
    return NNFS_OK;
}

static nnfs_status set_name(const setting *row, void *settings, const char *text, nnfs_error *error)
{
    char all[256] = "";
    size_t used = 0;
    for (int i = 0; row->names(i); i++) {
        if (strcmp(row->names(i), text) == 0) {
            setting_store_integer(row, settings, i);
            return NNFS_OK;
        }
        int more =
            snprintf(all + used, sizeof all - used, "%s%s", i > 0 ? ", " : "", row->names(i));
        used = used + (size_t)more < sizeof all ? used + (size_t)more : sizeof all - 1;
    }
    return fail(error, NNFS_ERROR_ARGUMENT, "unknown %s '%s'; there are %s", row->about.name, text,
                all);
}

static nnfs_status set_words(const setting *row, void *settings, const char *text,
                             nnfs_error *error)
{
    size_t length = strlen(text);
    if (length >= NNFS_SETTING_BYTES) {
        return fail(error, NNFS_ERROR_ARGUMENT, "%zu bytes are too long; the most are %d", length,
                    NNFS_SETTING_BYTES - 1);
    }
    memcpy(setting_text(row, settings), text, length + 1);
    return NNFS_OK;
}

nnfs_status settings_set_text(const setting_table *table, void *settings, const char *name,
                              const char *text, nnfs_error *error)
{
    const setting *row = settings_find(table, name);
    if (!row || !row->about.option) {
        return fail(error, NNFS_ERROR_ARGUMENT, "there is no %s '%s'", table->what, name);
    }
    if (strcmp(text, "default") == 0) {
        setting_store_number(row, settings, row->initial);
        return NNFS_OK;
    }
    if (row->about.zero && strcmp(text, row->about.zero) == 0) {
        setting_store_number(row, settings, 0.0);
        return NNFS_OK;
    }
    if (row->field == FIELD_ENUM) {
        return set_name(row, settings, text, error);
    }
    if (row->field == FIELD_TEXT) {
        return set_words(row, settings, text, error);
    }
    if (setting_is_integer(row)) {
        return set_integer(row, settings, text, error);
    }
    return set_number(row, settings, text, error);
}

/* ---- Writing ---- */

/* With the fewest digits that give the value back. */
static void write_number(const setting *row, double value, char *text, size_t size)
{
    bool narrow = row->field == FIELD_FLOAT;
    for (int digits = 1; digits <= (narrow ? FLT_DECIMAL_DIG : DBL_DECIMAL_DIG); digits++) {
        (void)snprintf(text, size, "%.*g", digits, value);
        double back = strtod(text, NULL);
        if (narrow ? (float)back == (float)value : back == value) {
            return;
        }
    }
}

static bool setting_is_off(const setting *row, const void *settings)
{
    if (row->field == FIELD_TEXT) {
        return *setting_text(row, settings) == '\0';
    }
    return setting_number(row, settings) == 0.0;
}

void setting_to_text(const setting *row, const void *settings, char *text, size_t size)
{
    double value = setting_number(row, settings);
    if (row->field == FIELD_ENUM) {
        const char *name = row->names((int)setting_integer(row, settings));
        (void)snprintf(text, size, "%s", text_or(name, ""));
    } else if (row->initial == (double)NNFS_DEFAULT && setting_is_initial(row, settings)) {
        (void)snprintf(text, size, "default");
    } else if (row->about.zero && setting_is_off(row, settings)) {
        (void)snprintf(text, size, "%s", row->about.zero);
    } else if (row->field == FIELD_TEXT) {
        (void)snprintf(text, size, "%s", setting_text(row, settings));
    } else if (row->field == FIELD_UINT64) {
        (void)snprintf(text, size, "%" PRIu64, (uint64_t)setting_integer(row, settings));
    } else if (setting_is_integer(row)) {
        (void)snprintf(text, size, "%" PRId64, setting_integer(row, settings));
    } else {
        write_number(row, value, text, size);
    }
}

nnfs_status settings_get_text(const setting_table *table, const void *settings, const char *name,
                              char *text, size_t size, nnfs_error *error)
{
    const setting *row = settings_find(table, name);
    if (!row || !row->about.option) {
        return fail(error, NNFS_ERROR_ARGUMENT, "there is no %s '%s'", table->what, name);
    }
    setting_to_text(row, settings, text, size);
    return NNFS_OK;
}
