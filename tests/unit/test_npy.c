/* SPDX-License-Identifier: MIT */
/* NumPy's arrays: every type of numbers, both byte orders, both orders of elements, and
 * what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "modules/learn/npy.h"
#include "sample.h"
#include "sample_npy.h"

static const struct {
    const char *descr;
    const char *bytes; /* of two elements */
    size_t size;
    enum sl_dtype type;
    double want[2];
} types[] = {
    {"|b1", "\1\0", 2, SL_U8, {1, 0}},
    {"|u1", "\x07\xfe", 2, SL_U8, {7, 254}},
    {"|i1", "\x07\xfe", 2, SL_I32, {7, -2}},
    {"<i2", "\x39\x30\xfe\xff", 4, SL_I32, {12345, -2}},
    {">i2", "\x30\x39\xff\xfe", 4, SL_I32, {12345, -2}},
    {"<u2", "\x39\x30\xfe\xff", 4, SL_I32, {12345, 65534}},
    {"<i4", "\x15\xcd\x5b\x07\xff\xff\xff\xff", 8, SL_I32, {123456789, -1}},
    {">u4", "\x07\x5b\xcd\x15\xff\xff\xff\xff", 8, SL_U32, {123456789, 4294967295.0}},
    {"<i8",
     "\x01\0\0\0\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff",
     16,
     SL_I64,
     {4294967297.0, -1}},
    {">u8", "\0\0\0\x01\0\0\0\x01\0\0\0\0\0\0\0\x09", 16, SL_I64, {4294967297.0, 9}},
    {"<f2", "\x00\x3e\x01\x80", 4, SL_F32, {1.5, -0x1p-24}},
    {">f2", "\x7b\xff\xc4\x00", 4, SL_F32, {65504, -4}},
    {"<f4", "\x00\x00\xc0\x3f\x00\x00\x20\xc0", 8, SL_F32, {1.5, -2.5}},
    {">f4", "\x3f\xc0\x00\x00\xc0\x20\x00\x00", 8, SL_F32, {1.5, -2.5}},
    {"<f8", "\0\0\0\0\0\0\xf8\x3f\0\0\0\0\0\0\x04\xc0", 16, SL_F64, {1.5, -2.5}},
    {">f8", "\x3f\xf8\0\0\0\0\0\0\xc0\x04\0\0\0\0\0\0", 16, SL_F64, {1.5, -2.5}},
};

static void
every_type_of_numbers_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char dictionary[200];
        struct sl_error err = {0};
        struct sl_npy npy;
        struct sl_tensor tensor;
        double room[2];

        snprintf(dictionary, sizeof dictionary,
                 "{'descr': '%s', 'fortran_order': False, 'shape': (2,), }",
                 types[i].descr);
        sample_npy_write("a.npy", dictionary, types[i].bytes, types[i].size);
        assert_int_equal(sl_npy_open(&npy, "a.npy", NULL, NULL, &err), SL_OK);
        assert_int_equal(npy.type, types[i].type);
        assert_int_equal(npy.count, 2);
        assert_int_equal(sl_npy_read(&npy, NULL, 1, room, &err), SL_OK);
        tensor = sl_tensor_vector(npy.type, room, 2);
        for (size_t k = 0; k < 2; k++)
            if (sl_tensor_at(&tensor, k) != types[i].want[k])
                fail_msg("%s: %g, not %g", types[i].descr, sl_tensor_at(&tensor, k),
                         types[i].want[k]);
        sl_npy_close(&npy);
    }
}

static void
orders_of_elements_come_to_the_same(void **state)
{
    /* 2 x 3 x 2, element = 100 i + 10 j + k */
    static const unsigned char c[] = {0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121};
    static const unsigned char f[] = {0, 100, 10, 110, 20, 120, 1, 101, 11, 111, 21, 121};
    static const size_t places[] = {SIZE_MAX, 2, 0, SIZE_MAX, SIZE_MAX, 1};
    static const unsigned char want[] = {10, 21, 1, 110, 121, 101};

    (void)state;
    for (int fortran = 0; fortran < 2; fortran++) {
        struct sl_error err = {0};
        struct sl_npy npy;
        unsigned char all[12], some[6];

        for (int chosen = 0; chosen < 2; chosen++) {
            sample_npy_write("o.npy",
                             fortran ? "{'descr': '|u1', 'fortran_order': True, 'shape': "
                                       "(2, 3, 2)}"
                                     : "{'shape':(2,3,2),'descr':\"|u1\","
                                       "'fortran_order':False}",
                             fortran ? f : c, 12);
            assert_int_equal(sl_npy_open(&npy, "o.npy", NULL, NULL, &err), SL_OK);
            assert_int_equal(sl_npy_width(&npy), 6);
            assert_int_equal(sl_npy_read(&npy, chosen ? places : NULL, chosen ? 3 : 6,
                                         chosen ? some : all, &err),
                             SL_OK);
            sl_npy_close(&npy);
        }
        assert_memory_equal(all, c, 12);
        assert_memory_equal(some, want, 6);
    }
}

/* ---- what is refused ------------------------------------------------------------------ */

