/* SPDX-License-Identifier: MIT */
#include "runner/store/h5.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/store/h5_file.h"

/* What HDF5 keeps, of each kind, of structures that it is done with. A file has one of half a
 * megabyte, and new memory for it costs a third of a millisecond. */
#define SPARE (16 << 20)

/* What a file in memory grows by. */
#define INCREMENT ((size_t)256 << 10)

void
sl_h5_quiet(void)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

struct reason {
    char text[300];
};

static herr_t
innermost(unsigned i, const H5E_error2_t *error, void *context)
{
    struct reason *reason = context;

    if (i == 0 && error->desc != NULL)
        snprintf(reason->text, sizeof reason->text, "%s", error->desc);
    return 0;
}

enum sl_status
sl_h5_fail(struct sl_error *err, const char *format, ...)
{
    struct reason reason = {"no reason given"};
    char what[sizeof err->text - sizeof reason.text - 16];
    va_list args;

    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost, &reason);
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return sl_fail(err, SL_ERR_IO, "%s: HDF5 says: %s", what, reason.text);
}

void
sl_h5_close(hid_t id)
{
    if (id >= 0)
        H5Idec_ref(id);
}

/* Follows a link into another file: never. */
static herr_t
refuse(const char *file, const char *group, const char *child_file,
       const char *child_object, unsigned *flags, hid_t list, void *context)
{
    (void)file, (void)group, (void)child_file, (void)child_object;
    (void)flags, (void)list, (void)context;
    return -1;
}

static enum sl_status
handle_new(struct sl_h5 **file, struct sl_error *err)
{
    struct sl_h5 *h5 = calloc(1, sizeof *h5);

    if (h5 == NULL)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for an HDF5 file");
    sl_h5_quiet();
    h5->count = SIZE_MAX;
    h5->file = h5->groups = h5->datasets = h5->set = H5I_INVALID_HID;
    h5->links = H5Pcreate(H5P_LINK_ACCESS);
    if (h5->links < 0 || H5Pset_elink_cb(h5->links, refuse, NULL) < 0) {
        sl_h5_fail(err, "HDF5 can't be started");
        sl_h5_free(h5);
        return err->status;
    }
    *file = h5;
    return SL_OK;
}

/*
 * HDF5 takes two files of one name for the same file, so the name is that of the handle.
 * Nothing can be at a path below /dev/null, which the library makes sure of.
 */
struct image_name {
    char text[48];
};

static struct image_name
name_of(const struct sl_h5 *file)
{
    struct image_name name;

    snprintf(name.text, sizeof name.text, "/dev/null/%p", (const void *)file);
    return name;
}

/* No clock, and names in the order in which they were written. */
static hid_t
creation_list(hid_t class)
{
    hid_t list = H5Pcreate(class);

    if (list < 0 || H5Pset_obj_track_times(list, 0) < 0)
        goto fail;
    if (class != H5P_DATASET_CREATE &&
        H5Pset_link_creation_order(list, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED) <
            0)
        goto fail;
    return list;
fail:
    sl_h5_close(list);
    return H5I_INVALID_HID;
}

/* For as long as a file is written its memory is the arena's. */
static void *
grow(void *image, size_t count, H5FD_file_image_op_t operation, void *context)
{
    struct sl_h5 *h5 = context;
    void *larger;

    (void)operation;
    if (count <= h5->room)
        return h5->image;
    larger = sl_arena_rows(h5->arena, count, 1);
    if (larger == NULL)
        return NULL;
    if (image != NULL)
        memcpy(larger, image, h5->room);
    h5->image = larger;
    h5->room = count;
    return larger;
}

static void *
begin(size_t count, H5FD_file_image_op_t operation, void *context)
{
    return grow(NULL, count, operation, context);
}

static herr_t
leave(void *image, H5FD_file_image_op_t operation, void *context)
{
    (void)image, (void)operation, (void)context;
    return 0;
}

static void *
same_context(void *context)
{
    return context;
}

static herr_t
leave_context(void *context)
{
    (void)context;
    return 0;
}

