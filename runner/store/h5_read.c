/* SPDX-License-Identifier: MIT */
#include "runner/store/h5.h"

#include <stdint.h>
#include <string.h>

#include "runner/store/h5_file.h"

bool
sl_h5_has(struct sl_h5 *file, const char *path)
{
    sl_h5_quiet();
    return strcmp(path, "/") == 0 || H5Lexists(file->file, path, file->links) > 0;
}

/* ---- names ------------------------------------------------------------------------- */

static const char *
name_at(hid_t group, size_t i, struct sl_arena *arena)
{
    ssize_t length = H5Lget_name_by_idx(group, ".", H5_INDEX_CRT_ORDER, H5_ITER_INC, i,
                                        NULL, 0, H5P_DEFAULT);
    char *name;

    if (length < 0)
        return NULL;
    name = sl_arena_alloc(arena, (size_t)length + 1);
    if (H5Lget_name_by_idx(group, ".", H5_INDEX_CRT_ORDER, H5_ITER_INC, i, name,
                           (size_t)length + 1, H5P_DEFAULT) < 0)
        return NULL;
    return name;
}

static enum sl_status
read_names(hid_t group, struct sl_arena *arena, const char ***names, size_t *n,
           struct sl_error *err)
{
    H5G_info_t info;

    if (H5Gget_info(group, &info) < 0)
        return sl_h5_fail(err, "the names can't be read");
    *n = (size_t)info.nlinks;
    *names = sl_arena_array(arena, *n, sizeof **names);
    if (*names == NULL)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu names", *n);
    for (size_t i = 0; i < *n; i++) {
        (*names)[i] = name_at(group, i, arena);
        if ((*names)[i] == NULL)
            return sl_h5_fail(err, "name %zu of %zu can't be read", i + 1, *n);
    }
    return SL_OK;
}

enum sl_status
sl_h5_names(struct sl_h5 *file, const char *path, struct sl_arena *arena,
            const char ***names, size_t *n, struct sl_error *err)
{
    hid_t group;
    enum sl_status status;

    *names = NULL;
    *n = 0;
    if (!sl_h5_has(file, path))
        return SL_OK;
    group = H5Oopen(file->file, path, file->links);
    if (group < 0)
        return sl_h5_fail(err, "'%s' can't be opened", path);
    status = read_names(group, arena, names, n, err);
    sl_h5_close(group);
    return status == SL_OK ? SL_OK : sl_error_context(err, "group '%s'", path);
}

/* ---- values ------------------------------------------------------------------------ */

void
sl_h5_stored_open(struct sl_h5_stored *value, hid_t id)
{
    value->id = id;
    value->attribute = H5Iget_type(id) == H5I_ATTR;
    value->type = value->attribute ? H5Aget_type(id) : H5Dget_type(id);
    value->space = value->attribute ? H5Aget_space(id) : H5Dget_space(id);
}

void
sl_h5_stored_close(struct sl_h5_stored *value)
{
    sl_h5_close(value->space);
    sl_h5_close(value->type);
    sl_h5_close(value->id);
}

static herr_t
value_read(const struct sl_h5_stored *value, hid_t memory, void *out)
{
    if (value->attribute)
        return H5Aread(value->id, memory, out);
    return H5Dread(value->id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, out);
}

bool
sl_h5_stands_in_file(struct sl_h5 *file, const struct sl_h5_stored *value)
{
    hid_t list = value->attribute ? H5I_INVALID_HID : H5Dget_create_plist(value->id);
    bool plain = value->attribute || (H5Pget_layout(list) == H5D_CONTIGUOUS &&
                                      H5Pget_external_count(list) == 0);
    hssize_t n = H5Sget_simple_extent_npoints(value->space);
    size_t size = H5Tget_size(value->type);

    sl_h5_close(list);
    return plain && n >= 0 && size > 0 && (size_t)n <= file->count / size;
}

static bool
is_scalar(const struct sl_h5_stored *value)
{
    return H5Sget_simple_extent_npoints(value->space) == 1;
}

static enum sl_status
read_text(struct sl_h5 *file, const struct sl_h5_stored *value, struct sl_arena *arena,
          const char **text, struct sl_error *err)
{
    size_t size = H5Tget_size(value->type);
    char *bytes;

    if (!sl_h5_stands_in_file(file, value) || !is_scalar(value) ||
        H5Tget_class(value->type) != H5T_STRING || H5Tis_variable_str(value->type) != 0)
        return sl_fail(err, SL_ERR_IO, "no text of fixed length");
    bytes = sl_arena_array(arena, size + 1, 1);
    if (bytes == NULL)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for a text of %zu bytes", size);
    if (value_read(value, value->type, bytes) < 0)
        return sl_h5_fail(err, "can't be read");
    *text = bytes;
    return SL_OK;
}

