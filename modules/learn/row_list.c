/* SPDX-License-Identifier: MIT */
#include "modules/learn/row_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "modules/learn/npy.h"
#include "runner/base/file.h"

/* A text of so many bytes lists more rows than there can be. */
#define TEXT_MAX ((size_t)1 << 32)

static enum sl_status
refuse(const char *path, size_t i, const char *what, struct sl_error *err)
{
    return sl_fail(err, SL_ERR_IO, "'%s': entry %zu: %s", path, i + 1, what);
}

static enum sl_status
parse(const char *path, char *text, uint32_t *rows, size_t *n, struct sl_error *err)
{
    char *next, *end;

    *n = 0;
    for (char *at = text + strspn(text, " \t\r\n"); *at;
         at = end + strspn(end, " \t\r\n"), (*n)++) {
        unsigned long long value;

        errno = 0;
        value = strtoull(at, &next, 10);
        end = at + strcspn(at, " \t\r\n");
        if (next != end || next == at || *at == '-' || *at == '+' || errno ||
            value >= UINT32_MAX)
            return refuse(path, *n, "not the number of a row, counted from 0", err);
        rows[*n] = (uint32_t)value;
    }
    return *n ? SL_OK : sl_fail(err, SL_ERR_IO, "'%s' lists no rows", path);
}

static enum sl_status
read_text(const char *path, struct sl_arena *arena, const uint32_t **rows, size_t *n,
          struct sl_error *err)
{
    uint32_t *list;
    char *text;
    size_t count;

    SL_TRY(sl_file_read(path, TEXT_MAX, arena, &text, &count, err));
    list = sl_arena_rows(arena, count / 2 + 1, sizeof *list);
    if (!list)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for the rows of '%s'", path);
    *rows = list;
    return parse(path, text, list, n, err);
}

static enum sl_status
read_array(struct sl_npy *npy, struct sl_arena *arena, const uint32_t **rows,
           struct sl_error *err)
{
    struct sl_tensor values;
    uint32_t *list = sl_arena_rows(arena, npy->count, sizeof *list);

    if (!list)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for the rows of '%s'", npy->path);
    if (npy->rank != 1 || npy->type == SL_F32 || npy->type == SL_F64)
        return sl_fail(err, SL_ERR_IO, "'%s' is no vector of whole numbers", npy->path);
    SL_TRY(sl_tensor_new(&values, arena, npy->type, 1, npy->shape, err));
    SL_TRY(sl_npy_read(npy, NULL, 1, values.data, err));
    for (size_t i = 0; i < npy->count; i++) {
        double value = sl_tensor_at(&values, i);

        if (value < 0 || value >= (double)UINT32_MAX)
            return refuse(npy->path, i, "not the number of a row, counted from 0", err);
        list[i] = (uint32_t)value;
    }
    *rows = list;
    return SL_OK;
}

/* One entry for each row: nothing but 0 and 1, and more than two of them. */
static bool
is_mask(const struct sl_npy *npy, const uint32_t *rows)
{
    size_t i = 0;

    while (i < npy->count && rows[i] <= 1)
        i++;
    return i == npy->count && npy->count > 2;
}

enum sl_status
sl_row_list_read(const char *path, struct sl_arena *arena, const uint32_t **rows,
                 size_t *n, struct sl_error *err)
{
    size_t length = strlen(path);
    enum sl_status status;
    struct sl_npy npy;

    if (length < 4 || strcmp(path + length - 4, ".npy") != 0)
        return read_text(path, arena, rows, n, err);
    SL_TRY(sl_npy_open(&npy, path, NULL, NULL, err));
    status = read_array(&npy, arena, rows, err);
    *n = npy.count;
    if (status == SL_OK && is_mask(&npy, *rows))
        status =
            sl_fail(err, SL_ERR_IO,
                    "'%s' is a mask of 0 and 1; np.flatnonzero(mask) lists the numbers "
                    "of its rows",
                    path);
    sl_npy_close(&npy);
    return status;
}
