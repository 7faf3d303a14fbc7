/* The role of each column of a table: by the settings, or by the preprocessing whose
 * schema it follows. */
#include "base/memory.h"
#include "base/words.h"
#include "table/column_match.h"
#include "table/preprocessing.h"

#include <string.h>

/* ---- By the settings ---- */

static const char *role_name(column_role role)
{
    static const char *const names[] = {
        [COLUMN_ROLE_ANY] = "used",
        [COLUMN_ROLE_NUMBER] = "numeric",
        [COLUMN_ROLE_CATEGORY] = "categorical",
        [COLUMN_ROLE_NOTHING] = "dropped",
    };
    return names[role];
}

nnfs_status table_require(const data_table *table, const char *which, int *column,
                          nnfs_error *error)
{
    *column = table_find(table, which);
    if (*column < 0) {
        column_label first = table_label(table, 0);
        column_label last = table_label(table, table->column_count - 1);
        return fail(error, NNFS_ERROR_DATA,
                    "%s: there is no column '%.100s' among its %d, %s .. %s", table->path, which,
                    table->column_count, first.text, last.text);
    }
    size_t length = strlen(which);
    bool by_name = table->columns[*column].name && strcmp(table->columns[*column].name, which) == 0;
    for (int i = *column + 1; by_name && i < table->column_count; i++) {
        const table_column *other = &table->columns[i];
        if (other->repeated && strncmp(other->name, which, length) == 0 &&
            other->name[length] == '.' && !strchr(other->name + length + 1, '.')) {
            return fail(
                error, NNFS_ERROR_DATA,
                "%s: columns %d and %d are both called '%.60s'; give the number, or '%.60s' "
                "for the later one",
                table->path, *column + 1, i + 1, which, other->name);
        }
    }
    return NNFS_OK;
}

/* Assigns a role to a column; a second, different role is an error. */
static nnfs_status set_role(const data_table *table, int column, column_role what,
                            column_role *roles, nnfs_error *error)
{
    if (roles[column] != COLUMN_ROLE_ANY && roles[column] != what) {
        return fail(error, NNFS_ERROR_ARGUMENT, "%s: column %s cannot be both %s and %s",
                    table->path, table_label(table, column).text, role_name(roles[column]),
                    role_name(what));
    }
    roles[column] = what;
    return NNFS_OK;
}

static nnfs_status set_roles(const data_table *table, const char *const *list, column_role what,
                             column_role *roles, nnfs_error *error)
{
    for (; list && *list; list++) {
        int column = -1;
        TRY(table_require(table, *list, &column, error));
        TRY(set_role(table, column, what, roles, error));
    }
    return NNFS_OK;
}

/* A target of classes may be what the lists say, but must not be dropped. */
static nnfs_status set_target_role(const data_table *table, const nnfs_dataset_settings *settings,
                                   int column, column_role *roles, nnfs_error *error)
{
    if (roles[column] == COLUMN_ROLE_NOTHING) {
        return fail(error, NNFS_ERROR_ARGUMENT, "%s: column %s cannot be both dropped and a target",
                    table->path, table_label(table, column).text);
    }
    if (settings->task == NNFS_TASK_NUMBERS) {
        return set_role(table, column, COLUMN_ROLE_NUMBER, roles, error);
    }
    return NNFS_OK;
}

/* Returns the columns that the settings name, by default the last one. */
static nnfs_status set_target_roles(const data_table *table, const nnfs_dataset_settings *settings,
                                    column_role *roles, nnfs_error *error)
{
    const char *const *names = settings->targets;
    if (!names || !*names) {
        return set_target_role(table, settings, table->column_count - 1, roles, error);
    }
    for (; *names; names++) {
        int column = -1;
        TRY(table_require(table, *names, &column, error));
        TRY(set_target_role(table, settings, column, roles, error));
    }
    return NNFS_OK;
}