/* It is expected to have so many bytes. */
static hid_t
access_of(struct sl_h5 *h5, size_t bytes)
{
    H5FD_file_image_callbacks_t callbacks = {
        begin, NULL, grow, leave, same_context, leave_context, h5,
    };
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    bool large = h5->arena != NULL && bytes >= SL_H5_LARGE;

    if (access >= 0 && H5Pset_alignment(access, SL_H5_LARGE, SL_H5_ALIGNED) >= 0 &&
        H5Pset_fapl_core(access, large ? bytes + INCREMENT : INCREMENT, 0) >= 0 &&
        (!large || H5Pset_file_image_callbacks(access, &callbacks) >= 0))
        return access;
    sl_h5_close(access);
    return H5I_INVALID_HID;
}

static enum sl_status
create(struct sl_h5 *h5, size_t bytes, struct sl_error *err)
{
    hid_t creation = creation_list(H5P_FILE_CREATE);
    hid_t access = access_of(h5, bytes);
    enum sl_status status = SL_OK;

    h5->groups = creation_list(H5P_GROUP_CREATE);
    h5->datasets = creation_list(H5P_DATASET_CREATE);
    /* Every dataset is filled at once, so fill values would be written for nothing. */
    if (access >= 0 && creation >= 0 && h5->groups >= 0 && h5->datasets >= 0 &&
        H5Pset_fill_time(h5->datasets, H5D_FILL_TIME_NEVER) >= 0)
        h5->file = H5Fcreate(name_of(h5).text, H5F_ACC_TRUNC, creation, access);
    if (h5->file < 0)
        status = sl_h5_fail(err, "no HDF5 file can be made in memory");
    sl_h5_close(creation);
    sl_h5_close(access);
    return status;
}

enum sl_status
sl_h5_new(struct sl_h5 **file, struct sl_error *err)
{
    return sl_h5_new_in(file, NULL, 0, err);
}

enum sl_status
sl_h5_new_in(struct sl_h5 **file, struct sl_arena *arena, size_t bytes,
             struct sl_error *err)
{
    struct sl_h5 *h5;
    enum sl_status status;

    SL_TRY(handle_new(&h5, err));
    h5->arena = arena;
    status = create(h5, bytes, err);
    if (status == SL_OK)
        *file = h5;
    else
        sl_h5_free(h5);
    return status;
}

/*
 * The core driver would copy the image twice; these callbacks hand it the caller's bytes
 * instead, which a file that is open for reading leaves alone.
 */
static void *
lend(size_t count, H5FD_file_image_op_t operation, void *context)
{
    struct sl_h5 *h5 = context;

    (void)operation;
    return count == h5->count ? h5->image : NULL;
}

static void *
lend_again(void *to, const void *from, size_t count, H5FD_file_image_op_t operation,
           void *context)
{
    (void)count, (void)operation, (void)context;
    return to == from ? to : NULL;
}

static void *
refuse_growth(void *image, size_t count, H5FD_file_image_op_t operation, void *context)
{
    (void)image, (void)count, (void)operation, (void)context;
    return NULL;
}

static enum sl_status
open_image(struct sl_h5 *h5, struct sl_error *err)
{
    H5FD_file_image_callbacks_t callbacks = {
        lend, lend_again, refuse_growth, leave, same_context, leave_context, h5,
    };
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    enum sl_status status = SL_OK;

    if (access >= 0 && H5Pset_fapl_core(access, INCREMENT, 0) >= 0 &&
        H5Pset_file_image_callbacks(access, &callbacks) >= 0 &&
        H5Pset_file_image(access, h5->image, h5->count) >= 0)
        h5->file = H5Fopen(name_of(h5).text, H5F_ACC_RDONLY, access);
    if (h5->file < 0)
        status = sl_h5_fail(err, "%zu bytes are no HDF5 file", h5->count);
    sl_h5_close(access);
    return status;
}

enum sl_status
sl_h5_open(struct sl_h5 **file, const void *bytes, size_t count, struct sl_error *err)
{
    struct sl_h5 *h5;
    enum sl_status status;

    SL_TRY(handle_new(&h5, err));
    h5->image = (void *)(uintptr_t)bytes;
    h5->count = count;
    status = open_image(h5, err);
    if (status == SL_OK)
        *file = h5;
    else
        sl_h5_free(h5);
    return status;
}

void
sl_h5_free(struct sl_h5 *file)
{
    if (file == NULL)
        return;
    sl_h5_quiet();
    sl_h5_leave(file);
    sl_h5_close(file->file);
    sl_h5_close(file->groups);
    sl_h5_close(file->datasets);
    sl_h5_close(file->links);
    free(file->parent);
    free(file);
}

