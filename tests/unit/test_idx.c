/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "modules/learn/idx.h"
#include "sample.h"

/* A text with its length, NULs included. */
#define BYTES(text) text, sizeof text - 1

/* Reads the file "x" as the tensor of that rank; what it says when it can't. */
static const char *
complaint(unsigned rank, const char *sha256)
{
    static char text[sizeof((struct sl_error *)0)->text];
    unsigned char elements[64 * 1024];
    struct sl_error err = {0};
    struct sl_idx idx;

    if (!sl_idx_open(&idx, "x", rank, &err)) {
        assert_true(idx.bytes <= sizeof elements);
        sl_idx_read(&idx, sha256, elements, &err);
        sl_idx_close(&idx);
    }
    if (err.status)
        assert_int_equal(err.status, SL_ERR_IO);
    strcpy(text, err.status ? err.text : "none");
    return text;
}

static const struct damaged {
    unsigned rank;
    const char *bytes;
    size_t count;
    const char *want;
} damaged[] = {
    {3, BYTES(""), "'x': truncated: need 16 bytes, have 0"},
    {3, BYTES("\0\0\x08"), "'x': truncated: need 16 bytes, have 3"},
    {0, BYTES("\0\0\x08"), "'x': truncated: need 8 bytes, have 3"},
    {3, BYTES("\0\0\x08\x03\0\0\0\x02\0\0"), "'x': truncated: need 16 bytes, have 10"},
    {3, BYTES("\0\0\x08\x03\0\0\0\x02\0\0\0\x03\0\0\0\x02"),
     "'x': the header promises 2 x 3 x 2 of uint8, 28 bytes; the file has 16"},
    {3, BYTES("\0\0\x08\x01\0\0\0\x02\7\2"),
     "'x': byte 3: the number of dimensions is 1, expected 3; is it a file of labels?"},
    {1, BYTES("\0\0\x08\x03\0\0\0\x01\0\0\0\x01\0\0\0\x01\7"),
     "'x': byte 3: the number of dimensions is 3, expected 1; is it a file of images?"},
    {1, BYTES("\0\0\x0f\x01\0\0\0\x02\7\2"),
     "'x': byte 2: type code 0x0F is not one that is read: 0x08 (uint8), 0x0C (int32), "
     "0x0D (float32), 0x0E (float64)"},
    {0, BYTES("\0\0\x08\0"),
     "'x': byte 3: the number of dimensions is 0, expected 1 to 5"},
    {0, BYTES("\0\0\x08\xff"),
     "'x': byte 3: the number of dimensions is 255, expected 1 to 5"},
    {3, BYTES("<!DOCTYPE html>"), "'x': byte 0: 0x3C where IDX has 0; not an IDX file"},
    {3, BYTES("\0\x01\x08\x03"), "'x': byte 1: 0x01 where IDX has 0; not an IDX file"},
    {3, BYTES("\x03\x08\0\0\x02\0\0\0\x01\0\0\0\x01\0\0\0\7\2"),
     "'x': byte 0: 0x03 where IDX has 0; the header looks byte-swapped, IDX is "
     "big-endian"},
    {3, BYTES("\0\0\x08\x03\x02\0\0\0\x01\0\0\0\x02\0\0\0\7\2\1\5"),
     "'x': byte 4: the dimensions 33554432 x 16777216 x 33554432 look byte-swapped: 2 x "
     "1 x 2 would fit; IDX is big-endian"},
    {3, BYTES("\0\0\x08\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\7"),
     "'x': byte 4: the dimensions 4294967295 x 4294967295 x 4294967295 overflow"},
    {3, BYTES("\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x02\7\2\1"),
     "'x': the header promises 2 x 1 x 2 of uint8, 20 bytes; the file has 19"},
    {3, BYTES("\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x02\7\2\1\5\3"),
     "'x': the header promises 2 x 1 x 2 of uint8, 20 bytes; the file has 21"},
    {3, BYTES("\0\0\x08\x03\0\0\0\0\0\0\0\x01\0\0\0\x02"),
     "'x': byte 4: dimension 1 is 0: no samples"},
    {3, BYTES("\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\0"),
     "'x': byte 12: dimension 3 is 0: no values"},
};

