/*
 * Tables of settings: a row a field of a settings structure, with its name, type, range,
 * default and help. Everything that is done to all settings (defaults, checks, comparison,
 * text) walks the rows.
 */
#ifndef NNFS_BASE_SETTINGS_H
#define NNFS_BASE_SETTINGS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The C type of a field. */
typedef enum setting_field {
    FIELD_FLOAT,
    FIELD_DOUBLE,
    FIELD_INT,
    FIELD_INT64,
    FIELD_UINT64,
    FIELD_ENUM,
    FIELD_TEXT, /* char [NNFS_SETTING_BYTES] */
} setting_field;

/* Infinite ends stand for the ends of the field's type. */
typedef struct setting_range {
    const char *words; /* "greater than 0" */
    double lowest, highest;
    bool above, below; /* the lowest, the highest value is outside */
} setting_range;

bool range_holds(const setting_range *range, double value);

extern const setting_range range_any;          /* not NaN */
extern const setting_range range_positive;     /* 0 < x, finite */
extern const setting_range range_not_negative; /* 0 <= x, finite */
extern const setting_range range_fraction;     /* 0 <= x < 1 */
extern const setting_range range_share;        /* 0 <= x <= 1 */
extern const setting_range range_between;      /* 0 < x < 1 */
extern const setting_range range_from_1;       /* 1 <= x */
extern const setting_range range_duration;     /* 0 <= x, also infinite */

/* Whether one of the optimizers (schedules, ...) uses a setting, and its default there. */
typedef struct setting_use {
    bool used;
    double standard;
} setting_use;

#define USED(standard)   \
    {                    \
        true, (standard) \
    }

enum { SETTING_USERS_MOST = 16 };

typedef struct setting {
    /* option NULL: no part of what a run is; checked, but not saved or compared */
    nnfs_setting about;
    setting_field field;
    size_t offset;
    double initial; /* after _init; NNFS_DEFAULT: `uses` has the default */
    const setting_range *range;
    const setting_range *text_range; /* a narrower one for text; NULL: the same */
    const char *(*names)(int value); /* of FIELD_ENUM; NULL past the last */
    const char *users;               /* the setting whose value indexes `uses`; NULL: uses[0] */
    setting_use uses[SETTING_USERS_MOST];
    double (*standard)(
        const void *settings); /* a default that depends on other settings; or NULL */
    bool later;   /* newer than 0.1: files have it only where it is not as after _init */
    size_t given; /* offset in the public structure where the rows are of another; else 0 */
} setting;

typedef struct setting_table {
    const char *what; /* "training setting" */
    const setting *rows;
    size_t count;
} setting_table;

/* The row of a name; NULL if not found. */
const setting *settings_find(const setting_table *table, const char *name);

/* The public part of row `index` of those with an option; NULL past the last. */
const nnfs_setting *settings_about(const setting_table *table, int index);

/* Sets all fields of the table to what they are before anything is given. */
void settings_init(const setting_table *table, void *settings);

/* Copies all fields of the table. */
void settings_copy(const setting_table *table, void *to, const void *from);

/* Replaces each NNFS_DEFAULT by its value, and sets fields without a use to 0. */
void settings_resolve(const setting_table *table, void *settings);

/* Checks resolved settings. Errors: ARGUMENT. */
nnfs_status settings_check(const setting_table *table, const void *settings, nnfs_error *error);

/* The first row with an option whose value differs; NULL if none does. */
const setting *settings_difference(const setting_table *table, const void *left, const void *right);

/*
 * The first row that has a value although *user, the name of what was chosen, does not use it; NULL
 * if there is none.
 */
const setting *settings_unused(const setting_table *table, const void *settings, const char **user);

/* One field, by value. A store to FIELD_INT, FIELD_INT64 and FIELD_UINT64 is exact by integer. */
double setting_number(const setting *row, const void *settings);
int64_t setting_integer(const setting *row, const void *settings);
void setting_store_number(const setting *row, void *settings, double value);
void setting_store_integer(const setting *row, void *settings, int64_t value);
/* FIELD_TEXT has no number. */
bool setting_is_integer(const setting *row);
size_t setting_size(const setting *row); /* bytes of the field */
char *setting_text(const setting *row, const void *settings);
bool setting_is_initial(const setting *row, const void *settings);

/* Reads and writes one field as text; see nnfs_train_settings_set and _get. Errors: ARGUMENT. */
nnfs_status settings_set_text(const setting_table *table, void *settings, const char *name,
                              const char *text, nnfs_error *error);
void setting_to_text(const setting *row, const void *settings, char *text, size_t size);
nnfs_status settings_get_text(const setting_table *table, const void *settings, const char *name,
                              char *text, size_t size, nnfs_error *error);

#endif