static nnfs_status roles_of_settings(const data_table *table, const nnfs_dataset_settings *settings,
                                     column_role *roles, nnfs_error *error)
{
    const char *const weight[] = {settings->weight_column, NULL};
    if (settings->targets && *settings->targets && settings->targets_path) {
        return fail(error, NNFS_ERROR_ARGUMENT,
                    "%s: the targets are columns of it, or in a file of their own, not both",
                    table->path);
    }
    TRY(set_roles(table, settings->categorical, COLUMN_ROLE_CATEGORY, roles, error));
    TRY(set_roles(table, settings->numeric, COLUMN_ROLE_NUMBER, roles, error));
    TRY(set_roles(table, settings->drop, COLUMN_ROLE_NOTHING, roles, error));
    TRY(set_roles(table, weight, COLUMN_ROLE_NUMBER, roles, error));
    if (!settings->targets_path) {
        return set_target_roles(table, settings, roles, error);
    }
    return NNFS_OK;
}

/* ---- Like a preprocessing ---- */

static int own_targets_of(const nnfs_preprocessing *like)
{
    int own = 0;
    for (int i = 0; i < like->target_count; i++) {
        own += like->targets[i].column >= 0;
    }
    return own;
}

/* Where column `column` of the file that was fitted on is, in a file that may lack the targets. */
static int place_of(const nnfs_preprocessing *like, int column, bool with_targets)
{
    int before = 0;
    for (int i = 0; i < like->target_count && !with_targets; i++) {
        before += like->targets[i].column >= 0 && like->targets[i].column < column;
    }
    return column - before;
}

static nnfs_status match_places(const data_table *table, const nnfs_preprocessing *like,
                                column_match *match, nnfs_error *error)
{
    int own = own_targets_of(like);
    bool with_targets = table->column_count == like->file_columns;
    if (!with_targets && table->column_count != like->file_columns - own) {
        return fail(error, NNFS_ERROR_DATA,
                    "%s: it has %d columns, without names to find them by, where the model was "
                    "trained on %d",
                    table->path, table->column_count, like->file_columns);
    }
    for (int i = 0; i < like->column_count; i++) {
        match->features[i] = place_of(like, like->columns[i].encoding.column, with_targets);
    }
    for (int i = 0; i < like->target_count; i++) {
        if (with_targets) {
            match->targets[i] = like->targets[i].column;
        } else {
            match->targets[i] = -1;
        }
    }
    return NNFS_OK;
}

/* The table's column of each feature's name, all found at once. NULL: no memory. */
static int *find_features(const data_table *table, const nnfs_preprocessing *like)
{
    const char **known = memory_alloc((size_t)table->column_count, sizeof *known);
    const char **names = memory_alloc((size_t)like->column_count, sizeof *names);
    for (int i = 0; known && i < table->column_count; i++) {
        known[i] = table->columns[i].name;
    }
    for (int i = 0; names && i < like->column_count; i++) {
        names[i] = like->columns[i].encoding.name;
    }
    int *found = NULL;
    if (known && names) {
        found = string_list_positions(known, table->column_count, names, like->column_count);
    }
    memory_free(known);
    memory_free(names);
    return found;
}

static nnfs_status match_names(const data_table *table, const nnfs_preprocessing *like,
                               column_match *match, nnfs_error *error)
{
    for (int i = 0; i < like->column_count; i++) {
        const nnfs_encoding *encoding = &like->columns[i].encoding;
        if (match->features[i] < 0 && encoding->inputs > 0) {
            return fail(error, NNFS_ERROR_DATA,
                        "%s: column '%.100s' is missing, which the model was trained on",
                        table->path, encoding->name);
        }
    }
    for (int i = 0; i < like->target_count; i++) {
        if (like->targets[i].name) {
            match->targets[i] = table_find_name(table, like->targets[i].name);
        } else {
            match->targets[i] = -1;
        }
    }
    return NNFS_OK;
}

/* A target more or less than the model has cannot be measured. */
static nnfs_status check_targets(const data_table *table, const nnfs_preprocessing *like,
                                 column_match *match, nnfs_error *error)
{
    int there = 0;
    int missing = -1;
    for (int i = 0; i < like->target_count; i++) {
        there += match->targets[i] >= 0;
        if (match->targets[i] < 0 && missing < 0) {
            missing = i;
        }
    }
    match->has_targets = there > 0 && there == like->target_count;
    if (there > 0 && !match->has_targets) {
        const char *name = like->targets[missing].name;
        return fail(error, NNFS_ERROR_DATA, "%s: target '%.100s' is missing, and others are there",
                    table->path, text_or(name, "?"));
    }
    return NNFS_OK;
}

