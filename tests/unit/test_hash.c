/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/base/hash.h"

/* FIPS 180-4's examples. */
static const struct {
    const char *text, *hex;
} cases[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

static void
digests_are_sha256(void **state)
{
    char hex[SL_DIGEST_HEX];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sl_digest digest = sl_digest_of(cases[i].text, strlen(cases[i].text));
        struct sl_digest parsed;

        sl_digest_hex(&digest, hex);
        assert_string_equal(hex, cases[i].hex);
        assert_true(sl_digest_parse(cases[i].hex, &parsed));
        assert_true(sl_digest_equal(&digest, &parsed));
    }
}

static void
pieces_hash_as_their_whole(void **state)
{
    struct sl_hash hash;
    struct sl_digest digest, want = sl_digest_of("abc", 3), half = sl_digest_of("ab", 2);

    (void)state;
    sl_hash_init(&hash);
    sl_hash_bytes(&hash, "a", 1);
    sl_hash_bytes(&hash, "", 0);
    sl_hash_bytes(&hash, "b", 1);
    digest = sl_hash_end(&hash);
    assert_true(sl_digest_equal(&digest, &half));
    sl_hash_bytes(&hash, "c", 1);
    digest = sl_hash_end(&hash);
    assert_true(sl_digest_equal(&digest, &want));
    assert_false(sl_digest_equal(&digest, &half));
    sl_hash_release(&hash);
}

static struct sl_digest
of_texts(const char *a, const char *b)
{
    struct sl_hash hash;
    struct sl_digest digest;

    sl_hash_init(&hash);
    sl_hash_text(&hash, a);
    sl_hash_text(&hash, b);
    digest = sl_hash_end(&hash);
    sl_hash_release(&hash);
    return digest;
}

static void
texts_are_told_apart(void **state)
{
    static const char *const pairs[][2] = {
        {"ab", "c"}, {"a", "bc"}, {"abc", ""}, {"", "abc"},
        {"", ""},    {NULL, ""},  {"", NULL},  {NULL, NULL},
    };
    enum { PAIRS = sizeof pairs / sizeof *pairs };
    struct sl_digest digests[PAIRS];

    (void)state;
    for (size_t i = 0; i < PAIRS; i++) {
        digests[i] = of_texts(pairs[i][0], pairs[i][1]);
        for (size_t j = 0; j < i; j++)
            assert_false(sl_digest_equal(&digests[i], &digests[j]));
    }
}

static void
numbers_hash_in_one_byte_order(void **state)
{
    struct sl_hash hash;
    struct sl_digest digest, inner = sl_digest_of("x", 1);
    struct sl_digest want = sl_digest_of("\x08\x07\x06\x05\x04\x03\x02\x01", 8);

    (void)state;
    sl_hash_init(&hash);
    sl_hash_u64(&hash, 0x0102030405060708);
    digest = sl_hash_end(&hash);
    assert_true(sl_digest_equal(&digest, &want));
    sl_hash_release(&hash);

    sl_hash_init(&hash);
    sl_hash_digest(&hash, &inner);
    digest = sl_hash_end(&hash);
    sl_hash_release(&hash);
    want = sl_digest_of(inner.bytes, 32);
    assert_true(sl_digest_equal(&digest, &want));
}

static void
hex_is_parsed_strictly(void **state)
{
    static const char good[] =
        "BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015Ad";
    char bad[sizeof good + 1];
    struct sl_digest digest, want = sl_digest_of("abc", 3);

    (void)state;
    assert_true(sl_digest_parse(good, &digest));
    assert_true(sl_digest_equal(&digest, &want));
    for (size_t i = 0; i < sizeof good - 1; i++) {
        memcpy(bad, good, sizeof good);
        bad[i] = "g /:@G`\xff"[i % 8];
        assert_false(sl_digest_parse(bad, &digest));
    }
    assert_false(sl_digest_parse(good + 1, &digest));
    snprintf(bad, sizeof bad, "%s0", good);
    assert_false(sl_digest_parse(bad, &digest));
    assert_false(sl_digest_parse("", &digest));
}

static void
files_hash_as_their_bytes(void **state)
{
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 300007};
    char path[] = "/tmp/sluice-test-XXXXXX", *bytes = malloc(300007);
    struct sl_error err = {0};
    struct sl_digest digest, want;

    (void)state;
    assert_non_null(bytes);
    close(mkstemp(path));
    for (size_t i = 0; i < 300007; i++)
        bytes[i] = (char)(i * i >> 5);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        FILE *file = fopen(path, "wb");

        assert_int_equal(fwrite(bytes, 1, sizes[i], file), sizes[i]);
        fclose(file);
        assert_int_equal(sl_digest_file(path, &digest, &err), SL_OK);
        want = sl_digest_of(bytes, sizes[i]);
        assert_true(sl_digest_equal(&digest, &want));
    }
    unlink(path);
    free(bytes);
}

static void
what_is_no_file_is_refused(void **state)
{
    char folder[] = "/tmp/sluice-test-XXXXXX", path[64];
    struct sl_error err = {0};
    struct sl_digest digest;

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(sl_digest_file(folder, &digest, &err), SL_ERR_IO);
    assert_non_null(strstr(err.text, folder));
    snprintf(path, sizeof path, "%s/none", folder);
    assert_int_equal(sl_digest_file(path, &digest, &err), SL_ERR_IO);
    assert_non_null(strstr(err.text, path));
    assert_non_null(strstr(err.text, ": No such file"));
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(sl_digest_file(path, &digest, &err), SL_ERR_IO);
    assert_non_null(strstr(err.text, "not a regular file"));
    assert_int_equal(sl_digest_file("/dev/zero", &digest, &err), SL_ERR_IO);
    unlink(path);
    rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_sha256),
        cmocka_unit_test(pieces_hash_as_their_whole),
        cmocka_unit_test(texts_are_told_apart),
        cmocka_unit_test(numbers_hash_in_one_byte_order),
        cmocka_unit_test(hex_is_parsed_strictly),
        cmocka_unit_test(files_hash_as_their_bytes),
        cmocka_unit_test(what_is_no_file_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
