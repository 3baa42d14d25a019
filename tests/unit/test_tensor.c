/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "runner/tensor/tensor.h"
#include "tests/unit/scalar.h"

static const float f32[] = {2.385f, -0.5f};
static const double f64[] = {1e300, -7.25};
static const uint8_t u8[] = {255, 3};
static const int32_t i32[] = {-2147483647, 12};
static const uint32_t u32[] = {4294967295u, 1};
static const int64_t i64[] = {-9007199254740991, 77};

static const struct {
    enum sl_dtype type;
    const char *name;
    size_t size;
    const void *data;
    double first, second;
} types[] = {
    {SL_F32, "float32", 4, f32, (double)2.385f, -0.5},
    {SL_F64, "float64", 8, f64, 1e300, -7.25},
    {SL_U8, "uint8", 1, u8, 255, 3},
    {SL_I32, "int32", 4, i32, -2147483647, 12},
    {SL_U32, "uint32", 4, u32, 4294967295.0, 1},
    {SL_I64, "int64", 8, i64, -9007199254740991.0, 77},
};

static void
types_know_their_size_and_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct sl_tensor vector = {types[i].type, 1, {2}, (void *)types[i].data};
        double both[3] = {9, 9, 9}, second[2] = {9, 9};

        assert_string_equal(sl_dtype_name(types[i].type), types[i].name);
        assert_int_equal(sl_dtype_size(types[i].type), types[i].size);
        assert_int_equal(sl_tensor_bytes(&vector), 2 * types[i].size);
        assert_true(sl_tensor_at(&vector, 0) == types[i].first);
        assert_true(sl_tensor_at(&vector, 1) == types[i].second);
        sl_tensor_take(&vector, 0, 2, both);
        sl_tensor_take(&vector, 1, 1, second);
        assert_true(both[0] == types[i].first && both[1] == types[i].second);
        assert_true(second[0] == types[i].second && second[1] == 9 && both[2] == 9);
    }
}

static void
a_new_tensor_is_zero(void **state)
{
    static const size_t shape[SL_MAX_RANK] = {3, 1, 5, 7, 2};
    static const size_t counts[SL_MAX_RANK + 1] = {1, 3, 3, 15, 105, 210};
    struct sl_error err = {0};
    struct sl_tensor tensor;
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    for (unsigned rank = 0; rank <= SL_MAX_RANK; rank++) {
        assert_int_equal(sl_tensor_new(&tensor, &arena, SL_F64, rank, shape, &err),
                         SL_OK);
        assert_int_equal(sl_tensor_count(&tensor), counts[rank]);
        assert_int_equal(sl_tensor_bytes(&tensor), 8 * counts[rank]);
        for (size_t i = 0; i < counts[rank]; i++)
            assert_true(sl_tensor_at(&tensor, i) == 0.0);
    }
    sl_arena_release(&arena);
}

static void
a_tensor_that_cannot_be_is_an_error(void **state)
{
    static const size_t shape[3] = {(size_t)1 << 32, (size_t)1 << 32, 3};
    struct sl_tensor tensor = {.rank = 4};
    struct sl_error err = {0};
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    assert_int_equal(sl_tensor_new(&tensor, &arena, SL_U8, 3, shape, &err),
                     SL_ERR_MEMORY);
    assert_int_equal(
        sl_tensor_new(&tensor, &arena, SL_F64, 1, (size_t[]){SIZE_MAX / 8 + 1}, &err),
        SL_ERR_MEMORY);
    assert_int_equal(err.status, SL_ERR_MEMORY);
    assert_int_equal(tensor.rank, 4);
    sl_arena_release(&arena);
}

static void
views_have_their_shape(void **state)
{
    float data[12] = {[7] = 2.5f};
    struct sl_tensor vector = sl_tensor_vector(SL_F32, data, 12);
    struct sl_tensor matrix = sl_tensor_matrix(SL_F32, data, 3, 4);

    (void)state;
    assert_int_equal(vector.rank, 1);
    assert_int_equal(matrix.rank, 2);
    assert_int_equal(matrix.shape[0], 3);
    assert_int_equal(matrix.shape[1], 4);
    assert_int_equal(sl_tensor_count(&matrix), 12);
    assert_true(sl_tensor_at(&matrix, 7) == 2.5);
    assert_ptr_equal(vector.data, data);
}