static void
damaged_files_are_refused_at_their_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        sample_write("x", damaged[i].bytes, damaged[i].count);
        assert_string_equal(complaint(damaged[i].rank, NULL), damaged[i].want);
    }
}

/* The header of 3 images of 5 x 7 over so many pixels, gzipped. */
static void
write_gzip(size_t pixels)
{
    char bytes[16 + 4096] = "\0\0\x08\x03\0\0\0\x03\0\0\0\x05\0\0\0\x07";

    for (size_t i = 0; i < pixels; i++)
        bytes[16 + i] = (char)(i * 37);
    sample_gzip("x", bytes, 16 + pixels);
}

static void
damaged_gzip_is_refused_in_words_of_its_own(void **state)
{
    struct stat whole;
    unsigned char wrong = 0x5a;
    FILE *file;

    (void)state;
    write_gzip(105);
    assert_string_equal(complaint(3, NULL), "none");
    assert_int_equal(stat("x", &whole), 0);

    sample_cut("x", (size_t)whole.st_size - 9);
    assert_non_null(strstr(complaint(3, NULL), "'x': the gzip data is truncated: it "
                                               "breaks off at byte "));
    write_gzip(105);
    file = fopen("x", "r+b");
    assert_int_equal(fseek(file, -6, SEEK_END), 0);
    assert_int_equal(fwrite(&wrong, 1, 1, file), 1);
    fclose(file);
    assert_non_null(strstr(complaint(3, NULL), ": incorrect data check"));

    write_gzip(105);
    sample_append("x", "garbage", 7);
    assert_non_null(strstr(complaint(3, NULL), " and garbage follows"));
    write_gzip(105);
    sample_append("x", "\x1f\x8b\x08", 3);
    assert_non_null(
        strstr(complaint(3, NULL), "': a second gzip member begins at byte "));
}

static void
gzip_with_another_length_is_refused(void **state)
{
    (void)state;
    write_gzip(104);
    assert_string_equal(complaint(3, NULL),
                        "'x': the header promises 3 x 5 x 7 of uint8, "
                        "105 bytes behind it; there are 104");
    write_gzip(4000);
    assert_string_equal(complaint(3, NULL),
                        "'x': the header promises 3 x 5 x 7 of uint8, "
                        "105 bytes behind it; there are at least 106");
}

/* 8 MiB of zeros behind a header that promises 2^62 bytes, which no gzip of that size can
 * hold: refused before anything is allocated for them. */
static void
a_bomb_is_not_inflated(void **state)
{
    static char zeros[8 << 20];

    (void)state;
    memcpy(zeros, "\0\0\x08\x03\x40\0\0\0\x40\0\0\0\0\0\0\x04", 16);
    sample_gzip("x", zeros, sizeof zeros);
    assert_non_null(
        strstr(complaint(3, NULL),
               "'x': the header promises 1073741824 x 1073741824 x 4 of uint8, "
               "4611686018427387920 bytes; the file is gzip that can hold at "
               "most "));
}

static void
things_that_are_no_files_are_refused(void **state)
{
    (void)state;
    remove("x");
    assert_non_null(strstr(complaint(3, NULL), "No such file or directory"));
    assert_int_equal(mkfifo("x", 0600), 0);
    assert_non_null(strstr(complaint(3, NULL), "not a regular file"));
    assert_int_equal(remove("x"), 0);
    assert_int_equal(mkdir("x", 0700), 0);
    assert_non_null(strstr(complaint(3, NULL), "not a regular file"));
    assert_int_equal(rmdir("x"), 0);
}

