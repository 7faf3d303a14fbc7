/* Settings by their rows: defaults, checks and comparison. */
#include "base/settings.h"

#include <math.h>
#include <string.h>

/* ---- Ranges ---- */

const setting_range range_any = {"a number", -INFINITY, INFINITY, false, false};
const setting_range range_positive = {"greater than 0", 0.0, INFINITY, true, true};
const setting_range range_not_negative = {"0 or more", 0.0, INFINITY, false, true};
const setting_range range_fraction = {"at least 0 and less than 1", 0.0, 1.0, false, true};
const setting_range range_share = {"0 to 1", 0.0, 1.0, false, false};
const setting_range range_between = {"greater than 0 and less than 1", 0.0, 1.0, true, true};
const setting_range range_from_1 = {"1 or more", 1.0, INFINITY, false, false};
const setting_range range_duration = {"0 or more", 0.0, INFINITY, false, false};

/* ---- Fields ---- */

bool setting_is_integer(const setting *row)
{
    return row->field != FIELD_FLOAT && row->field != FIELD_DOUBLE && row->field != FIELD_TEXT;
}

size_t setting_size(const setting *row)
{
    static const size_t sizes[] = {
        [FIELD_FLOAT] = sizeof(float),     [FIELD_DOUBLE] = sizeof(double),
        [FIELD_INT] = sizeof(int),         [FIELD_INT64] = sizeof(int64_t),
        [FIELD_UINT64] = sizeof(uint64_t), [FIELD_ENUM] = sizeof(int),
        [FIELD_TEXT] = NNFS_SETTING_BYTES,
    };
    return sizes[row->field];
}

char *setting_text(const setting *row, const void *settings)
{
    return (char *)(uintptr_t)settings + row->offset;
}

int64_t setting_integer(const setting *row, const void *settings)
{
    const void *field = (const char *)settings + row->offset;
    switch (row->field) {
    case FIELD_INT64:
        return *(const int64_t *)field;
    case FIELD_UINT64:
        return (int64_t) * (const uint64_t *)field;
    default:
        return *(const int *)field;
    }
}

double setting_number(const setting *row, const void *settings)
{
    const void *field = (const char *)settings + row->offset;
    switch (row->field) {
    case FIELD_TEXT:
        return 0.0;
    case FIELD_FLOAT:
        return (double)*(const float *)field;
    case FIELD_DOUBLE:
        return *(const double *)field;
    case FIELD_UINT64:
        return (double)*(const uint64_t *)field;
    default:
        return (double)setting_integer(row, settings);
    }
}

void setting_store_integer(const setting *row, void *settings, int64_t value)
{
    void *field = (char *)settings + row->offset;
    switch (row->field) {
    case FIELD_INT64:
        *(int64_t *)field = value;
        return;
    case FIELD_UINT64:
        *(uint64_t *)field = (uint64_t)value;
        return;
    default:
        *(int *)field = (int)value;
    }
}

void setting_store_number(const setting *row, void *settings, double value)
{
    void *field = (char *)settings + row->offset;
    switch (row->field) {
    case FIELD_TEXT: /* its initial value is empty */
        *(char *)field = '\0';
        return;
    case FIELD_FLOAT:
        *(float *)field = (float)value;
        return;
    case FIELD_DOUBLE:
        *(double *)field = value;
        return;
    default:
        setting_store_integer(row, settings, (int64_t)value);
    }
}

bool setting_is_initial(const setting *row, const void *settings)
{
    if (row->field == FIELD_TEXT) {
        return *setting_text(row, settings) == '\0';
    }
    return setting_number(row, settings) == row->initial;
}

static bool is_equal(const setting *row, const void *left, const void *right)
{
    if (row->field == FIELD_TEXT) {
        return strcmp(setting_text(row, left), setting_text(row, right)) == 0;
    }
    if (setting_is_integer(row)) {
        return setting_integer(row, left) == setting_integer(row, right);
    }
    return setting_number(row, left) == setting_number(row, right);
}

/* ---- Rows ---- */

const setting *settings_find(const setting_table *table, const char *name)
{
    for (size_t i = 0; name && i < table->count; i++) {
        if (strcmp(table->rows[i].about.name, name) == 0) {
            return &table->rows[i];
        }
    }
    return NULL;
}

