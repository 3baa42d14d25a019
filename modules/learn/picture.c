/* SPDX-License-Identifier: MIT */
#include "modules/learn/picture.h"

#include <dirent.h>
#include <png.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/file.h"

/* Pixels of a picture, and of a side. */
#define PIXELS_MAX ((size_t)1 << 26)
#define SIDE_MAX 1000000
#define HEAD 8

/* A picture that is being read. libpng leaves by a jump, so all that is to be released
 * stands here. */
struct reading {
    const char *path;
    FILE *file;
    png_structp png;
    png_infop info;
    unsigned char *bytes;
    png_bytep *rows;
    char message[120];
    jmp_buf jump;
};

/* ---- libpng -------------------------------------------------------------------------------- */

static void
leave(png_structp png, png_const_charp message)
{
    struct reading *r = png_get_error_ptr(png);

    snprintf(r->message, sizeof r->message, "%s", message);
    longjmp(r->jump, 1);
}

static void
pass_over(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static enum sl_status
start(struct reading *r, const char *path, struct sl_error *err)
{
    unsigned char head[HEAD] = {0};
    int fd;

    *r = (struct reading){.path = path};
    SL_TRY(sl_file_open(path, &fd, err));
    r->file = fdopen(fd, "rb");
    if (!r->file) {
        close(fd);
        return sl_fail_errno(err, "can't read '%s'", path);
    }
    if (fread(head, 1, HEAD, r->file) < HEAD || !sl_picture_knows(head, HEAD))
        return sl_fail(err, SL_ERR_IO, "'%s' is no PNG file", path);
    r->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, r, leave, pass_over);
    r->info = r->png ? png_create_info_struct(r->png) : NULL;
    if (!r->info)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to read '%s'", path);
    return SL_OK;
}

static void
end(struct reading *r)
{
    if (r->png)
        png_destroy_read_struct(&r->png, r->info ? &r->info : NULL, NULL);
    if (r->file)
        fclose(r->file);
    free(r->bytes);
    free(r->rows);
}

/* What calls libpng: false if it left, and r->message says why. */
static bool
read_head(struct reading *r)
{
    if (setjmp(r->jump))
        return false;
    png_set_user_limits(r->png, SIDE_MAX, SIDE_MAX);
    png_init_io(r->png, r->file);
    png_set_sig_bytes(r->png, HEAD);
    png_read_info(r->png, r->info);
    return true;
}

/* From here on values are whole bytes: grey or colour, perhaps with alpha. */
static bool
expand(struct reading *r)
{
    if (setjmp(r->jump))
        return false;
    png_set_expand(r->png);
    png_set_interlace_handling(r->png);
    png_read_update_info(r->png, r->info);
    return true;
}

static bool
read_rows(struct reading *r)
{
    if (setjmp(r->jump))
        return false;
    png_read_image(r->png, r->rows);
    png_read_end(r->png, NULL);
    return true;
}

static enum sl_status
fail(const struct reading *r, struct sl_error *err)
{
    return sl_fail(err, SL_ERR_IO, "'%s': libpng says: %s", r->path, r->message);
}

/* ---- a picture ----------------------------------------------------------------------------- */

static enum sl_status
look(struct reading *r, struct sl_picture *picture, struct sl_error *err)
{
    if (!read_head(r))
        return fail(r, err);
    *picture = (struct sl_picture){
        .height = png_get_image_height(r->png, r->info),
        .width = png_get_image_width(r->png, r->info),
        .depth = png_get_bit_depth(r->png, r->info) == 16 ? 16 : 8,
        .colour = png_get_color_type(r->png, r->info) & PNG_COLOR_MASK_COLOR,
    };
    if (picture->height * picture->width > PIXELS_MAX)
        return sl_fail(err, SL_ERR_IO, "'%s' is larger than %zu pixels", r->path,
                       PIXELS_MAX);
    return SL_OK;
}

enum sl_status
sl_picture_look(const char *path, struct sl_picture *picture, struct sl_error *err)
{
    struct reading r;
    enum sl_status status = start(&r, path, err);

    if (status == SL_OK)
        status = look(&r, picture, err);
    end(&r);
    return status;
}

static uint32_t
value_at(const unsigned char *at, bool wide)
{
    return wide ? (uint32_t)at[0] << 8 | at[1] : at[0];
}