enum sl_status
sl_h5_image(struct sl_h5 *file, struct sl_arena *arena, char **bytes, size_t *count,
            struct sl_error *err)
{
    ssize_t size = -1;
    char *image;

    sl_h5_quiet();
    sl_h5_leave(file);
    if (H5Fflush(file->file, H5F_SCOPE_GLOBAL) >= 0)
        size = H5Fget_file_image(file->file, NULL, 0);
    if (size < 0)
        return sl_h5_fail(err, "an HDF5 file can't be finished");
    if (file->image != NULL && (size_t)size <= file->room) {
        *bytes = file->image;
        *count = (size_t)size;
        return SL_OK;
    }
    image = sl_arena_rows(arena, (size_t)size, 1);
    if (image == NULL)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for a file of %zd bytes", size);
    if (H5Fget_file_image(file->file, image, (size_t)size) < 0)
        return sl_h5_fail(err, "an HDF5 file can't be finished");
    *bytes = image;
    *count = (size_t)size;
    return SL_OK;
}

/* ---- the start ----------------------------------------------------------------------- */

/* Looks at how the library was built and starts nothing. */
enum sl_status
sl_h5_check(struct sl_error *err)
{
    hbool_t safe = false;

    if (H5is_library_threadsafe(&safe) < 0 || !safe)
        return sl_fail(err, SL_ERR_CONFIG,
                       "this HDF5 was built without thread safety, and steps on several "
                       "threads would damage its files; use Debian's serial one, or "
                       "build it with --enable-threadsafe");
    /* no file is open at the end, and tidying up takes its time */
    (void)H5dont_atexit();
    return SL_OK;
}

static enum sl_status
open_library(struct sl_error *err)
{
    sl_h5_quiet();
    if (H5open() < 0 ||
        H5set_free_list_limits(SPARE, SPARE, SPARE, SPARE, SPARE, SPARE) < 0)
        return sl_h5_fail(err, "HDF5 can't be started");
    return SL_OK;
}

static enum sl_status
make_first_file(struct sl_error *err)
{
    struct sl_h5 *file;
    double number = 0;
    struct sl_tensor tensor = sl_tensor_vector(SL_F64, &number, 1);
    enum sl_status status;

    SL_TRY(sl_h5_new(&file, err));
    status = sl_h5_put_tensor(file, "/first/number", &tensor, err);
    sl_h5_free(file);
    return status;
}

enum sl_status
sl_h5_start(struct sl_error *err)
{
    SL_TRY(open_library(err));
    return make_first_file(err);
}

/* ---- words ---------------------------------------------------------------------------- */

char *
sl_h5_join(struct sl_arena *arena, const char *group, const char *name)
{
    return sl_arena_format(arena, "%s/%s", strcmp(group, "/") == 0 ? "" : group, name);
}

hid_t
sl_h5_stored_type(enum sl_dtype type)
{
    switch (type) {
    case SL_F32:
        return H5T_IEEE_F32LE;
    case SL_F64:
        return H5T_IEEE_F64LE;
    case SL_U8:
        return H5T_STD_U8LE;
    case SL_I32:
        return H5T_STD_I32LE;
    case SL_U32:
        return H5T_STD_U32LE;
    case SL_I64:
        return H5T_STD_I64LE;
    }
    return H5I_INVALID_HID;
}

hid_t
sl_h5_memory_type(enum sl_dtype type)
{
    switch (type) {
    case SL_F32:
        return H5T_NATIVE_FLOAT;
    case SL_F64:
        return H5T_NATIVE_DOUBLE;
    case SL_U8:
        return H5T_NATIVE_UINT8;
    case SL_I32:
        return H5T_NATIVE_INT32;
    case SL_U32:
        return H5T_NATIVE_UINT32;
    case SL_I64:
        return H5T_NATIVE_INT64;
    }
    return H5I_INVALID_HID;
}

hid_t
sl_h5_text_type(size_t size)
{
    hid_t type = H5Tcopy(H5T_C_S1);

    if (type >= 0 && H5Tset_size(type, size) >= 0 &&
        H5Tset_cset(type, H5T_CSET_UTF8) >= 0)
        return type;
    sl_h5_close(type);
    return H5I_INVALID_HID;
}
