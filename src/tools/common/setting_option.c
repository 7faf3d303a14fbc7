/* Options of training settings: a row each, and their values. */
#include "common/setting_option.h"

#include "common/exit.h"
#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Rows ---- */

const nnfs_setting *setting_of_option(const char *option)
{
    const nnfs_setting *setting;
    for (int i = 0; (setting = nnfs_train_setting(i)) != NULL; i++) {
        if (!setting->key && strcmp(setting->option, option) == 0) {
            return setting;
        }
    }
    return NULL;
}

const nnfs_setting *setting_key(const char *option, int index)
{
    const nnfs_setting *setting;
    for (int i = 0; (setting = nnfs_train_setting(i)) != NULL; i++) {
        if (setting->key && strcmp(setting->option, option) == 0 && index-- == 0) {
            return setting;
        }
    }
    return NULL;
}

bool setting_uses(const nnfs_setting *setting, const char *choice, const nnfs_setting *key)
{
    nnfs_train_settings settings;
    const char *value = "0.5";
    if (key->type == NNFS_SETTING_WHOLE) {
        value = "1";
    }
    nnfs_train_settings_init(&settings);
    (void)nnfs_train_settings_set(&settings, setting->name, choice, NULL);
    (void)nnfs_train_settings_set(&settings, key->name, value, NULL);
    return !nnfs_train_settings_unused(&settings, NULL);
}

void setting_to_row(const nnfs_setting *setting, option_row *row)
{
    static const struct {
        const char *argument;
        option_vary vary;
    } types[] = {
        [NNFS_SETTING_NUMBER] = {"X", VARY_REAL},
        [NNFS_SETTING_WHOLE] = {"N", VARY_WHOLE},
        [NNFS_SETTING_NAME] = {"NAME", VARY_VALUES},
        [NNFS_SETTING_TEXT] = {"NAME[:KEY=VALUE,...][,...]", VARY_NEVER},
    };
    bool has_keys = setting_key(setting->option, 0) != NULL;
    row->name = setting->option;
    row->letter = setting->letter;
    if (has_keys) {
        row->argument = "NAME[:KEY=VALUE,...]";
    } else {
        row->argument = types[setting->type].argument;
    }
    row->help = setting->help;
    row->standard = setting->standard;
    row->complete = setting->zero;
    row->list = has_keys;
    row->kind = OPTION_SETTING;
    if (row->vary == VARY_NEVER) {
        row->vary = types[setting->type].vary;
    }
    row->passed_on = true;
}

/* ---- Values ---- */

static void set(nnfs_train_settings *settings, const nnfs_setting *setting, const char *text)
{
    nnfs_error error;
    const char *names[65] = {NULL};
    for (int i = 0; i < 64 && setting->type == NNFS_SETTING_NAME; i++) {
        names[i] = nnfs_train_setting_choice(setting->name, i);
        if (!names[i]) {
            (void)option_listed(setting->name, names, text, strlen(text));
            break;
        }
    }
    if (nnfs_train_settings_set(settings, setting->name, text, &error) != NNFS_OK) {
        usage_error("--%s: %s%s%s", setting->option, text_or(setting->key, ""),
                    setting->key ? ": " : "", error.message);
    }
}

/* KEY=VALUE */
static void set_key(nnfs_train_settings *settings, const char *option, char *item)
{
    const char *keys[65] = {NULL};
    char what[64];
    char *equals = strchr(item, '=');
    for (int i = 0; i < 64 && setting_key(option, i); i++) {
        keys[i] = setting_key(option, i)->key;
    }
    if (!equals) {
        usage_error("--%s: '%s' is not KEY=VALUE, %s=1 say", option, item, keys[0]);
    }
    (void)snprintf(what, sizeof what, "%s setting", option);
    int found = option_listed(what, keys, item, (size_t)(equals - item));
    set(settings, setting_key(option, found), equals + 1);
}

static void reset_keys(nnfs_train_settings *settings, const char *option)
{
    const nnfs_setting *key;
    for (int i = 0; (key = setting_key(option, i)) != NULL; i++) {
        (void)nnfs_train_settings_set(settings, key->name, "default", NULL);
    }
}

void setting_take(nnfs_train_settings *settings, const char *option, const char *text)
{
    char *copy = strdup(text);
    if (!copy) {
        cli_message("out of memory");
        cli_exit(EXIT_CANNOT_RUN);
    }
    char *keys = NULL;
    if (setting_key(option, 0)) {
        keys = strchr(copy, ':');
    }
    if (keys) {
        *keys++ = '\0';
    }
    reset_keys(settings, option);
    set(settings, setting_of_option(option), copy);
    for (char *item = keys ? strsep(&keys, ",") : NULL; item; item = strsep(&keys, ",")) {
        set_key(settings, option, item);
    }
    free(copy);
}

void settings_refuse_unused(const nnfs_train_settings *given)
{
    const char *user;
    const nnfs_setting *unused = nnfs_train_settings_unused(given, &user);
    if (unused) {
        usage_error("--%s%s%s is no setting of %s", unused->option, unused->key ? ": " : "",
                    text_or(unused->key, ""), user);
    }
}

/* ---- Help ---- */

static void write_choices(FILE *stream, const char *(*name_of)(const void *from, int index),
                          const void *from)
{
    for (int i = 0; name_of(from, i); i++) {
        const char *between = " or ";
        if (name_of(from, i + 1)) {
            between = ", ";
        }
        (void)fprintf(stream, "%s%s", i == 0 ? ": " : between, name_of(from, i));
    }
}

static const char *setting_choice(const void *from, int index)
{
    const option_row *row = from;
    return nnfs_train_setting_choice(setting_of_option(row->name)->name, index);
}

static const char *row_name(const void *from, int index)
{
    const option_row *row = from;
    return row->names(index);
}

char *option_help(const option_row *row)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    const nnfs_setting *key;
    if (!stream) {
        return NULL;
    }
    (void)fputs(row->help, stream);
    if (row->kind == OPTION_NAME || (row->kind == OPTION_TEXT && row->names)) {
        write_choices(stream, row_name, row);
    } else if (row->kind == OPTION_SETTING) {
        write_choices(stream, setting_choice, row);
    }
    if (row->standard) {
        (void)fprintf(stream, "; default %s", row->standard);
    }
    for (int i = 0; row->kind == OPTION_SETTING && (key = setting_key(row->name, i)); i++) {
        (void)fprintf(stream, "%s %s, %s, default %s", i == 0 ? ". Keys:" : ";", key->key,
                      key->help, key->standard);
    }
    if (fclose(stream) != 0) {
        return NULL;
    }
    return text;
}