/* The hash is that of the content, so a plain file and its gzip agree in it. */
static void
another_hash_is_refused(void **state)
{
    static const char content[] = "\0\0\x08\x01\0\0\0\x05\x07\x02\x09\x04\x01";
    static const char sha256[] =
        "f94a55f7d6f7a5ddad3b66cdd8be5c0e98e7dd6fcbefcb1d4ecb4eab93a4e1f5";
    char right[SL_DIGEST_HEX], want[400];
    struct sl_digest digest = sl_digest_of(content, sizeof content - 1);

    (void)state;
    sl_digest_hex(&digest, right);
    snprintf(want, sizeof want,
             "'x': its content has SHA-256 %s, expected %s; the file is not used", right,
             sha256);
    sample_write("x", content, sizeof content - 1);
    assert_string_equal(complaint(1, sha256), want);
    assert_string_equal(complaint(1, right), "none");
    sample_gzip("x", content, sizeof content - 1);
    assert_string_equal(complaint(1, sha256), want);
    assert_string_equal(complaint(1, right), "none");
}

static const struct {
    const char *bytes;
    size_t count;
    enum sl_dtype type;
    unsigned rank;
    size_t shape[2];
    double want[4];
} tensors[] = {
    {BYTES("\0\0\x08\x01\0\0\0\x03\x07\xff\x80"), SL_U8, 1, {3}, {7, 255, 128}},
    {BYTES("\0\0\x0c\x01\0\0\0\x02\xff\xff\xff\xf9\x01\x02\x03\x04"),
     SL_I32,
     1,
     {2},
     {-7, 16909060}},
    {BYTES("\0\0\x0d\x02\0\0\0\x01\0\0\0\x02\x40\x18\xf5\xc3\xbf\x80\0\0"),
     SL_F32,
     2,
     {1, 2},
     {(double)2.39f, -1}},
    {BYTES("\0\0\x0e\x02\0\0\0\x02\0\0\0\x01\x40\x03\x14\x7a\xe1\x47\xae\x14\xc0\x91\x2a"
           "\0\0\0\0\0"),
     SL_F64,
     2,
     {2, 1},
     {2.385, -1098.5}},
};

static void
every_type_is_read_plain_and_gzipped(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof tensors / sizeof *tensors; i++) {
        size_t k = i / 2;
        struct sl_error err = {0};
        struct sl_tensor tensor;
        struct sl_arena arena;

        sl_arena_init(&arena);
        (i % 2 ? sample_gzip : sample_write)("x", tensors[k].bytes, tensors[k].count);
        assert_int_equal(
            sl_idx_load(&(struct sl_idx_file){.path = "x"}, &arena, &tensor, &err),
            SL_OK);
        assert_int_equal(tensor.type, tensors[k].type);
        assert_int_equal(tensor.rank, tensors[k].rank);
        assert_memory_equal(tensor.shape, tensors[k].shape,
                            tensor.rank * sizeof *tensor.shape);
        for (size_t j = 0; j < sl_tensor_count(&tensor); j++)
            assert_true(sl_tensor_at(&tensor, j) == tensors[k].want[j]);
        sl_arena_release(&arena);
    }
}

/* Longer than any buffer on the way. */
static void
long_files_arrive_whole(void **state)
{
    size_t count;
    unsigned char *bytes = sample_idx(1500, 28, 31, 11, &count);

    (void)state;
    for (int zipped = 0; zipped < 2; zipped++) {
        struct sl_error err = {0};
        struct sl_tensor tensor;
        struct sl_arena arena;

        sl_arena_init(&arena);
        (zipped ? sample_gzip : sample_write)("x", bytes, count);
        assert_int_equal(sl_idx_load(&(struct sl_idx_file){.path = "x", .rank = 3},
                                     &arena, &tensor, &err),
                         SL_OK);
        assert_int_equal(sl_tensor_bytes(&tensor), count - 16);
        assert_memory_equal(tensor.data, bytes + 16, count - 16);
        sl_arena_release(&arena);
    }
    free(bytes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_files_are_refused_at_their_byte),
        cmocka_unit_test(damaged_gzip_is_refused_in_words_of_its_own),
        cmocka_unit_test(gzip_with_another_length_is_refused),
        cmocka_unit_test(a_bomb_is_not_inflated),
        cmocka_unit_test(things_that_are_no_files_are_refused),
        cmocka_unit_test(another_hash_is_refused),
        cmocka_unit_test(every_type_is_read_plain_and_gzipped),
        cmocka_unit_test(long_files_arrive_whole),
    };

    return cmocka_run_group_tests(tests, sample_enter, sample_leave);
}
