/* The table of training settings: text and back, ranges, defaults, and that the help
 * tells the truth. */
#include "optim/train_settings.h"

#include "formats/settings_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const setting *row_of(const nnfs_setting *about)
{
    return settings_find(&train_settings, about->name);
}

static nnfs_train_settings initial(void)
{
    nnfs_train_settings settings;
    nnfs_train_settings_init(&settings);
    return settings;
}

/* A value unlike the initial one, inside the range. */
static void other_text(const nnfs_setting *about, char *text, size_t size)
{
    const char *name = nnfs_train_setting_choice(about->name, 1);
    const char *number = about->type == NNFS_SETTING_WHOLE ? "7" : "0.3";
    (void)snprintf(text, size, "%s", name ? name : number);
}

static void every_setting_goes_through_text(void **state)
{
    (void)state;
    int count = 0;
    const nnfs_setting *about;
    for (; (about = nnfs_train_setting(count)) != NULL; count++) {
        char given[64], text[64];
        nnfs_train_settings settings = initial();
        nnfs_train_settings again = initial();
        other_text(about, given, sizeof given);
        assert_int_equal(nnfs_train_settings_set(&settings, about->name, given, NULL), NNFS_OK);
        assert_ptr_equal(settings_difference(&train_settings, &settings, &again), row_of(about));
        assert_int_equal(nnfs_train_settings_get(&settings, about->name, text, sizeof text, NULL),
                         NNFS_OK);
        assert_string_equal(text, given);
        assert_int_equal(nnfs_train_settings_set(&again, about->name, text, NULL), NNFS_OK);
        assert_null(settings_difference(&train_settings, &settings, &again));
    }
    assert_true(count >= 16);
}

static void expect_message(const char *name, const char *text, const char *message)
{
    nnfs_train_settings settings = initial();
    nnfs_train_settings before = settings;
    nnfs_error error = {.status = NNFS_OK};
    assert_int_equal(nnfs_train_settings_set(&settings, name, text, &error), NNFS_ERROR_ARGUMENT);
    assert_string_equal(error.message, message);
    assert_null(settings_difference(&train_settings, &settings, &before));
}

static void wrong_text_is_refused(void **state)
{
    (void)state;
    expect_message("weigth_decay", "0", "there is no training setting 'weigth_decay'");
    expect_message("threads", "1", "there is no training setting 'threads'");
    expect_message("momentum", "0x1", "'0x1' is not a number");
    expect_message("momentum", "", "'' is not a number");
    expect_message("momentum", "1", "1 is out of range; it must be at least 0 and less than 1");
    expect_message("momentum", "0.999999999999", "0.999999999999 does not fit a 32-bit float");
    expect_message("learning_rate", "1e-60", "1e-60 does not fit a 32-bit float");
    expect_message("epochs", "-1", "-1 is too small; the least is 0");
    expect_message("epochs", "2147483648", "2147483648 is too large; the most is 2147483647");
    expect_message("batch", "0", "0 is too small; the least is 1");
    expect_message("seed", "9223372036854775808",
                   "9223372036854775808 is too large; the most is 9223372036854775807");
    expect_message("schedule", "step:",
                   "unknown schedule 'step:'; there are constant, step, "
                   "exponential, cosine, one_cycle, plateau, coslog");
}

static void words_stand_for_values(void **state)
{
    (void)state;
    char text[64];
    nnfs_train_settings settings = initial();
    assert_int_equal(nnfs_train_settings_set(&settings, "batch", "full", NULL), NNFS_OK);
    assert_int_equal(settings.batch, 0);
    assert_int_equal(nnfs_train_settings_get(&settings, "batch", text, sizeof text, NULL), NNFS_OK);
    assert_string_equal(text, "full");
    assert_int_equal(nnfs_train_settings_set(&settings, "batch", "default", NULL), NNFS_OK);
    assert_int_equal(settings.batch, 128);
    assert_int_equal(nnfs_train_settings_get(&settings, "beta2", text, sizeof text, NULL), NNFS_OK);
    assert_string_equal(text, "default");
}

