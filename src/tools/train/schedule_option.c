/* The schedule's keys: a table of names, each with the function that takes its value. */
#include "train/schedule_option.h"

#include "common/exit.h"
#include "common/options.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- Values ---- */

static void take_warmup(nnfs_train_settings *settings, const char *text)
{
    settings->warmup_epochs = option_number("--schedule: warmup", text, NUMBER_NOT_NEGATIVE);
}

static void take_every(nnfs_train_settings *settings, const char *text)
{
    settings->schedule_every = option_number("--schedule: every", text, NUMBER_POSITIVE);
}

static void take_factor(nnfs_train_settings *settings, const char *text)
{
    settings->schedule_factor = option_number("--schedule: factor", text, NUMBER_BETWEEN);
}

static void take_floor(nnfs_train_settings *settings, const char *text)
{
    settings->schedule_floor = option_number("--schedule: floor", text, NUMBER_SHARE);
}

static void take_patience(nnfs_train_settings *settings, const char *text)
{
    settings->schedule_patience = (int)option_integer("--schedule: patience", text, 0, INT_MAX);
}

static const struct {
    const char *name;
    void (*take)(nnfs_train_settings *settings, const char *text);
} keys[] = {
    {"warmup", take_warmup}, {"every", take_every},       {"factor", take_factor},
    {"floor", take_floor},   {"patience", take_patience}, {NULL, NULL},
};

static const char *key_names(int value)
{
    return keys[value].name;
}

static const char *schedule_names(int value)
{
    return nnfs_schedule_name((nnfs_schedule)value);
}

/* ---- The option ---- */

/* KEY=VALUE */
static void take_item(nnfs_train_settings *settings, const char *item)
{
    size_t length = strcspn(item, "=");
    if (item[length] == '\0') {
        usage_error("--schedule: '%s' is not KEY=VALUE, warmup=1 say", item);
    }
    keys[option_name("schedule setting", key_names, item, length)].take(settings,
                                                                        item + length + 1);
}

static void take_items(nnfs_train_settings *settings, const char *text)
{
    char *copy = strdup(text);
    if (!copy) {
        cli_message("out of memory");
        exit(EXIT_CANNOT_RUN);
    }
    char *rest = copy;
    for (const char *item = strsep(&rest, ","); item; item = strsep(&rest, ",")) {
        take_item(settings, item);
    }
    free(copy);
}

/* An option given twice is as the last one says, with nothing left of the first. */
void schedule_option(nnfs_train_settings *settings, const char *text)
{
    nnfs_train_settings defaults;
    nnfs_train_settings_init(&defaults);
    settings->warmup_epochs = defaults.warmup_epochs;
    settings->schedule_every = defaults.schedule_every;
    settings->schedule_factor = defaults.schedule_factor;
    settings->schedule_floor = defaults.schedule_floor;
    settings->schedule_patience = defaults.schedule_patience;
    size_t length = strcspn(text, ":");
    settings->schedule = (nnfs_schedule)option_name("schedule", schedule_names, text, length);
    if (text[length] == ':') {
        take_items(settings, text + length + 1);
    }
}

void schedule_refuse_unused(const nnfs_train_settings *given, const nnfs_train_settings *resolved)
{
    const struct {
        const char *key;
        double given, resolved;
    } settings[] = {
        {"every", given->schedule_every, resolved->schedule_every},
        {"factor", given->schedule_factor, resolved->schedule_factor},
        {"floor", given->schedule_floor, resolved->schedule_floor},
        {"patience", given->schedule_patience, resolved->schedule_patience},
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        if (settings[i].given > 0.0 && settings[i].resolved != settings[i].given) {
            usage_error("--schedule: %s is no setting of %s", settings[i].key,
                        nnfs_schedule_name(given->schedule));
        }
    }
}
