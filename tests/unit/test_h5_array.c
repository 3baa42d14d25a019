/* SPDX-License-Identifier: MIT */
/* Data sets in HDF5 files that others wrote: numbers of all kinds, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <hdf5.h>

#include "runner/store/h5_array.h"
#include "sample.h"

enum { N = 1000, D = 3 };

static float values[N][D];

static void
put(hid_t file, const char *name, hid_t stored, hid_t list)
{
    hsize_t shape[2] = {N, D};
    hid_t space = H5Screate_simple(2, shape, NULL);
    hid_t set = H5Dcreate2(file, name, stored, space, H5P_DEFAULT, list, H5P_DEFAULT);

    assert_true(set >= 0);
    H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Dclose(set);
    H5Sclose(space);
}

static hid_t
deflated(void)
{
    hsize_t chunk[2] = {64, 2};
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);

    H5Pset_chunk(list, 2, chunk);
    H5Pset_shuffle(list);
    H5Pset_deflate(list, 6);
    return list;
}

/* A virtual data set over another in the same file, one with its data elsewhere, one
 * beyond all bounds, one of texts. */
static void
put_refused(hid_t file)
{
    hsize_t shape[2] = {N, D}, vast[1] = {(hsize_t)1 << 50};
    hid_t space = H5Screate_simple(2, shape, NULL);
    hid_t huge = H5Screate_simple(1, vast, NULL), one = H5Screate(H5S_SCALAR);
    hid_t virtual = H5Pcreate(H5P_DATASET_CREATE), outside = H5Pcopy(virtual);
    hid_t text = H5Tcopy(H5T_C_S1);

    H5Tset_size(text, 8);
    H5Pset_virtual(virtual, space, ".", "/plain", space);
    H5Pset_external(outside, "/etc/passwd", 0, N * D * 4);
    put(file, "/outside", H5T_IEEE_F32LE, outside);
    H5Dclose(H5Dcreate2(file, "/virtual", H5T_IEEE_F32LE, space, H5P_DEFAULT, virtual,
                        H5P_DEFAULT));
    H5Dclose(H5Dcreate2(file, "/vast", H5T_IEEE_F32LE, huge, H5P_DEFAULT, H5P_DEFAULT,
                        H5P_DEFAULT));
    H5Dclose(
        H5Dcreate2(file, "/text", text, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Dclose(H5Dcreate2(file, "/scalar", H5T_IEEE_F32LE, one, H5P_DEFAULT, H5P_DEFAULT,
                        H5P_DEFAULT));
    H5Lcreate_soft("/plain", file, "/soft", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external("other.h5", "/plain", file, "/external", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/group", file, "/way", H5P_DEFAULT, H5P_DEFAULT);
}

/* Two bytes, in an enumeration with these names for 0 and 1. */
static void
put_enumerated(hid_t file, const char *name, const char *zero, const char *one)
{
    static const signed char bytes[] = {1, 0};
    hsize_t two = 2;
    hid_t type = H5Tenum_create(H5T_NATIVE_INT8), space = H5Screate_simple(1, &two, NULL);
    hid_t set;

    H5Tenum_insert(type, zero, &(signed char){0});
    H5Tenum_insert(type, one, &(signed char){1});
    set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes) >= 0);
    H5Dclose(set);
    H5Sclose(space);
    H5Tclose(type);
}

static int
enter(void **state)
{
    int failed = sample_enter(state);
    hid_t file = H5Fcreate("a.h5", H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);

    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < D; j++)
            values[i][j] = (float)(i % 100) + 10 * (float)j;
    H5Gclose(H5Gcreate2(file, "/group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    put(file, "/plain", H5T_IEEE_F32LE, H5P_DEFAULT);
    put(file, "/group/big", H5T_IEEE_F64BE, H5P_DEFAULT);
    put(file, "/group/deflated", H5T_STD_I16BE, deflated());
    put(file, "/bytes", H5T_STD_U8LE, H5P_DEFAULT);
    put(file, "/long", H5T_STD_I64LE, H5P_DEFAULT);
    put_enumerated(file, "/flags", "FALSE", "TRUE");
    put_enumerated(file, "/colours", "RED", "GREEN");
    put_refused(file);
    H5Fclose(file);
    return failed;
}

static void
numbers_of_all_kinds_come_out(void **state)
{
    static const struct {
        const char *name;
        enum sl_dtype type;
    } cases[] = {
        {"/plain", SL_F32}, {"/group/big", SL_F64}, {"/group/deflated", SL_I32},
        {"/bytes", SL_U8},  {"/long", SL_I64},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static char room[N * D * 8];
        struct sl_error err = {0};
        struct sl_h5_array array;
        struct sl_tensor tensor;

        if (sl_h5_array_open(&array, "a.h5", cases[i].name, &err))
            fail_msg("%s", err.text);
        assert_int_equal(array.type, cases[i].type);
        assert_int_equal(array.rank, 2);
        assert_int_equal(array.count, N * D);
        assert_int_equal(sl_h5_array_read(&array, room, N * D, &err), SL_OK);
        sl_h5_array_close(&array);
        tensor = sl_tensor_vector(array.type, room, N * D);
        for (size_t k = 0; k < N * D; k++)
            assert_true(sl_tensor_at(&tensor, k) == (double)values[k / D][k % D]);
    }
}

static void
booleans_are_0_and_1(void **state)
{
    struct sl_h5_array array;
    unsigned char flags[2];
    struct sl_error err;

    (void)state;
    assert_int_equal(sl_h5_array_open(&array, "a.h5", "/flags", &err), SL_OK);
    assert_int_equal(array.type, SL_U8);
    assert_int_equal(sl_h5_array_read(&array, flags, 2, &err), SL_OK);
    sl_h5_array_close(&array);
    assert_int_equal(flags[0], 1);
    assert_int_equal(flags[1], 0);
}

static void
expect(const char *path, const char *name, const char *want)
{
    struct sl_h5_array array;
    struct sl_error err = {0};

    if (sl_h5_array_open(&array, path, name, &err) != SL_ERR_IO)
        fail_msg("%s of %s was opened", name, path);
    if (!strstr(err.text, want))
        fail_msg("%s of %s: no '%s' in '%s'", name, path, want, err.text);
    sl_h5_array_close(&array);
}

static void
what_is_not_plain_data_is_refused(void **state)
{
    static const struct {
        const char *name, *want;
    } cases[] = {
        {"/outside", "external storage"},
        {"/virtual", "virtual data set"},
        {"/vast", "claims 4503599627370496 bytes"},
        {"/text", "holds texts of 8 bytes"},
        {"/colours", "holds enumerated values of 1 bytes"},
        {"/scalar", "0 dimensions"},
        {"/soft", "'/soft' is a soft link"},
        {"/external", "is an external link"},
        {"/way/big", "'/way' is a soft link"},
        {"/group", "is a group, no data set"},
        {"/nowhere/x", "there is no '/nowhere' in it"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect("a.h5", cases[i].name, cases[i].want);
    sample_write("not.h5", "this is no HDF5", 15);
    expect("not.h5", "/x", "can't be opened");
    expect("none.h5", "/x", "none.h5");
    expect("/dev/zero", "/x", "/dev/zero");
}

/* Damaged files end in a sentence, never in a signal of ours and never in a hang. */
static void
damaged_files_are_survived(void **state)
{
    static char bytes[1 << 20];
    FILE *file = fopen("a.h5", "rb");
    size_t count = fread(bytes, 1, sizeof bytes, file), read = 0, refused = 0;

    (void)state;
    fclose(file);
    srand(7);
    for (size_t round = 0; round < 60; round++) {
        static char copy[sizeof bytes], room[N * D * 8];
        struct sl_h5_array array;
        struct sl_error err = {0};

        memcpy(copy, bytes, count);
        for (int k = 0; k < 6; k++)
            copy[(size_t)rand() % (round % 2 ? 4096 : count)] ^= (char)(1 << rand() % 8);
        sample_write("b.h5", copy, round % 5 ? count : count / 2);
        if (sl_h5_array_open(&array, "b.h5", "/group/deflated", &err) == SL_OK &&
            array.count <= N * D &&
            sl_h5_array_read(&array, room, array.count, &err) == SL_OK)
            read++;
        else
            refused++;
        sl_h5_array_close(&array);
    }
    assert_true(refused > 0);
    assert_int_equal(read + refused, 60);
}

static void
crash(void *context, int fd)
{
    (void)context;
    (void)fd;
    abort();
}

static void
spin(void *context, int fd)
{
    (void)fd;
    for (volatile unsigned *n = context;;)
        ++*n;
}

static void
children_that_crash_or_hang_are_told(void **state)
{
    struct sl_limits limits = {1, 1 << 30};
    struct sl_limited child = {.path = "x"};
    struct sl_error err = {0};
    unsigned n = 0;
    char byte;

    (void)state;
    assert_int_equal(sl_limited_start(&child, &limits, NULL, crash, NULL, &err), SL_OK);
    assert_int_equal(sl_limited_read(&child, &byte, 1, &err), SL_ERR_IO);
    assert_non_null(strstr(err.text, "crashed (signal 6)"));
    assert_int_equal(sl_limited_start(&child, &limits, NULL, spin, &n, &err), SL_OK);
    assert_int_equal(sl_limited_read(&child, &byte, 1, &err), SL_ERR_IO);
    assert_non_null(strstr(err.text, "more time than it may"));
    assert_int_equal(child.pid, 0);
}

static void
overwrite(void *context, int fd)
{
    *(volatile char *)context = 'x';
    if (write(fd, "x", 1) < 0)
        _exit(1);
}

/* A child that goes astray takes nothing along. */
static void
children_write_to_no_memory_of_ours(void **state)
{
    static char own = 'a';
    struct sl_limits limits = {1, 1 << 30};
    struct sl_limited child = {.path = "x"};
    struct sl_error err = {0};
    char byte, *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    (void)state;
    assert_true(shared != MAP_FAILED);
    shared[0] = 'a';
    assert_int_equal(sl_limited_start(&child, &limits, NULL, overwrite, shared, &err),
                     SL_OK);
    assert_int_equal(sl_limited_read(&child, &byte, 1, &err), SL_ERR_IO);
    assert_int_equal(shared[0], 'a');
    assert_int_equal(sl_limited_start(&child, &limits, NULL, overwrite, &own, &err),
                     SL_OK);
    assert_int_equal(sl_limited_read(&child, &byte, 1, &err), SL_OK);
    sl_limited_end(&child);
    assert_int_equal(own, 'a');
    munmap(shared, 4096);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_all_kinds_come_out),
        cmocka_unit_test(booleans_are_0_and_1),
        cmocka_unit_test(what_is_not_plain_data_is_refused),
        cmocka_unit_test(damaged_files_are_survived),
        cmocka_unit_test(children_that_crash_or_hang_are_told),
        cmocka_unit_test(children_write_to_no_memory_of_ours),
    };

    return cmocka_run_group_tests(tests, enter, sample_leave);
}
