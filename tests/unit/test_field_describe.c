/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/toolbox.h"

static void
a_table_describes_itself(void **state)
{
    struct sl_text out = {0};

    (void)state;
    sl_fields_describe(
        &toolbox, sl_registry_find(&toolbox, SL_LAYER, "drill")->as[0]->fields, 2, &out);
    assert_string_equal(
        out.bytes,
        "  speed   integer        required  1..1000 1/s            turns of the bit\n"
        "  torque  number         12.25     above 0, at most 90.5  at the bit\n"
        "  hammer  true or false  true                             for concrete\n");
    sl_text_clear(&out);
    sl_fields_describe(&toolbox, bench_fields, 0, &out);
    assert_non_null(strstr(out.bytes, "\ntool "));
    assert_non_null(strstr(out.bytes, "{drill: {speed: 30}}"));
    assert_non_null(strstr(out.bytes, "drill, saw, rest"));
    assert_non_null(strstr(out.bytes, "list of layers"));
    assert_non_null(strstr(out.bytes, "\n  file    string   required\n"));
    assert_non_null(strstr(out.bytes, "\nepochs "));
    sl_text_release(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_describes_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
