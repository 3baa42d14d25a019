/* SPDX-License-Identifier: MIT */

/*
 * Dimension scales, as the "HDF5 Dimension Scale Specification" has them: the scale has the
 * attributes CLASS, NAME and REFERENCE_LIST, the dataset it belongs to DIMENSION_LIST.
 * Written by hand, since libhdf5_hl writes REFERENCE_LIST with the padding of a C struct,
 * and what stands there differs from run to run.
 */
#include <assert.h>
#include <string.h>

#include "runner/store/h5_file.h"

char *
sl_h5_axis_folder(struct sl_arena *arena, const char *group, const char *item)
{
    const char *rest = strchr(group + 1, '/');

    return sl_arena_format(arena, "/axes%s/%s", rest == NULL ? "" : rest, item);
}

/* DIMENSION_LIST: for every dimension its scales; here one dimension and one scale. */
static enum sl_status
list_scales(struct sl_h5 *file, const char *path, const char *scale_path,
            struct sl_error *err)
{
    hsize_t one = 1;
    hobj_ref_t scale;
    hvl_t list = {1, &scale};
    hid_t type = H5Tvlen_create(H5T_STD_REF_OBJ);
    struct sl_h5_value value = {type, type, H5Screate_simple(1, &one, NULL), &list};
    enum sl_status status;

    if (H5Rcreate(&scale, file->file, scale_path, H5R_OBJECT, -1) < 0)
        status = sl_h5_fail(err, "'%s' can't be referred to", scale_path);
    else
        status = sl_h5_attach(file, path, "DIMENSION_LIST", &value, err);
    sl_h5_close(value.space);
    sl_h5_close(type);
    return status;
}

/* A reference to a dataset and the dimension, an int, without padding. */
#define USER_SIZE (sizeof(hobj_ref_t) + sizeof(int))

static hid_t
user_type(void)
{
    hid_t type = H5Tcreate(H5T_COMPOUND, USER_SIZE);

    if (type >= 0 && H5Tinsert(type, "dataset", 0, H5T_STD_REF_OBJ) >= 0 &&
        H5Tinsert(type, "dimension", sizeof(hobj_ref_t), H5T_NATIVE_INT) >= 0)
        return type;
    sl_h5_close(type);
    return H5I_INVALID_HID;
}

/* REFERENCE_LIST: the dimensions that have this scale. */
static enum sl_status
list_users(struct sl_h5 *file, const char *path, const char *scale_path,
           struct sl_error *err)
{
    hsize_t one = 1;
    hid_t type = user_type();
    hobj_ref_t dataset;
    char user[USER_SIZE] = {0}; /* dimension 0 */
    struct sl_h5_value value = {type, type, H5Screate_simple(1, &one, NULL), user};
    enum sl_status status;

    if (H5Rcreate(&dataset, file->file, path, H5R_OBJECT, -1) < 0) {
        status = sl_h5_fail(err, "'%s' can't be referred to", path);
    } else {
        memcpy(user, &dataset, sizeof dataset);
        status = sl_h5_attach(file, scale_path, "REFERENCE_LIST", &value, err);
    }
    sl_h5_close(value.space);
    sl_h5_close(type);
    return status;
}

enum sl_status
sl_h5_put_axis(struct sl_h5 *file, const char *path, const char *scale_path,
               const struct sl_item *item, struct sl_error *err)
{
    struct sl_tensor at =
        sl_tensor_vector(SL_F64, (void *)(uintptr_t)item->at, item->tensor.shape[0]);

    assert(item->tensor.rank == 1);
    SL_TRY(sl_h5_put_tensor(file, scale_path, &at, err));
    SL_TRY(sl_h5_set_text(file, scale_path, "CLASS", "DIMENSION_SCALE", err));
    SL_TRY(sl_h5_set_text(file, scale_path, "NAME", item->axis, err));
    SL_TRY(list_scales(file, path, scale_path, err));
    return list_users(file, path, scale_path, err);
}
