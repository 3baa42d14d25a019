/* SPDX-License-Identifier: MIT */
/* Writes a small image data set for tests: make_idx FOLDER. Class 0 has horizontal waves,
 * class 1 vertical ones, class 2 (the anomalies) rings; 12 x 12 pixels with noise. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "runner/base/rng.h"

#define SIDE 12

static void
put_u32(FILE *file, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        fputc((int)(value >> shift & 255), file);
}

static double
pattern(int class, double phase, int row, int column)
{
    double x = column - (SIDE - 1) / 2.0, y = row - (SIDE - 1) / 2.0;

    switch (class) {
    case 0:
        return sin(row + phase);
    case 1:
        return sin(column + phase);
    default:
        return sin(1.7 * sqrt(x * x + y * y) + phase);
    }
}

static void
write_image(FILE *file, struct sl_stream *stream, int class)
{
    double phase = 6.28 * sl_stream_uniform(stream);

    for (int row = 0; row < SIDE; row++)
        for (int column = 0; column < SIDE; column++) {
            double value = 0.5 + 0.4 * pattern(class, phase, row, column) +
                           0.05 * sl_stream_normal(stream);
            fputc((int)lround(255 * fmin(fmax(value, 0), 1)), file);
        }
}

static FILE *
create(const char *folder, const char *name)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return fopen(path, "wb");
}

static int
write_part(const char *folder, const char *part, int first, int classes, uint32_t n)
{
    char images_name[100], labels_name[100];
    struct sl_stream stream;

    snprintf(images_name, sizeof images_name, "%s-images-idx3-ubyte", part);
    snprintf(labels_name, sizeof labels_name, "%s-labels-idx1-ubyte", part);
    FILE *images = create(folder, images_name), *labels = create(folder, labels_name);
    if (!images || !labels)
        return 1;
    sl_stream_init(&stream, 20261122, "make_idx", part);
    put_u32(images, 0x00000803);
    put_u32(labels, 0x00000801);
    put_u32(images, n);
    put_u32(labels, n);
    put_u32(images, SIDE);
    put_u32(images, SIDE);
    for (uint32_t i = 0; i < n; i++) {
        int class = first + (int)(i % (uint32_t)classes);
        write_image(images, &stream, class);
        fputc(class, labels);
    }
    return fclose(images) != 0 || fclose(labels) != 0;
}

int
main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: make_idx FOLDER\n", stderr);
        return 2;
    }
    return write_part(argv[1], "train", 0, 2, 1200) ||
           write_part(argv[1], "test", 0, 2, 300) ||
           write_part(argv[1], "rings", 2, 1, 300);
}
