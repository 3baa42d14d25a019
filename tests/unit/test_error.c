/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/error.h"

static void
fail_sets_status_and_text(void **state)
{
    struct sl_error err = {.mark = {"old.yaml", 4, 9}};

    (void)state;
    assert_int_equal(sl_fail(&err, SL_ERR_NUMERIC, "row %d of '%s'", 7, "test"),
                     SL_ERR_NUMERIC);
    assert_int_equal(err.status, SL_ERR_NUMERIC);
    assert_string_equal(err.text, "row 7 of 'test'");
    assert_int_equal(err.mark.line, 0);
}

static void
fail_at_keeps_the_place(void **state)
{
    struct sl_error err = {0};
    struct sl_mark mark = {"a.yaml", 12, 5};

    (void)state;
    assert_int_equal(sl_fail_at(&err, mark, "unknown key '%s'", "lrate"), SL_ERR_CONFIG);
    assert_string_equal(err.mark.file, "a.yaml");
    assert_int_equal(err.mark.line, 12);
    assert_int_equal(err.mark.column, 5);
    assert_string_equal(err.text, "unknown key 'lrate'");
}

static void
fail_errno_ends_in_the_reason(void **state)
{
    struct sl_error err = {0};

    (void)state;
    errno = ENOSPC;
    assert_int_equal(sl_fail_errno(&err, "can't write '%s'", "a.h5"), SL_ERR_IO);
    assert_string_equal(err.text, "can't write 'a.h5': No space left on device");
}

static void
long_text_keeps_the_reason(void **state)
{
    struct sl_error err = {0};
    char path[2000];
    static const char reason[] = ": No space left on device";

    (void)state;
    memset(path, 'p', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    errno = ENOSPC;
    sl_fail_errno(&err, "'%s'", path);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    assert_string_equal(err.text + strlen(err.text) - strlen(reason), reason);
}

static void
context_goes_before_the_text(void **state)
{
    struct sl_error err = {0};
    struct sl_mark mark = {"b.yaml", 3, 2};
    char before[2000];

    (void)state;
    sl_fail_at(&err, mark, "too large");
    assert_int_equal(sl_error_context(&err, "step '%s'", "train"), SL_ERR_CONFIG);
    assert_string_equal(err.text, "step 'train': too large");
    assert_int_equal(err.mark.line, 3);

    memset(before, 'c', sizeof before - 1);
    before[sizeof before - 1] = '\0';
    sl_error_context(&err, "%s", before);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

static enum sl_status
answer(enum sl_status status, int *calls)
{
    ++*calls;
    return status;
}

static enum sl_status
try_twice(enum sl_status first, int *calls)
{
    SL_TRY(answer(first, calls));
    SL_TRY(answer(SL_ERR_SHAPE, calls));
    return SL_OK;
}

static void
try_returns_the_first_failure(void **state)
{
    int calls = 0;

    (void)state;
    assert_int_equal(try_twice(SL_ERR_IO, &calls), SL_ERR_IO);
    assert_int_equal(calls, 1);
    assert_int_equal(try_twice(SL_OK, &calls), SL_ERR_SHAPE);
    assert_int_equal(calls, 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fail_sets_status_and_text),
        cmocka_unit_test(fail_at_keeps_the_place),
        cmocka_unit_test(fail_errno_ends_in_the_reason),
        cmocka_unit_test(long_text_keeps_the_reason),
        cmocka_unit_test(context_goes_before_the_text),
        cmocka_unit_test(try_returns_the_first_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