static void
a_bundle_copies_what_it_is_given(void **state)
{
    char name[] = "loss", unit[] = "nats", help[] = "of the epoch", axis[] = "epoch";
    double values[] = {0.71, 0.53, 0.49}, at[] = {1, 2, 4};
    struct sl_item item = {
        name, sl_tensor_vector(SL_F64, values, 3), unit, help, axis, at, NULL, NULL};
    struct sl_error err = {0};
    const struct sl_item *found;
    struct sl_bundle bundle;
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    sl_bundle_init(&bundle, &arena);
    assert_int_equal(sl_bundle_add(&bundle, &item, &err), SL_OK);
    name[0] = unit[0] = help[0] = axis[0] = 'X';
    values[1] = at[2] = -1;

    found = sl_bundle_find(&bundle, "loss");
    assert_non_null(found);
    assert_string_equal(found->unit, "nats");
    assert_string_equal(found->help, "of the epoch");
    assert_string_equal(found->axis, "epoch");
    assert_true(sl_tensor_at(&found->tensor, 1) == 0.53);
    assert_true(found->at[2] == 4);
    assert_null(sl_bundle_find(&bundle, "los"));
    sl_arena_release(&arena);
}

static void
items_keep_their_order(void **state)
{
    enum { ITEMS = 100 };
    struct sl_error err = {0};
    struct sl_bundle bundle;
    struct sl_arena arena;
    char name[16];

    (void)state;
    sl_arena_init(&arena);
    sl_bundle_init(&bundle, &arena);
    for (int i = 0; i < ITEMS; i++) {
        snprintf(name, sizeof name, "item-%d", i * 37 % ITEMS);
        bundle_scalar(&bundle, name, i + 0.25);
    }
    assert_int_equal(bundle.n, ITEMS);
    for (int i = 0; i < ITEMS; i++) {
        snprintf(name, sizeof name, "item-%d", i * 37 % ITEMS);
        assert_string_equal(bundle.items[i].name, name);
        assert_true(sl_tensor_at(&bundle.items[i].tensor, 0) == i + 0.25);
        assert_int_equal(bundle.items[i].tensor.rank, 0);
        assert_int_equal(bundle.items[i].tensor.type, SL_F64);
    }

    /* Replaced in its place, whatever the type. */
    assert_int_equal(
        sl_bundle_add(
            &bundle,
            &(struct sl_item){.name = "item-37", .tensor = {SL_U8, 1, {2}, (void *)u8}},
            &err),
        SL_OK);
    bundle_scalar(&bundle, "item-74", -3.5);
    assert_int_equal(bundle.n, ITEMS);
    assert_string_equal(bundle.items[1].name, "item-37");
    assert_true(sl_tensor_at(&bundle.items[1].tensor, 0) == 255);
    assert_true(sl_tensor_at(&bundle.items[2].tensor, 0) == -3.5);
    sl_arena_release(&arena);
}

static void
an_empty_tensor_may_be_added(void **state)
{
    struct sl_item item = {.name = "none", .tensor = {SL_F32, 2, {0, 9}, NULL}};
    struct sl_error err = {0};
    struct sl_bundle bundle;
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    sl_bundle_init(&bundle, &arena);
    assert_int_equal(sl_bundle_add(&bundle, &item, &err), SL_OK);
    assert_int_equal(sl_tensor_count(&bundle.items[0].tensor), 0);
    assert_int_equal(bundle.items[0].tensor.shape[1], 9);
    sl_arena_release(&arena);
}

static void
an_item_too_large_is_named(void **state)
{
    struct sl_item item = {.name = "weights",
                           .tensor = {SL_F64, 1, {SIZE_MAX / 4}, (void *)f64}};
    struct sl_error err = {0};
    struct sl_bundle bundle;
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    sl_bundle_init(&bundle, &arena);
    assert_int_equal(sl_bundle_add(&bundle, &item, &err), SL_ERR_MEMORY);
    assert_memory_equal(err.text, "'weights': no memory", 20);
    assert_int_equal(bundle.n, 0);
    sl_arena_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_know_their_size_and_values),
        cmocka_unit_test(a_new_tensor_is_zero),
        cmocka_unit_test(a_tensor_that_cannot_be_is_an_error),
        cmocka_unit_test(views_have_their_shape),
        cmocka_unit_test(a_bundle_copies_what_it_is_given),
        cmocka_unit_test(items_keep_their_order),
        cmocka_unit_test(an_empty_tensor_may_be_added),
        cmocka_unit_test(an_item_too_large_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
