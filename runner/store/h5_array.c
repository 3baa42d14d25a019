/* SPDX-License-Identifier: MIT */
#include "runner/store/h5_array.h"

#include <errno.h>
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/store/h5_file.h"

/* Bytes that the child reads at a time, at least; seconds of CPU beside one for each
 * SPEED bytes; its memory. */
#define PIECE ((size_t)4 << 20)
#define SPEED ((uint64_t)5 << 20)
#define SECONDS 10
#define MEMORY ((uint64_t)2 << 30)
/* The most that deflate makes of a byte, and what a small file may hold besides. */
#define DEFLATE_RATIO 1032

/* What the child says first. */
struct answer {
    struct sl_error error; /* status SL_OK: the rest is there */
    enum sl_dtype type;
    unsigned rank;
    size_t shape[SL_MAX_RANK];
};

/* ---- in the child ------------------------------------------------------------------------ */

struct asked {
    const char *path, *name;
    uint64_t size; /* of the file */
};

/* A data set that is open. */
struct opened {
    hid_t file, set, space;
    size_t rows; /* that are read at a time */
    hid_t memory;
};

static void
send_bytes(int fd, const void *bytes, size_t count)
{
    const char *at = bytes;

    while (count > 0) {
        ssize_t n = write(fd, at, count);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            _exit(1);
        at += n;
        count -= (size_t)n;
    }
}

#define REFUSE(...) sl_fail(err, SL_ERR_IO, "'%s': " __VA_ARGS__)

/* Every step of the way has to be a link within the file to the thing itself. */
static enum sl_status
check_links(const struct asked *a, hid_t file, struct sl_error *err)
{
    size_t length = strlen(a->name);
    char *prefix = calloc(length + 1, 1);
    H5L_info_t info;

    if (!prefix)
        return sl_fail(err, SL_ERR_MEMORY, "no memory");
    for (size_t i = 1; i <= length; i++) {
        if (a->name[i] != '/' && a->name[i] != '\0')
            continue;
        memcpy(prefix, a->name, i);
        prefix[i] = '\0';
        if (i == 1 || prefix[i - 1] == '/')
            continue;
        if (H5Lexists(file, prefix, H5P_DEFAULT) <= 0)
            return REFUSE("there is no '%s' in it", a->path, prefix);
        if (H5Lget_info(file, prefix, &info, H5P_DEFAULT) < 0)
            return sl_h5_fail(err, "'%s': '%s' can't be looked at", a->path, prefix);
        if (info.type != H5L_TYPE_HARD)
            return REFUSE(
                "'%s' is %s; only what is in the file itself is read", a->path, prefix,
                info.type == H5L_TYPE_SOFT ? "a soft link" : "an external link");
    }
    free(prefix);
    return SL_OK;
}

