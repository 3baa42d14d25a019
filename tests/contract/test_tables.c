/* SPDX-License-Identifier: MIT */
/* Everything that is built in would be let in from outside; what is wrong would not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "runner/config/field_check.h"
#include "runner/pipeline/outside.h"

static void
test_builtin(void **state)
{
    struct sl_error err = {0};
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    if (sl_outside_check(&sl_builtin, 0, &arena, &err))
        fail_msg("%s", err.text);
    sl_arena_release(&arena);
}

/* ---- fields that are wrong ----------------------------------------------------------- */

struct thing {
    double rate;
    struct sl_choice layer;
    struct sl_record_list parts;
};

struct part {
    int64_t weight;
};

static const struct sl_field bad_part[] = {
    SL_INT(struct part, weight, 7, 0, 5, "of a part"),
    SL_FIELD_END,
};

static const struct {
    struct sl_field fields[3];
    const char *want;
} wrong[] = {
    {{SL_DOUBLE(struct thing, rate, 3.5, 0, 2, ""), SL_FIELD_END},
     "the default of key 'rate' is wrong: expected a number in 0..2, got '3.5'"},
    {{SL_DOUBLE(struct thing, rate, 1, 2, 1, ""), SL_FIELD_END},
     "the range of key 'rate' is empty: 2..1"},
    {{{.key = "a key", .type = SL_TYPE_BOOL}, SL_FIELD_END}, "'a key' is no key"},
    {{{.type = SL_TYPE_BOOL}, SL_FIELD_END}, "'(null)' is no key"},
    {{SL_CHOICE(struct thing, layer, "[", SL_LAYER, ""), SL_FIELD_END},
     "the default of key 'layer' is wrong: "},
    {{SL_CHOICE(struct thing, layer, NULL, (enum sl_table_id)40, ""), SL_FIELD_END},
     "key 'layer' chooses from table 40, which is none"},
    {{SL_FIELD(struct thing, parts, struct sl_record_list, SL_TYPE_RECORD_LIST,
               .size = sizeof(struct part)),
      SL_FIELD_END},
     "key 'parts' has no table of its own"},
    {{SL_FIELD(struct thing, parts, struct sl_record_list, SL_TYPE_RECORD_LIST,
               .size = sizeof(struct part), .fields = bad_part),
      SL_FIELD_END},
     "below 'parts': the default of key 'weight' is wrong"},
    {{{.key = "word", .type = SL_TYPE_WORD}, SL_FIELD_END}, "key 'word' has no words"},
    {{{.key = "n", .type = SL_TYPE_INT, .number = 1.5}, SL_FIELD_END},
     "the default of key 'n' is wrong: 1.5 is no integer"},
    {{{.key = "far", .type = SL_TYPE_INT, .offset = sizeof(struct thing) - 4},
      SL_FIELD_END},
     "key 'far' lies outside its struct"},
};

static void
test_wrong_fields(void **state)
{
    struct sl_arena arena;
    struct sl_binder binder = {.arena = &arena, .registry = &sl_builtin};

    (void)state;
    sl_arena_init(&arena);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct sl_error err = {0};
        assert_int_equal(
            sl_fields_check(&binder, wrong[i].fields, sizeof(struct thing), &err),
            SL_ERR_CONFIG);
        if (strncmp(err.text, wrong[i].want, strlen(wrong[i].want)) != 0)
            fail_msg("'%s' is not '%s'", err.text, wrong[i].want);
    }
    sl_arena_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_builtin),
        cmocka_unit_test(test_wrong_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