static void numbers_have_their_fewest_digits(void **state)
{
    (void)state;
    char text[64];
    nnfs_train_settings settings = initial();
    settings.learning_rate = 0.001f;
    settings.schedule_factor = 1.0 / 3.0;
    settings.seed = UINT64_MAX;
    assert_int_equal(nnfs_train_settings_get(&settings, "learning_rate", text, sizeof text, NULL),
                     0);
    assert_string_equal(text, "0.001");
    assert_int_equal(nnfs_train_settings_get(&settings, "schedule_factor", text, sizeof text, NULL),
                     0);
    assert_true(strtod(text, NULL) == settings.schedule_factor);
    assert_int_equal(nnfs_train_settings_get(&settings, "seed", text, sizeof text, NULL), 0);
    assert_string_equal(text, "18446744073709551615");
}

static void the_unused_is_named(void **state)
{
    (void)state;
    const char *user = NULL;
    nnfs_train_settings settings = initial();
    assert_null(nnfs_train_settings_unused(&settings, &user));
    settings.optimizer = NNFS_SGD;
    settings.momentum = 0.5f;
    assert_string_equal(nnfs_train_settings_unused(&settings, &user)->name, "momentum");
    assert_string_equal(user, "sgd");
    settings.momentum = 0.0f;
    settings.schedule_every = 2.0;
    assert_string_equal(nnfs_train_settings_unused(&settings, &user)->key, "every");
    assert_string_equal(user, "cosine");
}

/* Each default of the table, resolved, stands in the words of its help: "0.9, rmsprop 0". */
static void the_help_tells_the_defaults(void **state)
{
    (void)state;
    const nnfs_setting *about;
    for (int i = 0; (about = nnfs_train_setting(i)) != NULL; i++) {
        const setting *row = row_of(about);
        const setting *chooser = row->users ? settings_find(&train_settings, row->users) : NULL;
        for (int user = 0; chooser && !row->standard && chooser->names(user); user++) {
            nnfs_train_settings settings = initial();
            setting_store_integer(chooser, &settings, user);
            nnfs_train_settings_resolve(&settings);
            bool told = false;
            for (const char *at = about->standard; *at && row->uses[user].used; at++) {
                char *end = NULL;
                told = told || strtod(at, &end) == row->uses[user].standard;
            }
            assert_int_equal(told, row->uses[user].used);
            assert_true(row->uses[user].used || setting_number(row, &settings) == 0.0);
        }
    }
}

/* `uses` has room for each value of the choice that indexes it. */
static void every_user_has_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < train_settings.count; i++) {
        const setting *row = &train_settings.rows[i];
        const setting *chooser = row->users ? settings_find(&train_settings, row->users) : NULL;
        assert_true(!row->users || chooser);
        assert_true(!chooser || !chooser->names(SETTING_USERS_MOST));
    }
}

/* All settings through JSON; a text, and 64 bits as 16 hex digits. */
static void settings_go_through_json(void **state)
{
    (void)state;
    nnfs_train_settings settings = initial();
    nnfs_train_settings back;
    settings.seed = UINT64_MAX;
    (void)snprintf(settings.augment, sizeof settings.augment, "shift");
    nnfs_train_settings_resolve(&settings);
    json_t *json = settings_to_json(&train_settings, &settings);
    assert_string_equal(json_string_value(json_object_get(json, "seed")), "ffffffffffffffff");
    assert_int_equal(settings_from_json(&train_settings, json, &back, NULL), NNFS_OK);
    assert_null(settings_difference(&train_settings, &settings, &back));
    assert_int_equal(json_object_set_new(json, "seed", json_string("12")), 0);
    assert_int_equal(settings_from_json(&train_settings, json, &back, NULL), NNFS_ERROR_DATA);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_setting_goes_through_text),
        cmocka_unit_test(wrong_text_is_refused),
        cmocka_unit_test(words_stand_for_values),
        cmocka_unit_test(numbers_have_their_fewest_digits),
        cmocka_unit_test(the_unused_is_named),
        cmocka_unit_test(the_help_tells_the_defaults),
        cmocka_unit_test(every_user_has_its_place),
        cmocka_unit_test(settings_go_through_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
