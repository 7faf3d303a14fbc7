/* A table of options as JSON, for the programs that make man pages and completions of it. */
#include "common/json.h"
#include "common/options.h"
#include "common/setting_option.h"

#include <stdio.h>
#include <string.h>

static json_t *keys_of(const option_row *row)
{
    json_t *list = json_array();
    const nnfs_setting *key;
    const nnfs_setting *setting = setting_of_option(row->name);
    for (int i = 0; (key = setting_key(row->name, i)) != NULL; i++) {
        json_t *one = json_object();
        json_t *users = json_array();
        const char *choice;
        for (int j = 0; (choice = nnfs_train_setting_choice(setting->name, j)) != NULL; j++) {
            if (setting_uses(setting, choice, key)) {
                (void)json_array_append_new(users, json_string(choice));
            }
        }
        json_set_string(one, "key", key->key);
        json_set_string(one, "help", key->help);
        json_set_string(one, "default", key->standard);
        (void)json_object_set_new(one, "users", users);
        (void)json_array_append_new(list, one);
    }
    return list;
}

static json_t *values_of(const option_row *row)
{
    json_t *list = json_array();
    const nnfs_setting *setting = NULL;
    if (row->kind == OPTION_SETTING) {
        setting = setting_of_option(row->name);
    }
    const char *name;
    for (int i = 0; setting && (name = nnfs_train_setting_choice(setting->name, i)); i++) {
        (void)json_array_append_new(list, json_string(name));
    }
    for (int i = 0; row->names && !row->complete && (name = row->names(i)); i++) {
        (void)json_array_append_new(list, json_string(name));
    }
    return list;
}

static json_t *describe_row(const option_row *row)
{
    json_t *object = json_object();
    char letter[2] = {row->letter, '\0'};
    json_set_string(object, "name", row->name);
    json_set_string(object, "letter", row->letter ? letter : NULL);
    json_set_string(object, "argument", row->argument);
    json_set_string(object, "help", row->help);
    json_set_string(object, "default", row->standard);
    if (row->name) {
        json_set_string(object, "complete", row->complete);
        (void)json_object_set_new(object, "values", values_of(row));
        (void)json_object_set_new(object, "keys", keys_of(row));
        (void)json_object_set_new(object, "list", json_boolean(row->list));
        (void)json_object_set_new(object, "new_group", json_boolean(row->new_group));
    }
    return object;
}

void options_describe(const option_table *table)
{
    static option_row rows[OPTIONS_MOST];
    int count = options_expand(table, rows);
    json_t *list = json_array();
    json_t *arguments = json_array();
    for (int i = 0; i < count; i++) {
        (void)json_array_append_new(list, describe_row(&rows[i]));
    }
    for (int i = 0; table->complete[i]; i++) {
        (void)json_array_append_new(arguments, json_string(table->complete[i]));
    }
    json_t *object = json_object();
    (void)json_object_set_new(object, "arguments", arguments);
    (void)json_object_set_new(object, "options", list);
    (void)json_dumpf(object, stdout, JSON_LINE);
    (void)putchar('\n');
    json_decref(object);
}
