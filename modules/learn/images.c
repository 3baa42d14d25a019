/* SPDX-License-Identifier: MIT */
#include "modules/learn/images.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* ---- opening ----------------------------------------------------------------------- */

static enum sl_status
check_declared(const struct sl_images *part, struct sl_error *err)
{
    const int64_t *says = part->shape.at;
    const size_t *has = part->images.shape;

    for (size_t i = 0; i < part->shape.n; i++) {
        if ((size_t)says[i] != has[i])
            return sl_fail(err, SL_ERR_SHAPE,
                           "'%s' holds %zu images of %zu x %zu; the description of '%s' "
                           "says %" PRId64 " of %" PRId64 " x %" PRId64,
                           part->images_path, has[0], has[1], has[2], part->name, says[0],
                           says[1], says[2]);
    }
    return SL_OK;
}

static enum sl_status
open_labels(struct sl_images *part, struct sl_error *err)
{
    SL_TRY(sl_idx_open(&part->labels, part->labels_path, 1, err));
    if (part->labels.type != SL_U8 && part->labels.type != SL_I32)
        return sl_fail(err, SL_ERR_SHAPE, "'%s': labels are %s; uint8 and int32 are read",
                       part->labels_path, sl_dtype_name(part->labels.type));
    if (part->labels.count != part->images.shape[0])
        return sl_fail(err, SL_ERR_SHAPE,
                       "'%s' holds %zu labels for the %zu images of '%s'",
                       part->labels_path, part->labels.count, part->images.shape[0],
                       part->images_path);
    return SL_OK;
}

static enum sl_status
check_alike(const struct sl_images *a, const struct sl_images *b, struct sl_error *err)
{
    const size_t *x = a->images.shape, *y = b->images.shape;

    if (x[1] != y[1] || x[2] != y[2] || a->images.type != b->images.type)
        return sl_fail(
            err, SL_ERR_SHAPE,
            "images of '%s' are %zu x %zu of %s, those of '%s' %zu x %zu of %s", a->name,
            x[1], x[2], sl_dtype_name(a->images.type), b->name, y[1], y[2],
            sl_dtype_name(b->images.type));
    return SL_OK;
}

enum sl_status
sl_images_open(struct sl_images *parts, size_t n, size_t *rows, struct sl_error *err)
{
    *rows = 0;
    for (size_t p = 0; p < n; p++) {
        struct sl_images *part = &parts[p];

        SL_TRY(sl_idx_open(&part->images, part->images_path, 3, err));
        SL_TRY(check_declared(part, err));
        SL_TRY(check_alike(&parts[0], part, err));
        if (part->labels_path)
            SL_TRY(open_labels(part, err));
        part->first = *rows;
        *rows += part->images.shape[0];
    }
    if (*rows > UINT32_MAX)
        return sl_fail(err, SL_ERR_SHAPE,
                       "there are %zu images; at most %" PRIu32 " can be used", *rows,
                       UINT32_MAX);
    return SL_OK;
}

void
sl_images_close(struct sl_images *parts, size_t n)
{
    for (size_t p = 0; p < n; p++) {
        sl_idx_close(&parts[p].images);
        sl_idx_close(&parts[p].labels);
    }
}

/* ---- reading ----------------------------------------------------------------------- */

static enum sl_status
check_finite(const struct sl_images *part, const void *x, struct sl_error *err)
{
    size_t n = part->images.count, d = n / part->images.shape[0], bad = 0, first = 0;
    bool single = part->images.type == SL_F32;

    if (!single && part->images.type != SL_F64)
        return SL_OK;
    for (size_t i = 0; i < n; i++) {
        double value = single ? (double)((const float *)x)[i] : ((const double *)x)[i];

        if (!isfinite(value) && bad++ == 0)
            first = i;
    }
    if (bad > 0)
        return sl_fail(err, SL_ERR_NUMERIC,
                       "'%s': %zu values are not finite, the first in image %zu, pixel "
                       "%zu, counted from 0",
                       part->images_path, bad, first / d, first % d);
    return SL_OK;
}

static enum sl_status
read_images(struct sl_images *part, void *x, struct sl_error *err)
{
    size_t row = part->images.bytes / part->images.shape[0];
    char *at = (char *)x + part->first * row;

    SL_TRY(sl_idx_read(&part->images, part->images_sha256, at, err));
    return check_finite(part, at, err);
}

static enum sl_status
check_labels(const struct sl_images *part, const int32_t *labels, struct sl_error *err)
{
    for (size_t i = 0; i < part->labels.count; i++) {
        if (labels[i] < 0)
            return sl_fail(err, SL_ERR_IO,
                           "'%s': label %zu, counted from 0, is %" PRId32
                           "; classes are numbered from 0",
                           part->labels_path, i, labels[i]);
        if (part->classes > 0 && labels[i] >= part->classes)
            return sl_fail(err, SL_ERR_IO,
                           "'%s': label %zu, counted from 0, is %" PRId32
                           "; there are %" PRId64 " classes, 0 to %" PRId64,
                           part->labels_path, i, labels[i], part->classes,
                           part->classes - 1);
    }
    return SL_OK;
}

static enum sl_status
read_labels(struct sl_images *part, int32_t *labels, struct sl_error *err)
{
    size_t n = part->images.shape[0];
    /* One byte each, at the end of the room that they will fill: widened in place. */
    uint8_t *bytes = (uint8_t *)labels + n * (sizeof *labels - 1);
    bool narrow = part->labels.type == SL_U8;

    if (!part->labels_path) {
        for (size_t i = 0; i < n; i++)
            labels[i] = -1;
        return SL_OK;
    }
    SL_TRY(sl_idx_read(&part->labels, part->labels_sha256,
                       narrow ? (void *)bytes : (void *)labels, err));
    for (size_t i = 0; narrow && i < n; i++)
        labels[i] = bytes[i];
    return check_labels(part, labels, err);
}

/* Two tiles a part, images and labels; each has an error of its own. */
struct reading {
    struct sl_images *parts;
    void *x;
    int32_t *labels;
    struct sl_error *errors;
};

static void
read_tile(void *context, size_t tile)
{
    const struct reading *reading = context;
    struct sl_images *part = &reading->parts[tile / 2];
    struct sl_error *err = &reading->errors[tile];

    if (tile % 2 == 0)
        read_images(part, reading->x, err);
    else if (reading->labels)
        read_labels(part, reading->labels + part->first, err);
}

enum sl_status
sl_images_read(struct sl_images *parts, size_t n, struct sl_pool *pool, void *x,
               int32_t *labels, struct sl_error *err)
{
    struct reading reading = {parts, x, labels, calloc(2 * n, sizeof(struct sl_error))};
    enum sl_status status = SL_OK;

    if (!reading.errors)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to read %zu parts", n);
    sl_pool_tiles(pool, 2 * n, read_tile, &reading);
    for (size_t i = 0; i < 2 * n && !status; i++) {
        if (reading.errors[i].status) {
            *err = reading.errors[i];
            status = err->status;
        }
    }
    free(reading.errors);
    return status;
}
