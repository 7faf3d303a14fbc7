/* Threads that come late to short regions: when calls go without them, and for how long. */
#include "program/late_threads.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void threads_in_time_are_expected(void **state)
{
    (void)state;
    late_threads l = {0};
    assert_false(late_threads_expected(&l, 5.0, 100.0));
    late_threads_note(&l, 5.0, 100.0, 0.001, 0.0005);
    assert_false(late_threads_expected(&l, 5.0, 100.0));
    /* Neither half of a long region is late, nor what is soon over. */
    late_threads_note(&l, 6.0, 100.0, 1.0, 0.9);
    late_threads_note(&l, 6.0, 100.0, 0.0001, 0.0009);
    assert_false(late_threads_expected(&l, 6.0, 100.0));
}

static void calls_go_without_late_threads(void **state)
{
    (void)state;
    late_threads l = {0};
    late_threads_note(&l, 5.0, 100.0, 0.001, 0.030);
    assert_true(late_threads_expected(&l, 5.05, 100.0));
    assert_true(late_threads_expected(&l, 5.05, 1.0));
    assert_false(late_threads_expected(&l, 5.05, 1000.0)); /* worth the waiting */
    assert_false(late_threads_expected(&l, 5.2, 100.0));
    /* Late again: for longer, up to a few seconds. */
    late_threads_note(&l, 5.2, 100.0, 0.001, 0.030);
    assert_true(late_threads_expected(&l, 5.35, 100.0));
    for (int i = 0; i < 20; i++) {
        late_threads_note(&l, 10.0, 100.0, 0.001, 0.030);
    }
    assert_true(late_threads_expected(&l, 13.9, 100.0));
    assert_false(late_threads_expected(&l, 14.1, 100.0));
    /* In time again: the next one that is late counts as the first. */
    late_threads_note(&l, 20.0, 100.0, 0.001, 0.0);
    late_threads_note(&l, 20.0, 100.0, 0.001, 0.030);
    assert_false(late_threads_expected(&l, 20.2, 100.0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_in_time_are_expected),
        cmocka_unit_test(calls_go_without_late_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
