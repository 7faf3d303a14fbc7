/* Settings as JSON. */
#include "formats/settings_json.h"

#include "base/words.h"

#include <stdlib.h>
#include <string.h>

/* ---- Writing ---- */

json_t *setting_to_json(const setting *row, const void *settings)
{
    switch (row->field) {
    case FIELD_ENUM:
        return json_string(row->names((int)setting_integer(row, settings)));
    case FIELD_TEXT:
        return json_string(setting_text(row, settings));
    case FIELD_UINT64:
        return json_sprintf("%016llx", (unsigned long long)setting_integer(row, settings));
    default:
        if (setting_is_integer(row)) {
            return json_integer(setting_integer(row, settings));
        }
        return json_real(setting_number(row, settings));
    }
}

bool setting_is_saved(const setting *row, const void *settings)
{
    return row->about.option && !(row->later && setting_is_initial(row, settings));
}

json_t *settings_to_json(const setting_table *table, const void *settings)
{
    json_t *object = json_object();
    for (size_t i = 0; object && i < table->count; i++) {
        const setting *row = &table->rows[i];
        if (setting_is_saved(row, settings) &&
            json_object_set_new(object, row->about.name, setting_to_json(row, settings)) != 0) {
            json_decref(object);
            object = NULL;
        }
    }
    return object;
}

/* ---- Reading ---- */

bool hex_from_text(const char *text, uint64_t *value)
{
    if (strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16) {
        return false;
    }
    *value = strtoull(text, NULL, 16);
    return true;
}

bool setting_from_json(const setting_table *table, const setting *row, const json_t *value,
                       void *settings)
{
    const char *text = json_string_value(value); /* NULL if it is no string */
    uint64_t bits = 0;
    switch (row->field) {
    case FIELD_ENUM:
        for (int i = 0; text && row->names(i); i++) {
            if (strcmp(text, row->names(i)) == 0) {
                setting_store_integer(row, settings, i);
                return true;
            }
        }
        return false;
    case FIELD_TEXT:
        return text && settings_set_text(table, settings, row->about.name, text, NULL) == NNFS_OK;
    case FIELD_UINT64:
        if (!text || !hex_from_text(text, &bits)) {
            return false;
        }
        setting_store_integer(row, settings, (int64_t)bits);
        return true;
    case FIELD_FLOAT:
    case FIELD_DOUBLE:
        setting_store_number(row, settings, json_number_value(value));
        return json_is_number(value);
    default:
        setting_store_integer(row, settings, json_integer_value(value));
        return json_is_integer(value) &&
               setting_integer(row, settings) == json_integer_value(value);
    }
}

nnfs_status settings_from_json(const setting_table *table, const json_t *json, void *settings,
                               nnfs_error *error)
{
    size_t known = 0;
    settings_init(table, settings);
    for (size_t i = 0; i < table->count; i++) {
        const setting *row = &table->rows[i];
        const json_t *value = NULL;
        if (row->about.option) {
            value = json_object_get(json, row->about.name);
        }
        if (value && !setting_from_json(table, row, value, settings)) {
            return fail(error, NNFS_ERROR_DATA, "the %s %s has an unknown value%s%.40s",
                        table->what, row->about.name, json_is_string(value) ? " " : "",
                        text_or(json_string_value(value), ""));
        }
        if (!value && row->about.option && !row->later) {
            return fail(error, NNFS_ERROR_DATA, "the %s %s is missing", table->what,
                        row->about.name);
        }
        known += value != NULL;
    }
    if (json_object_size(json) != known) {
        return fail(error, NNFS_ERROR_DATA, "it has unknown settings");
    }
    if (settings_check(table, settings, error) != NNFS_OK) {
        if (error) {
            error->status = NNFS_ERROR_DATA;
        }
        return NNFS_ERROR_DATA;
    }
    return NNFS_OK;
}
