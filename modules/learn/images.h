/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_IMAGES_H
#define SL_LEARN_IMAGES_H

#include "modules/learn/idx.h"
#include "runner/config/field.h"
#include "runner/parallel/pool.h"

/*
 * Images and their labels in IDX files, several parts of them, one behind the other in one
 * array of rows. Files are opened and checked against each other first, then the room for
 * them is made, then they are read into it: nothing is held twice.
 */
struct sl_images {
    const char *name;                          /* of the part, for messages */
    const char *images_path, *labels_path;     /* labels_path NULL: there are none */
    const char *images_sha256, *labels_sha256; /* NULL: not known */
    struct sl_int_list shape; /* rows, height, width as described, or empty */
    int64_t classes;          /* labels are 0..classes-1; 0: not known */
    /* Set by sl_images_open. */
    struct sl_idx images, labels;
    size_t first; /* row */
};

/*
 * Opens n parts; *rows of them in all. What does not fit is SL_ERR_SHAPE: a part and its
 * description, images and their labels, two parts whose images differ in size or type.
 */
enum sl_status sl_images_open(struct sl_images *parts, size_t n, size_t *rows,
                              struct sl_error *err);
/* Safe after a failed open, and on parts that were never opened. */
void sl_images_close(struct sl_images *parts, size_t n);

/*
 * Reads all parts, each file on one thread. x: rows x height x width of images.type.
 * labels: rows, or NULL if no part has any; rows of a part without get -1. A label that is
 * no class is SL_ERR_IO, a value that is not finite SL_ERR_NUMERIC. err is that of the
 * first file that has one.
 */
enum sl_status sl_images_read(struct sl_images *parts, size_t n, struct sl_pool *pool,
                              void *x, int32_t *labels, struct sl_error *err);

#endif