nnfs_status column_match_create(const data_table *table, const nnfs_preprocessing *like,
                                column_match *match, nnfs_error *error)
{
    bool named = like->column_count > 0 && like->columns[0].encoding.name && table_has_names(table);
    *match = (column_match){
        .features = named ? find_features(table, like)
                          : memory_alloc((size_t)like->column_count, sizeof *match->features),
        .targets = memory_alloc((size_t)like->target_count, sizeof *match->targets),
    };
    nnfs_status status = NNFS_OK;
    if (!match->features || !match->targets) {
        status =
            fail_memory(error, (size_t)like->column_count * sizeof *match->features, "columns");
        goto cleanup;
    }
    TRY_CLEANUP((named ? match_names : match_places)(table, like, match, error));
    status = check_targets(table, like, match, error);
cleanup:
    if (status != NNFS_OK) {
        column_match_free(match);
    }
    return status;
}

void column_match_free(column_match *match)
{
    memory_free(match->features);
    memory_free(match->targets);
    *match = (column_match){0};
}

static column_role role_of_kind(nnfs_column_kind kind)
{
    if (kind == NNFS_COLUMN_CATEGORY) {
        return COLUMN_ROLE_CATEGORY;
    }
    return COLUMN_ROLE_NUMBER;
}

static nnfs_status roles_like(const data_table *table, const nnfs_preprocessing *like,
                              column_role *roles, nnfs_error *error)
{
    column_match match;
    nnfs_status status = column_match_create(table, like, &match, error);
    if (status != NNFS_OK) {
        return status;
    }
    for (int i = 0; i < table->column_count; i++) {
        roles[i] = COLUMN_ROLE_NOTHING;
    }
    for (int i = 0; i < like->column_count; i++) {
        const nnfs_encoding *encoding = &like->columns[i].encoding;
        if (encoding->inputs > 0) {
            roles[match.features[i]] = role_of_kind(encoding->kind);
        }
    }
    for (int i = 0; i < like->target_count && match.has_targets; i++) {
        roles[match.targets[i]] =
            role_of_kind(like->classes > 0 ? like->target_kind : NNFS_COLUMN_NUMBER);
    }
    column_match_free(&match);
    return NNFS_OK;
}

nnfs_status column_roles_resolve(const data_table *table, const nnfs_dataset_settings *settings,
                                 column_role *roles, nnfs_error *error)
{
    for (int i = 0; i < table->column_count; i++) {
        roles[i] = COLUMN_ROLE_ANY;
    }
    if (settings->like) {
        return roles_like(table, settings->like, roles, error);
    }
    return roles_of_settings(table, settings, roles, error);
}

nnfs_status column_formats_resolve(const data_table *table, const nnfs_preprocessing *like,
                                   column_format *formats, nnfs_error *error)
{
    column_match match;
    nnfs_status status = column_match_create(table, like, &match, error);
    if (status != NNFS_OK) {
        return status;
    }
    for (int i = 0; i < like->column_count; i++) {
        const preprocessing_column *column = &like->columns[i];
        if (match.features[i] >= 0 && column->encoding.inputs > 0) {
            column_format *format = &formats[match.features[i]];
            memcpy(format->text, column->format, sizeof format->text);
            format->origin = column->encoding.origin;
        }
    }
    for (int i = 0; i < like->target_count && match.has_targets; i++) {
        memcpy(formats[match.targets[i]].text, like->targets[i].format, TABLE_FORMAT_BYTES);
    }
    column_match_free(&match);
    return NNFS_OK;
}

string_list_view table_missing(const nnfs_dataset_settings *settings)
{
    static const char *const usual[] = {
        "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?", NULL,
    };
    string_list_view of_model = NULL;
    if (settings->like) {
        of_model = string_list_view_of(settings->like->missing);
    }
    if (settings->missing) {
        return settings->missing;
    }
    if (of_model) {
        return of_model;
    }
    return usual;
}
