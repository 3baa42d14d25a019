/* SPDX-License-Identifier: MIT */
#include "runner/plot/picture.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* An empty figure of the smallest size has more. */
#define LEAST_BYTES 300

static bool
begins(const char *bytes, size_t count, const char *with, size_t length)
{
    return count >= length && memcmp(bytes, with, length) == 0;
}

static bool
ends(const char *bytes, size_t count, const char *with, size_t length)
{
    return count >= length && memcmp(bytes + count - length, with, length) == 0;
}

static bool
is_svg(const char *bytes, size_t count)
{
    while (count && isspace((unsigned char)bytes[count - 1]))
        count--;
    return begins(bytes, count, "<?xml", 5) && ends(bytes, count, "</svg>", 6);
}

static bool
is_png(const char *bytes, size_t count)
{
    /* The chunk IEND: no bytes, its name, its check sum. */
    return begins(bytes, count, "\x89PNG\r\n\x1a\n", 8) &&
           ends(bytes, count, "\0\0\0\0IEND\xae\x42\x60\x82", 12);
}

enum sl_status
sl_picture_check(const char *name, const char *bytes, size_t count, struct sl_error *err)
{
    size_t length = strlen(name);
    bool svg = ends(name, length, ".svg", 4);

    if (count < LEAST_BYTES || !(svg ? is_svg : is_png)(bytes, count))
        return sl_fail(err, SL_ERR_IO,
                       "gnuplot left '%s' incomplete, %zu bytes; is the disk full?", name,
                       count);
    return SL_OK;
}