enum sl_status
sl_h5_read_text(struct sl_h5 *file, const char *path, struct sl_arena *arena,
                const char **text, struct sl_error *err)
{
    struct sl_h5_stored value;
    enum sl_status status;
    hid_t id;

    *text = NULL;
    if (!sl_h5_has(file, path))
        return SL_OK;
    id = H5Oopen(file->file, path, file->links);
    if (id < 0)
        return sl_h5_fail(err, "'%s' can't be opened", path);
    sl_h5_stored_open(&value, id);
    status = read_text(file, &value, arena, text, err);
    sl_h5_stored_close(&value);
    return status == SL_OK ? SL_OK : sl_error_context(err, "'%s'", path);
}

/* ---- attributes -------------------------------------------------------------------- */

/* *id is invalid if there is no such attribute. */
static enum sl_status
open_attribute(struct sl_h5 *file, const char *path, const char *name, hid_t *id,
               struct sl_error *err)
{
    *id = H5I_INVALID_HID;
    if (!sl_h5_has(file, path) ||
        H5Aexists_by_name(file->file, path, name, file->links) <= 0)
        return SL_OK;
    *id = H5Aopen_by_name(file->file, path, name, H5P_DEFAULT, file->links);
    if (*id < 0)
        return sl_h5_fail(err, "attribute '%s' of '%s' can't be opened", name, path);
    return SL_OK;
}

enum sl_status
sl_h5_get_text(struct sl_h5 *file, const char *path, const char *name,
               struct sl_arena *arena, const char **text, struct sl_error *err)
{
    struct sl_h5_stored value;
    enum sl_status status;
    hid_t id;

    *text = NULL;
    SL_TRY(open_attribute(file, path, name, &id, err));
    if (id < 0)
        return SL_OK;
    sl_h5_stored_open(&value, id);
    status = read_text(file, &value, arena, text, err);
    sl_h5_stored_close(&value);
    if (status == SL_OK)
        return SL_OK;
    return sl_error_context(err, "attribute '%s' of '%s'", name, path);
}

/* number: room for one value of the type memory. */
static enum sl_status
get_number(struct sl_h5 *file, const char *path, const char *name, hid_t memory,
           void *number, struct sl_error *err)
{
    struct sl_h5_stored value;
    enum sl_status status = SL_OK;
    hid_t id;

    SL_TRY(open_attribute(file, path, name, &id, err));
    if (id < 0)
        return sl_fail(err, SL_ERR_IO, "'%s' has no attribute '%s'", path, name);
    sl_h5_stored_open(&value, id);
    if (!is_scalar(&value))
        status =
            sl_fail(err, SL_ERR_IO, "attribute '%s' of '%s' is no number", name, path);
    else if (value_read(&value, memory, number) < 0)
        status = sl_h5_fail(err, "attribute '%s' of '%s' can't be read", name, path);
    sl_h5_stored_close(&value);
    return status;
}

enum sl_status
sl_h5_get_u64(struct sl_h5 *file, const char *path, const char *name, uint64_t *number,
              struct sl_error *err)
{
    return get_number(file, path, name, H5T_NATIVE_UINT64, number, err);
}

enum sl_status
sl_h5_get_double(struct sl_h5 *file, const char *path, const char *name, double *number,
                 struct sl_error *err)
{
    return get_number(file, path, name, H5T_NATIVE_DOUBLE, number, err);
}

/* ---- bundles ----------------------------------------------------------------------- */

static bool
find_type(hid_t stored, enum sl_dtype *type)
{
    static const enum sl_dtype all[] = {SL_F32, SL_F64, SL_U8, SL_I32, SL_U32, SL_I64};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (H5Tequal(stored, sl_h5_stored_type(all[i])) > 0) {
            *type = all[i];
            return true;
        }
    return false;
}

/* Points a large tensor at where it stands in the file's bytes; false: it is small, or has to
 * be converted or moved. A foreign file may say any shape. */
static bool
points_at_file(const struct sl_h5 *file, const struct sl_h5_stored *value,
               struct sl_tensor *tensor)
{
    haddr_t offset = value->attribute ? HADDR_UNDEF : H5Dget_offset(value->id);
    size_t bytes = sl_dtype_size(tensor->type);

    for (unsigned i = 0; i < tensor->rank; i++)
        if (__builtin_mul_overflow(bytes, tensor->shape[i], &bytes))
            return false;
    if (bytes < SL_H5_LARGE || offset == HADDR_UNDEF || offset > file->count ||
        bytes > file->count - offset ||
        ((uintptr_t)file->image + offset) % SL_H5_ALIGNED != 0 ||
        H5Tequal(value->type, sl_h5_memory_type(tensor->type)) <= 0)
        return false;
    tensor->data = (char *)file->image + offset;
    return true;
}

static enum sl_status
read_tensor(struct sl_h5 *file, const struct sl_h5_stored *value, struct sl_arena *arena,
            struct sl_tensor *tensor, struct sl_error *err)
{
    int rank = H5Sget_simple_extent_ndims(value->space);
    hsize_t extent[H5S_MAX_RANK];
    struct sl_tensor fresh = {.rank = (unsigned)rank};