const nnfs_setting *settings_about(const setting_table *table, int index)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->rows[i].about.option && index-- == 0) {
            return &table->rows[i].about;
        }
    }
    return NULL;
}

void settings_init(const setting_table *table, void *settings)
{
    for (size_t i = 0; i < table->count; i++) {
        setting_store_number(&table->rows[i], settings, table->rows[i].initial);
    }
}

void settings_copy(const setting_table *table, void *to, const void *from)
{
    for (size_t i = 0; i < table->count; i++) {
        const setting *row = &table->rows[i];
        memcpy((char *)to + row->offset, (const char *)from + row->offset, setting_size(row));
    }
}

/* ---- Who uses a setting ---- */

/* NULL for the value of a choice that does not exist. */
static const setting_use *use_of(const setting_table *table, const setting *row,
                                 const void *settings, const char **user)
{
    *user = NULL;
    if (!row->users) {
        return &row->uses[0];
    }
    const setting *chooser = settings_find(table, row->users);
    int64_t chosen = setting_integer(chooser, settings);
    *user = chooser->names((int)chosen);
    if (*user) {
        return &row->uses[chosen];
    }
    return NULL;
}

static double standard_of(const setting *row, const setting_use *use, const void *settings)
{
    if (row->standard) {
        return row->standard(settings);
    }
    return use->standard;
}

void settings_resolve(const setting_table *table, void *settings)
{
    for (size_t i = 0; i < table->count; i++) {
        const setting *row = &table->rows[i];
        const char *user;
        const setting_use *use = use_of(table, row, settings, &user);
        if (use && row->users && !use->used) {
            setting_store_number(row, settings, 0.0);
        } else if (use && row->initial == (double)NNFS_DEFAULT &&
                   setting_is_initial(row, settings)) {
            setting_store_number(row, settings, standard_of(row, use, settings));
        }
    }
}

const setting *settings_unused(const setting_table *table, const void *settings, const char **user)
{
    for (size_t i = 0; i < table->count; i++) {
        const setting *row = &table->rows[i];
        const setting_use *use = use_of(table, row, settings, user);
        if (row->users && use && !use->used && setting_number(row, settings) > 0.0) {
            return row;
        }
    }
    return NULL;
}

/* ---- Checks ---- */

bool range_holds(const setting_range *range, double value)
{
    bool enough = range->above ? value > range->lowest : value >= range->lowest;
    bool not_too_much = range->below ? value < range->highest : value <= range->highest;
    return enough && not_too_much;
}

static bool is_right(const setting_table *table, const setting *row, const void *settings)
{
    const char *user;
    if (row->field == FIELD_ENUM) {
        return row->names((int)setting_integer(row, settings)) != NULL;
    }
    if (row->field == FIELD_TEXT) {
        return memchr(setting_text(row, settings), '\0', NNFS_SETTING_BYTES) != NULL;
    }
    const setting_use *use = use_of(table, row, settings, &user);
    bool unused = row->users && use && !use->used;
    return unused || range_holds(row->range, setting_number(row, settings));
}

nnfs_status settings_check(const setting_table *table, const void *settings, nnfs_error *error)
{
    for (size_t i = 0; i < table->count; i++) {
        const setting *row = &table->rows[i];
        if (is_right(table, row, settings)) {
            continue;
        }
        if (row->field == FIELD_ENUM) {
            return fail(error, NNFS_ERROR_ARGUMENT, "the %s %s is out of its range", table->what,
                        row->about.name);
        }
        if (row->field == FIELD_TEXT) {
            return fail(error, NNFS_ERROR_ARGUMENT, "the %s %s does not end", table->what,
                        row->about.name);
        }
        return fail(error, NNFS_ERROR_ARGUMENT, "the %s %s is out of its range: %g is not %s",
                    table->what, row->about.name, setting_number(row, settings), row->range->words);
    }
    return NNFS_OK;
}

const setting *settings_difference(const setting_table *table, const void *left, const void *right)
{
    for (size_t i = 0; i < table->count; i++) {
        const setting *row = &table->rows[i];
        if (row->about.option && !is_equal(row, left, right)) {
            return row;
        }
    }
    return NULL;
}
