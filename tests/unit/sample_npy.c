/* SPDX-License-Identifier: MIT */
#include "tests/unit/sample_npy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zip.h>

char *
sample_npy(const char *dictionary, const void *elements, size_t size, size_t *count)
{
    size_t length = strlen(dictionary), header = (10 + length + 1 + 63) / 64 * 64;
    char *bytes = malloc(header + size);

    memset(bytes, ' ', header);
    memcpy(bytes, "\x93NUMPY\1\0", 8);
    bytes[8] = (char)((header - 10) % 256);
    bytes[9] = (char)((header - 10) / 256);
    memcpy(bytes + 10, dictionary, length);
    bytes[header - 1] = '\n';
    if (size)
        memcpy(bytes + header, elements, size);
    *count = header + size;
    return bytes;
}

void
sample_npy_write(const char *path, const char *dictionary, const void *elements,
                 size_t size)
{
    size_t count;
    char *bytes = sample_npy(dictionary, elements, size, &count);
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    fclose(file);
    free(bytes);
}

void
sample_npz(const char *path, const struct sample_member *members, size_t n)
{
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);

    assert_non_null(zip);
    for (size_t i = 0; i < n; i++) {
        size_t count;
        char *bytes = sample_npy(members[i].dictionary, members[i].elements,
                                 members[i].size, &count);
        zip_source_t *source = zip_source_buffer(zip, bytes, count, 1);

        assert_true(zip_file_add(zip, members[i].name, source, 0) >= 0);
    }
    assert_int_equal(zip_close(zip), 0);
}
