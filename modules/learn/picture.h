/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_PICTURE_H
#define SL_LEARN_PICTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "runner/base/arena.h"
#include "runner/base/error.h"

/*
 * Pictures in PNG files, through libpng. Values are those that the file has, without any
 * correction of gamma, from 0 to 255: of 16 bits in steps of 1/257. Palettes are looked up,
 * what is transparent is black.
 *
 * Grey of a colour is its luma: (19595 R + 38470 G + 7471 B) / 65536, to the nearest of the
 * file's steps (ITU-R BT.601; the weights of Pillow's mode L).
 *
 * Errors are SL_ERR_IO and begin with the path.
 */
struct sl_picture {
    size_t height, width;
    unsigned depth; /* bits of a value: 8, or 16 */
    bool colour;    /* three values for each place, or a palette */
};

/* By the file's head. */
enum sl_status sl_picture_look(const char *path, struct sl_picture *picture,
                               struct sl_error *err);

/* planes 1: grey; 3: red, green and blue, one plane behind the other. values: planes x
 * height x width. SL_ERR_SHAPE if it is of another size, or of 16 bits where there are to be
 * 8 at most. */
enum sl_status sl_picture_read(const char *path, const struct sl_picture *like,
                               unsigned planes, float *values, struct sl_error *err);

/* The .png files of a folder by the bytes of their names, at least one. */
enum sl_status sl_picture_list(const char *folder, struct sl_arena *arena,
                               const char *const **paths, size_t *n,
                               struct sl_error *err);

/* Whether a file begins as PNG does. */
bool sl_picture_knows(const unsigned char *head, size_t count);

#endif
