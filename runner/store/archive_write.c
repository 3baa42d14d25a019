/* SPDX-License-Identifier: MIT */
#include <zip.h>

#include "runner/store/archive.h"

static enum sl_status
failed(zip_error_t *why, struct sl_error *err)
{
    return sl_fail(err, SL_ERR_IO, "the archive can't be made: %s",
                   zip_error_strerror(why));
}

static enum sl_status
add_members(zip_t *zip, const struct sl_archive_member *members, size_t n,
            struct sl_error *err)
{
    for (size_t i = 0; i < n; i++) {
        zip_source_t *source =
            zip_source_buffer(zip, members[i].bytes, members[i].count, 0);
        zip_int64_t at =
            source ? zip_file_add(zip, members[i].name, source, ZIP_FL_ENC_UTF_8) : -1;

        if (at < 0) {
            zip_source_free(source);
            return failed(zip_get_error(zip), err);
        }
        /* The first day that the format knows, so that equal members are equal bytes. */
        if (zip_set_file_compression(zip, (zip_uint64_t)at, ZIP_CM_STORE, 0) < 0 ||
            zip_file_set_dostime(zip, (zip_uint64_t)at, 0, 0x21, 0) < 0)
            return failed(zip_get_error(zip), err);
    }
    return SL_OK;
}

static enum sl_status
take_bytes(zip_source_t *source, struct sl_arena *arena, char **bytes, size_t *count,
           struct sl_error *err)
{
    zip_stat_t stat;

    if (zip_source_stat(source, &stat) < 0 || zip_source_open(source) < 0)
        return failed(zip_source_error(source), err);
    *count = (size_t)stat.size;
    *bytes = sl_arena_array(arena, *count + 1, 1);
    if (!*bytes)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for an archive of %zu bytes",
                       *count);
    if (zip_source_read(source, *bytes, *count) != (zip_int64_t)*count)
        return failed(zip_source_error(source), err);
    zip_source_close(source);
    return SL_OK;
}

enum sl_status
sl_archive_write(const struct sl_archive_member *members, size_t n,
                 struct sl_arena *arena, char **bytes, size_t *count,
                 struct sl_error *err)
{
    zip_error_t why;
    zip_source_t *source;
    zip_t *zip;
    enum sl_status status;

    zip_error_init(&why);
    source = zip_source_buffer_create(NULL, 0, 0, &why);
    zip = source ? zip_open_from_source(source, ZIP_TRUNCATE, &why) : NULL;
    if (!zip) {
        zip_source_free(source);
        return failed(&why, err);
    }
    zip_source_keep(source);
    status = add_members(zip, members, n, err);
    if (status)
        zip_discard(zip);
    else if (zip_close(zip) < 0)
        status = failed(zip_get_error(zip), err);
    if (status == SL_OK)
        status = take_bytes(source, arena, bytes, count, err);
    zip_source_free(source);
    zip_error_fini(&why);
    return status;
}