/* The values of a place, over black; channels: grey, grey and alpha, RGB, RGB and alpha. */
static void
put_pixel(const unsigned char *at, unsigned channels, bool wide, unsigned planes,
          size_t stride, float *out)
{
    size_t size = wide ? 2 : 1;
    uint32_t full = wide ? 65535 : 255, alpha = full, rgb[3];

    if (channels % 2 == 0)
        alpha = value_at(at + (channels - 1) * size, wide);
    for (size_t k = 0; k < 3; k++) {
        uint64_t value = value_at(at + (channels > 2 ? k * size : 0), wide);

        rgb[k] = (uint32_t)((value * alpha + full / 2) / full);
    }
    if (planes == 1)
        rgb[0] = (uint32_t)((19595ull * rgb[0] + 38470ull * rgb[1] + 7471ull * rgb[2] +
                             32768) >>
                            16);
    for (unsigned k = 0; k < planes; k++)
        out[k * stride] = wide ? (float)rgb[k] / 257 : (float)rgb[k];
}

static enum sl_status
read_pixels(struct reading *r, const struct sl_picture *picture, unsigned planes,
            float *values, struct sl_error *err)
{
    size_t area = picture->height * picture->width, width, size;
    unsigned channels;
    bool wide;

    if (!expand(r))
        return fail(r, err);
    width = png_get_rowbytes(r->png, r->info);
    channels = png_get_channels(r->png, r->info);
    wide = png_get_bit_depth(r->png, r->info) == 16;
    size = wide ? 2 : 1;
    r->bytes = malloc(picture->height * width);
    r->rows = malloc(picture->height * sizeof *r->rows);
    if (!r->bytes || !r->rows)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to read '%s'", r->path);
    for (size_t i = 0; i < picture->height; i++)
        r->rows[i] = r->bytes + i * width;
    if (!read_rows(r))
        return fail(r, err);
    for (size_t i = 0; i < area; i++)
        put_pixel(r->bytes + i * channels * size, channels, wide, planes, area,
                  values + i);
    return SL_OK;
}

static enum sl_status
compare(const char *path, const struct sl_picture *picture, const struct sl_picture *like,
        struct sl_error *err)
{
    if (picture->height != like->height || picture->width != like->width)
        return sl_fail(err, SL_ERR_SHAPE,
                       "'%s' is %zu x %zu, not %zu x %zu like the first", path,
                       picture->height, picture->width, like->height, like->width);
    if (picture->depth > like->depth)
        return sl_fail(err, SL_ERR_SHAPE, "'%s' has values of %u bits, the first of %u",
                       path, picture->depth, like->depth);
    return SL_OK;
}

enum sl_status
sl_picture_read(const char *path, const struct sl_picture *like, unsigned planes,
                float *values, struct sl_error *err)
{
    struct sl_picture picture;
    struct reading r;
    enum sl_status status = start(&r, path, err);

    if (status == SL_OK)
        status = look(&r, &picture, err);
    if (status == SL_OK)
        status = compare(path, &picture, like, err);
    if (status == SL_OK)
        status = read_pixels(&r, &picture, planes, values, err);
    end(&r);
    return status;
}

bool
sl_picture_knows(const unsigned char *head, size_t count)
{
    return count >= HEAD && memcmp(head, "\x89PNG\r\n\x1a\n", HEAD) == 0;
}

/* ---- a folder ------------------------------------------------------------------------------ */

static int
is_picture(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);

    return n > 4 && entry->d_name[0] != '.' &&
           strcasecmp(entry->d_name + n - 4, ".png") == 0;
}

/* By bytes, whatever the locale. */
static int
by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

enum sl_status
sl_picture_list(const char *folder, struct sl_arena *arena, const char *const **paths,
                size_t *count, struct sl_error *err)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, is_picture, by_name);
    const char **list;

    if (n < 0)
        return sl_fail_errno(err, "cannot read the folder '%s'", folder);
    list = sl_arena_alloc(arena, (size_t)n * sizeof *list);
    for (int i = 0; i < n; i++) {
        list[i] = sl_arena_format(arena, "%s/%s", folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    *paths = list;
    *count = (size_t)n;
    if (n == 0)
        return sl_fail(err, SL_ERR_IO, "the folder '%s' holds no .png file", folder);
    return SL_OK;
}
