/* SPDX-License-Identifier: MIT */
#include "runner/store/h5.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "runner/store/h5_file.h"

/* An attribute is a message in its object's header, which holds 64 KiB. */
#define ATTRIBUTE_MAX ((size_t)60000)

static enum sl_status
make_group(struct sl_h5 *file, const char *path, struct sl_error *err)
{
    hid_t group;

    if (sl_h5_has(file, path))
        return SL_OK;
    group = H5Gcreate2(file->file, path, H5P_DEFAULT, file->groups, H5P_DEFAULT);
    if (group < 0)
        return sl_h5_fail(err, "group '%s' can't be made", path);
    sl_h5_close(group);
    return SL_OK;
}

/* Whether the last path had the same parent, which is there then. */
static bool
has_parent(const struct sl_h5 *file, const char *path)
{
    size_t length = (size_t)(strrchr(path, '/') - path);

    return file->parent != NULL && strncmp(file->parent, path, length) == 0 &&
           file->parent[length] == '\0';
}

/* By hand, since groups that HDF5 makes on the way don't keep the order of their names. */
static enum sl_status
make_parents(struct sl_h5 *file, const char *path, struct sl_error *err)
{
    char *prefix, *slash;
    enum sl_status status = SL_OK;

    assert(path[0] == '/');
    if (has_parent(file, path))
        return SL_OK;
    prefix = strdup(path);
    if (prefix == NULL)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for the path '%s'", path);
    slash = strchr(prefix + 1, '/');
    while (slash != NULL && status == SL_OK) {
        *slash = '\0';
        status = make_group(file, prefix, err);
        *slash = '/';
        slash = strchr(slash + 1, '/');
    }
    if (status != SL_OK) {
        free(prefix);
        return status;
    }
    *strrchr(prefix, '/') = '\0';
    free(file->parent);
    file->parent = prefix;
    return SL_OK;
}

enum sl_status
sl_h5_group(struct sl_h5 *file, const char *path, struct sl_error *err)
{
    sl_h5_quiet();
    SL_TRY(make_parents(file, path, err));
    return make_group(file, path, err);
}

void
sl_h5_leave(struct sl_h5 *file)
{
    sl_h5_close(file->set);
    file->set = H5I_INVALID_HID;
    free(file->last);
    file->last = NULL;
}

/* The data set stays open for its attributes, so that they need not look for it again. */
enum sl_status
sl_h5_put(struct sl_h5 *file, const char *path, const struct sl_h5_value *value,
          struct sl_error *err)
{
    SL_TRY(make_parents(file, path, err));
    sl_h5_leave(file);
    file->set = H5Dcreate2(file->file, path, value->stored, value->space, H5P_DEFAULT,
                           file->datasets, H5P_DEFAULT);
    if (file->set < 0 || H5Dwrite(file->set, value->memory, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                                  value->bytes) < 0)
        return sl_h5_fail(err, "'%s' can't be written", path);
    file->last = strdup(path);
    return SL_OK;
}

enum sl_status
sl_h5_put_tensor(struct sl_h5 *file, const char *path, const struct sl_tensor *tensor,
                 struct sl_error *err)
{
    hsize_t shape[SL_MAX_RANK];
    struct sl_h5_value value = {
        .stored = sl_h5_stored_type(tensor->type),
        .memory = sl_h5_memory_type(tensor->type),
        .bytes = tensor->data,
    };
    enum sl_status status;

    assert(tensor->rank <= SL_MAX_RANK);
    for (unsigned i = 0; i < tensor->rank; i++)
        shape[i] = tensor->shape[i];
    value.space = tensor->rank == 0 ? H5Screate(H5S_SCALAR)
                                    : H5Screate_simple((int)tensor->rank, shape, NULL);
    status = sl_h5_put(file, path, &value, err);
    sl_h5_close(value.space);
    return status;
}

enum sl_status
sl_h5_text(struct sl_h5 *file, const char *path, const char *text, struct sl_error *err)
{
    struct sl_h5_value value = {.bytes = text};
    enum sl_status status;

    if (text == NULL)
        return SL_OK;
    sl_h5_quiet();
    value.stored = value.memory = sl_h5_text_type(strlen(text) + 1);
    value.space = H5Screate(H5S_SCALAR);
    status = sl_h5_put(file, path, &value, err);
    sl_h5_close(value.stored);
    sl_h5_close(value.space);
    return status;
}

