/* Settings as JSON: an object of the rows' names and values. */
#ifndef NNFS_FORMATS_SETTINGS_JSON_H
#define NNFS_FORMATS_SETTINGS_JSON_H

#include "base/settings.h"

#include <jansson.h>

/* One value: a name, a text, 16 hex digits of FIELD_UINT64, or a number. NULL: no memory. */
json_t *setting_to_json(const setting *row, const void *settings);

/* Reads it back; the range is checked by settings_check. False: a value of another type. */
bool setting_from_json(const setting_table *table, const setting *row, const json_t *value,
                       void *settings);

/* Whether files have a setting: one newer than version 0.1 is left out while it is off. */
bool setting_is_saved(const setting *row, const void *settings);

/* All settings with an option. NULL: no memory. */
json_t *settings_to_json(const setting_table *table, const void *settings);

/*
 * Reads all settings of 0.1 and those newer ones that are there, each in its range, and no other
 * keys. Errors: DATA; the message says which is wrong: "the setting width is missing".
 */
nnfs_status settings_from_json(const setting_table *table, const json_t *json, void *settings,
                               nnfs_error *error);

/* Reads 16 hex digits: 64 bits do not fit JSON's numbers everywhere. */
bool hex_from_text(const char *text, uint64_t *value);

#endif