    if (!find_type(value->type, &fresh.type) || !sl_h5_stands_in_file(file, value) ||
        rank < 0 || rank > SL_MAX_RANK)
        return sl_fail(err, SL_ERR_IO, "no dataset as sluice writes them");
    if (H5Sget_simple_extent_dims(value->space, extent, NULL) < 0)
        return sl_h5_fail(err, "has no shape");
    for (int i = 0; i < rank; i++)
        fresh.shape[i] = (size_t)extent[i];
    *tensor = fresh;
    if (points_at_file(file, value, tensor))
        return SL_OK;
    SL_TRY(sl_tensor_new(tensor, arena, fresh.type, fresh.rank, fresh.shape, err));
    if (value_read(value, sl_h5_memory_type(fresh.type), tensor->data) < 0)
        return sl_h5_fail(err, "can't be read");
    return SL_OK;
}

static enum sl_status
read_dataset(struct sl_h5 *file, const char *path, struct sl_arena *arena,
             struct sl_tensor *tensor, struct sl_error *err)
{
    hid_t id = H5Oopen(file->file, path, file->links);
    struct sl_h5_stored value;
    enum sl_status status;

    if (id < 0)
        return sl_h5_fail(err, "'%s' can't be opened", path);
    sl_h5_stored_open(&value, id);
    status = read_tensor(file, &value, arena, tensor, err);
    sl_h5_stored_close(&value);
    return status == SL_OK ? SL_OK : sl_error_context(err, "'%s'", path);
}

/* The axis of an item that has one is what stands in its folder below /axes. A metric of
 * the same name shares the folder and has none. */
static enum sl_status
read_axis(struct sl_h5 *file, const char *group, struct sl_arena *arena,
          struct sl_item *item, struct sl_error *err)
{
    const char *folder = sl_h5_axis_folder(arena, group, item->name);
    const char *path = sl_h5_join(arena, group, item->name), **names;
    struct sl_tensor at;
    size_t n;

    if (H5Aexists_by_name(file->file, path, "DIMENSION_LIST", file->links) <= 0)
        return SL_OK;
    SL_TRY(sl_h5_names(file, folder, arena, &names, &n, err));
    if (n == 0)
        return SL_OK;
    path = sl_h5_join(arena, folder, names[0]);
    SL_TRY(read_dataset(file, path, arena, &at, err));
    if (at.type != SL_F64 || at.rank != 1 || item->tensor.rank != 1 ||
        at.shape[0] != item->tensor.shape[0])
        return sl_fail(err, SL_ERR_IO, "'%s' does not fit what it is the axis of", path);
    item->axis = names[0];
    item->at = at.data;
    return SL_OK;
}

/* An item has an interval where it says how that was found. */
static enum sl_status
read_interval(struct sl_h5 *file, const char *path, struct sl_arena *arena,
              struct sl_item *item, struct sl_error *err)
{
    struct sl_interval *interval = SL_NEW(arena, struct sl_interval);

    SL_TRY(sl_h5_get_text(file, path, "undefined", arena, &item->undefined, err));
    SL_TRY(sl_h5_get_text(file, path, "interval", arena, &interval->method, err));
    if (interval->method == NULL)
        return SL_OK;
    SL_TRY(sl_h5_get_double(file, path, "low", &interval->low, err));
    SL_TRY(sl_h5_get_double(file, path, "high", &interval->high, err));
    item->interval = interval;
    return SL_OK;
}

static enum sl_status
read_item(struct sl_h5 *file, const char *group, const char *name,
          struct sl_bundle *bundle, struct sl_error *err)
{
    struct sl_arena scratch;
    struct sl_item item = {.name = name};
    const char *path;
    enum sl_status status;

    sl_arena_init(&scratch);
    path = sl_h5_join(&scratch, group, name);
    status = read_dataset(file, path, bundle->arena, &item.tensor, err);
    if (status == SL_OK)
        status = sl_h5_get_text(file, path, "unit", &scratch, &item.unit, err);
    if (status == SL_OK)
        status = sl_h5_get_text(file, path, "description", &scratch, &item.help, err);
    if (status == SL_OK)
        status = read_interval(file, path, &scratch, &item, err);
    if (status == SL_OK)
        status = read_axis(file, group, bundle->arena, &item, err);
    if (status == SL_OK)
        sl_bundle_take(bundle, &item);
    sl_arena_release(&scratch);
    return status;
}

enum sl_status
sl_h5_read_bundle(struct sl_h5 *file, const char *group, struct sl_bundle *bundle,
                  struct sl_error *err)
{
    struct sl_arena scratch;
    const char **names;
    size_t n;
    enum sl_status status;

    sl_arena_init(&scratch);
    status = sl_h5_names(file, group, &scratch, &names, &n, err);
    for (size_t i = 0; i < n && status == SL_OK; i++)
        status = read_item(file, group, names[i], bundle, err);
    sl_arena_release(&scratch);
    return status;
}