#define DICTIONARY(descr, order, shape)                                                  \
    "{'descr': " descr ", 'fortran_order': " order ", 'shape': " shape "}"

static const struct {
    const char *dictionary;
    size_t size; /* of elements that are there */
    const char *want;
} bad[] = {
    {DICTIONARY("'|O'", "False", "(2,)"), 16, "Python objects"},
    {DICTIONARY("'<U5'", "False", "(2,)"), 40, "it holds texts"},
    {DICTIONARY("'<c8'", "False", "(2,)"), 16, "complex numbers"},
    {DICTIONARY("'<M8[ns]'", "False", "(2,)"), 16, "dates"},
    {DICTIONARY("[('a', '<f8')]", "False", "(2,)"), 16, "records"},
    {DICTIONARY("'<f16'", "False", "(2,)"), 32, "type '<f16' is not read"},
    {DICTIONARY("'<f8'", "Maybe", "(2,)"), 16, "neither True nor False"},
    {DICTIONARY("'<f8'", "False", "(-1,)"), 16, "no whole number from 0 on"},
    {DICTIONARY("'<f8'", "False", "()"), 8, "a single number"},
    {DICTIONARY("'<f8'", "False", "(0, 3)"), 0, "no samples"},
    {DICTIONARY("'<f8'", "False", "(4294967296, 4294967296)"), 16, "overflow"},
    {DICTIONARY("'<f8'", "False", "(99999999999999999999,)"), 16, "no whole number"},
    {DICTIONARY("'<f8'", "False", "(1, 1, 1, 1, 1, 1)"), 8, "more dimensions"},
    {DICTIONARY("'<f8'", "False", "(1000000, 1000)"), 16, "promises 8000000000 bytes"},
    {DICTIONARY("'<f8'", "False", "(3,)"), 23, "promises 24 bytes"},
    {DICTIONARY("'<f8'", "False", "(3,)"), 25, "promises 24 bytes"},
    {"{'descr': '<f8', 'fortran_order': False", 8, "header is damaged"},
    {"{'descr': '<f8', 'shape': (1,), 'eval': os}", 8, "unexpected 'eval'"},
    {"import os", 8, "header is damaged"},
};

static void
expect(const char *path, const char *want)
{
    struct sl_error err = {0};
    struct sl_npy npy;

    assert_int_equal(sl_npy_open(&npy, path, NULL, NULL, &err), SL_ERR_IO);
    if (!strstr(err.text, want))
        fail_msg("no '%s' in '%s'", want, err.text);
}

static void
what_is_no_array_of_numbers_is_refused(void **state)
{
    static const char zeros[64];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sample_npy_write("b.npy", bad[i].dictionary, zeros, bad[i].size);
        expect("b.npy", bad[i].want);
    }
    sample_write("c.npy", "\x93NUMPY\1", 7);
    expect("c.npy", "truncated");
    sample_write("c.npy", "\x93NUMPX\1\0\x10\0{'descr'", 18);
    expect("c.npy", "magic is wrong");
    sample_write("c.npy", "\x93NUMPY\x09\0\x10\0{'descr'", 18);
    expect("c.npy", "version 9.0");
    sample_write("c.npy", "\x93NUMPY\2\0\xff\xff\xff\xff{}", 14);
    expect("c.npy", "ends within its header");
    expect("nowhere.npy", "nowhere.npy");
}

static void
members_of_archives_are_read_and_checked(void **state)
{
    static const double x[] = {1.25, -3, 7, 0.5};
    static const struct sample_member members[] = {
        {"X.npy", DICTIONARY("'<f8'", "False", "(2, 2)"), x, sizeof x}};
    struct sl_error err = {0};
    struct sl_archive *archive;
    struct sl_npy npy;
    double got[4];

    (void)state;
    sample_npz("a.npz", members, 1);
    assert_int_equal(sl_archive_open(&archive, "a.npz", &err), SL_OK);
    assert_true(sl_archive_has(archive, "X.npy"));
    assert_false(sl_archive_has(archive, "y.npy"));
    assert_int_equal(sl_npy_open(&npy, "a.npz", archive, "X.npy", &err), SL_OK);
    assert_int_equal(sl_npy_read(&npy, NULL, 2, got, &err), SL_OK);
    assert_memory_equal(got, x, sizeof x);
    sl_npy_close(&npy);
    assert_int_equal(sl_npy_open(&npy, "a.npz", archive, "y.npy", &err), SL_ERR_IO);
    assert_non_null(strstr(err.text, "has no member 'y.npy'"));
    sl_archive_close(archive);
    sample_write("not.npz", "PK\3\4 something else", 18);
    assert_int_equal(sl_archive_open(&archive, "not.npz", &err), SL_ERR_IO);
    assert_non_null(strstr(err.text, "not.npz"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_of_numbers_is_read),
        cmocka_unit_test(orders_of_elements_come_to_the_same),
        cmocka_unit_test(what_is_no_array_of_numbers_is_refused),
        cmocka_unit_test(members_of_archives_are_read_and_checked),
    };

    return cmocka_run_group_tests(tests, sample_enter, sample_leave);
}
