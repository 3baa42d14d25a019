/* SPDX-License-Identifier: MIT */
#include "sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "runner/base/rng.h"

int
sample_enter(void **state)
{
    char folder[] = "/tmp/sluice-test-XXXXXX";

    *state = mkdtemp(folder) == NULL ? NULL : strdup(folder);
    return *state == NULL || chdir(*state) != 0;
}

int
sample_leave(void **state)
{
    char command[100];
    int failed;

    snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
    failed = chdir("/") != 0 || system(command) != 0;
    free(*state);
    return failed;
}

static void
put(const char *path, const char *mode, const void *bytes, size_t count)
{
    FILE *file = fopen(path, mode);

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

void
sample_write(const char *path, const void *bytes, size_t count)
{
    put(path, "wb", bytes, count);
}

void
sample_append(const char *path, const void *bytes, size_t count)
{
    put(path, "ab", bytes, count);
}

void
sample_gzip(const char *path, const void *bytes, size_t count)
{
    gzFile file = gzopen(path, "wb9");

    assert_non_null(file);
    assert_int_equal(gzwrite(file, bytes, (unsigned)count), count);
    assert_int_equal(gzclose(file), Z_OK);
}

void
sample_cut(const char *path, size_t count)
{
    assert_int_equal(truncate(path, (off_t)count), 0);
}

static void
put_dimension(unsigned char **at, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        *(*at)++ = (unsigned char)(value >> shift);
}

unsigned char *
sample_idx(uint32_t n, uint32_t height, uint32_t width, uint64_t seed, size_t *count)
{
    size_t d = height ? (size_t)height * width : 1, header = height ? 16 : 8;
    unsigned char *bytes = malloc(header + n * d), *at = bytes;
    struct sl_stream stream;

    assert_non_null(bytes);
    memcpy(at, height ? "\0\0\x08\x03" : "\0\0\x08\x01", 4);
    at += 4;
    put_dimension(&at, n);
    if (height) {
        put_dimension(&at, height);
        put_dimension(&at, width);
    }
    sl_stream_init(&stream, seed, "sample", height ? "images" : "labels");
    for (size_t i = 0; i < n * d; i++)
        *at++ = (unsigned char)sl_stream_below(&stream, height ? 256 : 10);
    for (size_t i = 0; i < n && height; i++)
        bytes[header + i * d] = (unsigned char)(i % 251);
    *count = header + n * d;
    return bytes;
}
