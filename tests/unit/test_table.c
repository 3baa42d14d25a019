/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "runner/config/table.h"
#include "tests/unit/toolbox.h"

static void
tables_have_names(void **state)
{
    (void)state;
    assert_string_equal(sl_table_name(SL_LOAD), "load");
    assert_string_equal(sl_table_name(SL_SAMPLE), "sample");
    assert_string_equal(sl_table_name(SL_METRIC), "metric");
    for (int table = 0; table < SL_TABLES; table++)
        assert_non_null(sl_table_name((enum sl_table_id)table));
}

static void
a_name_is_found_in_its_table(void **state)
{
    const struct sl_row *tool, *layer;

    (void)state;
    tool = sl_registry_find(&toolbox, SL_OPTIMIZER, "drill");
    layer = sl_registry_find(&toolbox, SL_LAYER, "drill");
    assert_non_null(tool);
    assert_non_null(layer);
    assert_ptr_not_equal(tool, layer);
    assert_int_equal(layer->table, SL_LAYER);
    assert_null(sl_registry_find(&toolbox, SL_OPTIMIZER, "plank"));
    assert_null(sl_registry_find(&toolbox, SL_OPTIMIZER, "dril"));
}

static void
names_come_in_order_and_fit(void **state)
{
    const char *names[8] = {0};

    (void)state;
    assert_int_equal(sl_registry_names(&toolbox, SL_OPTIMIZER, names, 8), 3);
    assert_string_equal(names[0], "drill");
    assert_string_equal(names[2], "rest");
    assert_null(names[3]);
    assert_int_equal(sl_registry_names(&toolbox, SL_LAYER, names, 1), 1);
    assert_int_equal(sl_registry_names(&toolbox, SL_LOSS, names, 8), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_have_names),
        cmocka_unit_test(a_name_is_found_in_its_table),
        cmocka_unit_test(names_come_in_order_and_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