static enum sl_status
open_set(const struct asked *a, struct opened *o, struct sl_error *err)
{
    H5I_type_t kind;

    o->file = H5Fopen(a->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (o->file < 0)
        return sl_h5_fail(err, "'%s' can't be opened", a->path);
    SL_TRY(check_links(a, o->file, err));
    o->set = H5Oopen(o->file, a->name, H5P_DEFAULT);
    kind = o->set < 0 ? H5I_BADID : H5Iget_type(o->set);
    if (kind != H5I_DATASET)
        return REFUSE("'%s' is %s, no data set", a->path, a->name,
                      kind == H5I_GROUP ? "a group" : "something else");
    return SL_OK;
}

static enum sl_status
check_filters(const struct asked *a, hid_t list, struct sl_error *err)
{
    int n = H5Pget_nfilters(list);

    for (int i = 0; i < n; i++) {
        unsigned flags;
        size_t values = 0;
        H5Z_filter_t id =
            H5Pget_filter2(list, (unsigned)i, &flags, &values, NULL, 0, NULL, NULL);

        if (id != H5Z_FILTER_DEFLATE && id != H5Z_FILTER_SHUFFLE &&
            id != H5Z_FILTER_FLETCHER32)
            return REFUSE("'%s' went through filter %d; deflate and shuffle are undone",
                          a->path, a->name, (int)id);
    }
    return SL_OK;
}

static enum sl_status
check_storage(const struct asked *a, const struct opened *o, struct sl_error *err)
{
    hid_t list = H5Dget_create_plist(o->set);

    if (list < 0)
        return sl_h5_fail(err, "'%s': '%s' can't be looked at", a->path, a->name);
    if (H5Pget_external_count(list) != 0)
        return REFUSE("'%s' has its data in other files (external storage)", a->path,
                      a->name);
    if (H5Pget_layout(list) == H5D_VIRTUAL)
        return REFUSE("'%s' is a virtual data set, made of others", a->path, a->name);
    return check_filters(a, list, err);
}

/* As h5py has booleans: FALSE is 0 and TRUE is 1, in a byte. */
static bool
is_boolean(hid_t type)
{
    signed char no = 1, yes = 0;

    return H5Tget_class(type) == H5T_ENUM && H5Tget_size(type) == 1 &&
           H5Tget_nmembers(type) == 2 && H5Tenum_valueof(type, "FALSE", &no) >= 0 &&
           H5Tenum_valueof(type, "TRUE", &yes) >= 0 && no == 0 && yes == 1;
}

static enum sl_status
find_type(const struct asked *a, const struct opened *o, enum sl_dtype *type,
          struct sl_error *err)
{
    static const char *const kinds[] = {[H5T_INTEGER] = "integers",
                                        [H5T_FLOAT] = "floats",
                                        [H5T_TIME] = "times",
                                        [H5T_STRING] = "texts",
                                        [H5T_BITFIELD] = "bits",
                                        [H5T_OPAQUE] = "bytes",
                                        [H5T_COMPOUND] = "records",
                                        [H5T_REFERENCE] = "references",
                                        [H5T_ENUM] = "enumerated values",
                                        [H5T_VLEN] = "lists",
                                        [H5T_ARRAY] = "arrays"};
    hid_t id = H5Dget_type(o->set);
    H5T_class_t kind = H5Tget_class(id);
    size_t size = H5Tget_size(id);
    bool is_signed = kind == H5T_INTEGER && H5Tget_sign(id) == H5T_SGN_2;

    if (kind == H5T_FLOAT && size <= 8)
        *type = size <= 4 ? SL_F32 : SL_F64;
    else if (is_boolean(id))
        *type = SL_U8;
    else if (kind == H5T_INTEGER && size == 1)
        *type = is_signed ? SL_I32 : SL_U8;
    else if (kind == H5T_INTEGER && size <= 4)
        *type = is_signed || size == 2 ? SL_I32 : SL_U32;
    else if (kind == H5T_INTEGER && size == 8)
        *type = is_signed ? SL_I64 : SL_F64; /* 2^64 has no place in int64 */
    else
        return REFUSE("'%s' holds %s of %zu bytes; integers and floats of up to 8 bytes "
                      "and booleans are read",
                      a->path, a->name,
                      kind >= 0 && kind < H5T_NCLASSES ? kinds[kind] : "something", size);
    return SL_OK;
}

static enum sl_status
find_shape(const struct asked *a, const struct opened *o, struct answer *answer,
           struct sl_error *err)
{
    hsize_t shape[H5S_MAX_RANK];
    int rank = H5Sget_simple_extent_ndims(o->space);
    uint64_t bytes = sl_dtype_size(answer->type);

    if (rank < 1 || rank > SL_MAX_RANK)
        return REFUSE("'%s' has %d dimensions; 1 to %d are read", a->path, a->name, rank,
                      SL_MAX_RANK);
    if (H5Sget_simple_extent_dims(o->space, shape, NULL) < 0)
        return sl_h5_fail(err, "'%s': '%s' can't be looked at", a->path, a->name);
    answer->rank = (unsigned)rank;
    for (int i = 0; i < rank; i++) {
        if (shape[i] == 0)
            return REFUSE("'%s' has no samples: a dimension is 0", a->path, a->name);
        answer->shape[i] = (size_t)shape[i];
        if (__builtin_mul_overflow(bytes, (uint64_t)shape[i], &bytes))
            return REFUSE("the dimensions of '%s' overflow", a->path, a->name);
    }
    if (bytes / DEFLATE_RATIO > a->size)
        return REFUSE("'%s' claims %llu bytes, more than a file of %llu can hold",
                      a->path, a->name, (unsigned long long)bytes,
                      (unsigned long long)a->size);
    return SL_OK;
}

static enum sl_status
look(const struct asked *a, struct opened *o, struct answer *answer, struct sl_error *err)
{
    SL_TRY(open_set(a, o, err));
    SL_TRY(check_storage(a, o, err));
    SL_TRY(find_type(a, o, &answer->type, err));
    o->space = H5Dget_space(o->set);
    if (o->space < 0)
        return sl_h5_fail(err, "'%s': '%s' can't be looked at", a->path, a->name);
    SL_TRY(find_shape(a, o, answer, err));
    o->memory = sl_h5_memory_type(answer->type);
    return SL_OK;
}

/* Rows that are read at a time: whole chunks. */
static size_t
rows_at_a_time(const struct opened *o, size_t row)
{
    hid_t list = H5Dget_create_plist(o->set);
    hsize_t chunk[H5S_MAX_RANK] = {1};
    size_t rows = PIECE / row + 1;

    if (H5Pget_layout(list) == H5D_CHUNKED && H5Pget_chunk(list, H5S_MAX_RANK, chunk) > 0)
        rows = (rows + (size_t)chunk[0] - 1) / (size_t)chunk[0] * (size_t)chunk[0];
    return rows;
}

/* Ends the child where it fails: the pipe breaks off then, which the other side tells. */
static void
send_elements(const struct opened *o, const struct answer *answer, int fd)
{
    size_t row = sl_dtype_size(answer->type), rows;
    hsize_t first[SL_MAX_RANK] = {0}, count[SL_MAX_RANK];
    char *buffer;

    for (unsigned i = 1; i < answer->rank; i++)
        row *= answer->shape[i];
    rows = rows_at_a_time(o, row);
    rows = rows < answer->shape[0] ? rows : answer->shape[0];
    buffer = malloc(rows * row);
    for (size_t i = 0; buffer && i < answer->rank; i++)
        count[i] = answer->shape[i];
    for (first[0] = 0; first[0] < answer->shape[0]; first[0] += count[0]) {
        hid_t space;

        count[0] = answer->shape[0] - first[0];
        count[0] = count[0] < rows ? count[0] : rows;
        space = H5Screate_simple((int)answer->rank, count, NULL);
        if (!buffer ||
            H5Sselect_hyperslab(o->space, H5S_SELECT_SET, first, NULL, count, NULL) < 0 ||
            H5Dread(o->set, o->memory, space, o->space, H5P_DEFAULT, buffer) < 0)
            _exit(2);
        H5Sclose(space);
        send_bytes(fd, buffer, (size_t)count[0] * row);
    }
}

static void
work(void *context, int fd)
{
    const struct asked *a = context;
    struct opened o = {.file = -1};
    struct answer answer;

    memset(&answer, 0, sizeof answer);
    sl_h5_quiet();
    H5PLset_loading_state(0);
    look(a, &o, &answer, &answer.error);
    send_bytes(fd, &answer, sizeof answer);
    if (answer.error.status == SL_OK)
        send_elements(&o, &answer, fd);
}

/* ---- this side ------------------------------------------------------------------------------ */

/*
 * The child is made while this thread holds the one lock of HDF5, which it then has in the
 * child, too: a lock that another thread held would stay held there for ever. The library
 * lends its lock to a callback.
 */
struct held {
    void (*start)(void *context);
    void *context;
    unsigned calls;
};

static herr_t
call_once(unsigned i, const H5E_error2_t *error, void *context)
{
    struct held *held = context;

    (void)i;
    (void)error;
    if (held->calls++ == 0)
        held->start(held->context);
    return 0;
}

static void
under_lock(void (*start)(void *context), void *context)
{
    struct held held = {start, context, 0};
    hid_t stack = H5Ecreate_stack();

    H5Epush2(stack, __FILE__, "under_lock", 1, H5E_ERR_CLS, H5E_NONE_MAJOR,
             H5E_NONE_MINOR, "none");
    H5Ewalk2(stack, H5E_WALK_UPWARD, call_once, &held);
    H5Eclose_stack(stack);
    if (held.calls == 0)
        start(context);
}

static enum sl_status
file_size(const char *path, uint64_t *size, struct sl_error *err)
{
    struct stat info;
    int fd, failed;

    SL_TRY(sl_file_open(path, &fd, err)); /* a regular file, or its own message */
    failed = fstat(fd, &info);
    close(fd);
    if (failed)
        return sl_fail_errno(err, "cannot read '%s'", path);
    *size = (uint64_t)info.st_size;
    return SL_OK;
}

static enum sl_status
take_answer(struct sl_h5_array *array, struct sl_error *err)
{
    struct answer answer;

    SL_TRY(sl_limited_read(&array->child, &answer, sizeof answer, err));
    if (answer.error.status) {
        *err = answer.error;
        return err->status;
    }
    array->type = answer.type;
    array->rank = answer.rank;
    memcpy(array->shape, answer.shape, sizeof array->shape);
    array->count = 1;
    for (unsigned i = 0; i < array->rank; i++)
        array->count *= array->shape[i];
    return SL_OK;
}

enum sl_status
sl_h5_array_open(struct sl_h5_array *array, const char *path, const char *name,
                 struct sl_error *err)
{
    struct asked asked = {path, name, 0};
    struct sl_limits limits = {SECONDS, MEMORY};
    enum sl_status status;

    *array = (struct sl_h5_array){.path = path, .name = name, .child = {.path = path}};
    if (name[0] != '/')
        return sl_fail(err, SL_ERR_CONFIG, "'%s': a data set is named by its path: '/%s'",
                       path, name);
    SL_TRY(file_size(path, &asked.size, err));
    limits.seconds += (unsigned)(asked.size / SPEED);
    sl_h5_quiet();
    SL_TRY(sl_limited_start(&array->child, &limits, under_lock, work, &asked, err));
    status = take_answer(array, err);
    if (status)
        sl_h5_array_close(array);
    return status;
}

enum sl_status
sl_h5_array_read(struct sl_h5_array *array, void *elements, size_t count,
                 struct sl_error *err)
{
    if (sl_limited_read(&array->child, elements, count * sl_dtype_size(array->type), err))
        return sl_error_context(err, "data set '%s'", array->name);
    return SL_OK;
}

void
sl_h5_array_close(struct sl_h5_array *array)
{
    sl_limited_end(&array->child);
}