enum sl_status
sl_h5_attach(struct sl_h5 *file, const char *path, const char *name,
             const struct sl_h5_value *value, struct sl_error *err)
{
    bool open = file->last != NULL && strcmp(file->last, path) == 0;
    hid_t attribute = H5Acreate_by_name(open ? file->set : file->file, open ? "." : path,
                                        name, value->stored, value->space, H5P_DEFAULT,
                                        H5P_DEFAULT, H5P_DEFAULT);
    enum sl_status status = SL_OK;

    if (attribute < 0 || H5Awrite(attribute, value->memory, value->bytes) < 0)
        status = sl_h5_fail(err, "attribute '%s' of '%s' can't be written", name, path);
    sl_h5_close(attribute);
    return status;
}

static enum sl_status
set_scalar(struct sl_h5 *file, const char *path, const char *name,
           struct sl_h5_value *value, struct sl_error *err)
{
    enum sl_status status;

    value->space = H5Screate(H5S_SCALAR);
    status = sl_h5_attach(file, path, name, value, err);
    sl_h5_close(value->space);
    return status;
}

/* A copy of as much of text as an attribute holds, cut between characters. */
static char *
cut(const char *text)
{
    size_t length = strlen(text);

    if (length > ATTRIBUTE_MAX)
        for (length = ATTRIBUTE_MAX; (text[length] & 0xC0) == 0x80 && length > 0;)
            length--;
    return strndup(text, length);
}

enum sl_status
sl_h5_set_text(struct sl_h5 *file, const char *path, const char *name, const char *text,
               struct sl_error *err)
{
    struct sl_h5_value value = {0};
    enum sl_status status;
    char *copy;

    if (text == NULL)
        return SL_OK;
    copy = cut(text);
    if (copy == NULL)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for the attribute '%s'", name);
    sl_h5_quiet();
    value.stored = value.memory = sl_h5_text_type(strlen(copy) + 1);
    value.bytes = copy;
    status = set_scalar(file, path, name, &value, err);
    sl_h5_close(value.stored);
    free(copy);
    return status;
}

enum sl_status
sl_h5_set_u64(struct sl_h5 *file, const char *path, const char *name, uint64_t number,
              struct sl_error *err)
{
    struct sl_h5_value value;

    sl_h5_quiet();
    value = (struct sl_h5_value){H5T_STD_U64LE, H5T_NATIVE_UINT64, 0, &number};
    return set_scalar(file, path, name, &value, err);
}

enum sl_status
sl_h5_set_double(struct sl_h5 *file, const char *path, const char *name, double number,
                 struct sl_error *err)
{
    struct sl_h5_value value;

    sl_h5_quiet();
    value = (struct sl_h5_value){H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 0, &number};
    return set_scalar(file, path, name, &value, err);
}

/* A name is one step of a path. */
static enum sl_status
check_name(const char *name, struct sl_error *err)
{
    if (name[0] == '\0' || strcmp(name, ".") == 0 || strchr(name, '/') != NULL)
        return sl_fail(err, SL_ERR_IO, "'%s' can't be the name of an HDF5 dataset", name);
    return SL_OK;
}

static enum sl_status
set_interval(struct sl_h5 *file, const char *path, const struct sl_interval *interval,
             struct sl_error *err)
{
    if (interval == NULL)
        return SL_OK;
    SL_TRY(sl_h5_set_double(file, path, "low", interval->low, err));
    SL_TRY(sl_h5_set_double(file, path, "high", interval->high, err));
    return sl_h5_set_text(file, path, "interval", interval->method, err);
}

static enum sl_status
put_item(struct sl_h5 *file, const char *group, const struct sl_item *item,
         struct sl_arena *scratch, struct sl_error *err)
{
    const char *path = sl_h5_join(scratch, group, item->name);
    const char *axes;

    SL_TRY(check_name(item->name, err));
    SL_TRY(sl_h5_put_tensor(file, path, &item->tensor, err));
    SL_TRY(sl_h5_set_text(file, path, "unit", item->unit, err));
    SL_TRY(sl_h5_set_text(file, path, "description", item->help, err));
    SL_TRY(set_interval(file, path, item->interval, err));
    SL_TRY(sl_h5_set_text(file, path, "undefined", item->undefined, err));
    if (item->axis == NULL || item->at == NULL)
        return SL_OK;
    SL_TRY(check_name(item->axis, err));
    axes = sl_h5_axis_folder(scratch, group, item->name);
    return sl_h5_put_axis(file, path, sl_h5_join(scratch, axes, item->axis), item, err);
}

enum sl_status
sl_h5_bundle(struct sl_h5 *file, const char *group, const struct sl_bundle *bundle,
             struct sl_error *err)
{
    struct sl_arena scratch;
    enum sl_status status = SL_OK;

    sl_h5_quiet();
    sl_arena_init(&scratch);
    for (size_t i = 0; i < bundle->n && status == SL_OK; i++)
        status = put_item(file, group, &bundle->items[i], &scratch, err);
    sl_arena_release(&scratch);
    return status;
}
