/* SPDX-License-Identifier: MIT */
/* HDF5 files that others wrote: what we never write is refused, not followed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <hdf5.h>

#include "runner/base/publish.h"
#include "runner/store/h5.h"
#include "tests/unit/workspace.h"

/* What a link of the foreign file leads to, and would be readable. */
static void
write_other(const char *path)
{
    struct sl_error err = {0};
    struct sl_arena arena;
    struct sl_h5 *file;
    char *bytes;
    size_t count;

    sl_arena_init(&arena);
    assert_int_equal(sl_h5_new(&file, &err), SL_OK);
    assert_int_equal(sl_h5_text(file, "/config", "seed: 1\n", &err), SL_OK);
    assert_int_equal(sl_h5_image(file, &arena, &bytes, &count, &err), SL_OK);
    assert_int_equal(sl_publish(path, bytes, count, &err), SL_OK);
    sl_h5_free(file);
    sl_arena_release(&arena);
}

/* What others can put into an HDF5 file and we never do. */
static void
write_foreign(const char *path)
{
    hsize_t shape[2] = {64, 64}, huge[1] = {(hsize_t)1 << 50};
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(2, shape, NULL);
    hid_t vast = H5Screate_simple(1, huge, NULL), one = H5Screate(H5S_SCALAR);
    hid_t chunked = H5Pcreate(H5P_DATASET_CREATE), outside = H5Pcopy(chunked);
    hid_t text = H5Tcopy(H5T_C_S1), order = H5Pcreate(H5P_GROUP_CREATE), group;
    static const char *const names[] = {"chunked", "outside", "vast", "half", "linked"};

    H5Pset_link_creation_order(order, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    for (size_t i = 0; i < 5; i++)
        H5Gclose(H5Gcreate2(file, names[i], H5P_DEFAULT, order, H5P_DEFAULT));
    H5Pset_chunk(chunked, 2, shape);
    H5Pset_external(outside, "/etc/passwd", 0, 64 * 64 * 4);
    H5Tset_size(text, H5T_VARIABLE);
    H5Dclose(H5Dcreate2(file, "/chunked/x", H5T_IEEE_F32LE, space, H5P_DEFAULT, chunked,
                        H5P_DEFAULT));
    H5Dclose(H5Dcreate2(file, "/outside/x", H5T_IEEE_F32LE, space, H5P_DEFAULT, outside,
                        H5P_DEFAULT));
    H5Dclose(H5Dcreate2(file, "/vast/x", H5T_IEEE_F32LE, vast, H5P_DEFAULT, H5P_DEFAULT,
                        H5P_DEFAULT));
    H5Dclose(H5Dcreate2(file, "/half/x", H5T_STD_I16LE, space, H5P_DEFAULT, H5P_DEFAULT,
                        H5P_DEFAULT));
    H5Dclose(H5Dcreate2(file, "/text", text, one, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Lcreate_external("other.h5", "/config", file, "/linked/x", H5P_DEFAULT,
                       H5P_DEFAULT);
    group = H5Gopen2(file, "/", H5P_DEFAULT);
    H5Aclose(H5Acreate2(group, "many", H5T_STD_U64LE, space, H5P_DEFAULT, H5P_DEFAULT));
    H5Gclose(group);
    H5Pclose(chunked), H5Pclose(outside), H5Pclose(order), H5Tclose(text);
    H5Sclose(space), H5Sclose(vast), H5Sclose(one);
    H5Fclose(file);
}

static void
what_we_never_write_is_refused(void **state)
{
    static const char *const groups[] = {"/chunked", "/outside", "/vast", "/half",
                                         "/linked"};
    struct sl_error err = {0};
    struct sl_arena arena;
    struct sl_h5 *file;
    const char *text;
    uint64_t number;
    char *bytes;
    size_t count;

    (void)state;
    sl_arena_init(&arena);
    write_other("other.h5");
    write_foreign("foreign.h5");
    assert_int_equal(sl_file_read("foreign.h5", 1 << 20, &arena, &bytes, &count, &err),
                     SL_OK);
    assert_int_equal(sl_h5_open(&file, bytes, count, &err), SL_OK);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        struct sl_bundle bundle;

        sl_bundle_init(&bundle, &arena);
        if (sl_h5_read_bundle(file, groups[i], &bundle, &err) != SL_ERR_IO)
            fail_msg("'%s' was read", groups[i]);
        assert_int_equal(bundle.n, 0);
    }
    assert_int_equal(sl_h5_read_text(file, "/text", &arena, &text, &err), SL_ERR_IO);
    assert_int_equal(sl_h5_read_text(file, "/linked/x", &arena, &text, &err), SL_ERR_IO);
    assert_int_equal(sl_h5_get_u64(file, "/", "many", &number, &err), SL_ERR_IO);
    sl_h5_free(file);
    sl_arena_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORKSPACE_TEST(what_we_never_write_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
