/* SPDX-License-Identifier: MIT */
#include "runner/store/archive.h"
#include "runner/store/zip_calls.h"

/* An archive that is being made in memory. */
struct making {
    struct sl_zip_calls call;
    zip_source_t *source;
    zip_t *zip;
};

static enum sl_status
failed(const struct making *m, zip_error_t *why, struct sl_error *err)
{
    return sl_fail(err, SL_ERR_IO, "the archive can't be made: %s",
                   m->call.zip_error_strerror(why));
}

static enum sl_status
add_members(const struct making *m, const struct sl_archive_member *members, size_t n,
            struct sl_error *err)
{
    for (size_t i = 0; i < n; i++) {
        zip_source_t *source =
            m->call.zip_source_buffer(m->zip, members[i].bytes, members[i].count, 0);
        zip_int64_t at = source ? m->call.zip_file_add(m->zip, members[i].name, source,
                                                       ZIP_FL_ENC_UTF_8)
                                : -1;

        if (at < 0) {
            m->call.zip_source_free(source);
            return failed(m, m->call.zip_get_error(m->zip), err);
        }
        /* The first day that the format knows, so that equal members are equal bytes. */
        if (m->call.zip_set_file_compression(m->zip, (zip_uint64_t)at, ZIP_CM_STORE, 0) <
                0 ||
            m->call.zip_file_set_dostime(m->zip, (zip_uint64_t)at, 0, 0x21, 0) < 0)
            return failed(m, m->call.zip_get_error(m->zip), err);
    }
    return SL_OK;
}

static enum sl_status
take_bytes(const struct making *m, struct sl_arena *arena, char **bytes, size_t *count,
           struct sl_error *err)
{
    zip_stat_t stat;

    if (m->call.zip_source_stat(m->source, &stat) < 0 ||
        m->call.zip_source_open(m->source) < 0)
        return failed(m, m->call.zip_source_error(m->source), err);
    *count = (size_t)stat.size;
    *bytes = sl_arena_array(arena, *count + 1, 1);
    if (!*bytes)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for an archive of %zu bytes",
                       *count);
    if (m->call.zip_source_read(m->source, *bytes, *count) != (zip_int64_t)*count)
        return failed(m, m->call.zip_source_error(m->source), err);
    m->call.zip_source_close(m->source);
    return SL_OK;
}

enum sl_status
sl_archive_write(const struct sl_archive_member *members, size_t n,
                 struct sl_arena *arena, char **bytes, size_t *count,
                 struct sl_error *err)
{
    zip_error_t why;
    struct making making = {0}, *m = &making;
    enum sl_status status;

    SL_TRY(sl_zip_calls_open(&m->call, err));
    m->call.zip_error_init(&why);
    m->source = m->call.zip_source_buffer_create(NULL, 0, 0, &why);
    m->zip =
        m->source ? m->call.zip_open_from_source(m->source, ZIP_TRUNCATE, &why) : NULL;
    if (!m->zip) {
        m->call.zip_source_free(m->source);
        return failed(m, &why, err);
    }
    m->call.zip_source_keep(m->source);
    status = add_members(m, members, n, err);
    if (status)
        m->call.zip_discard(m->zip);
    else if (m->call.zip_close(m->zip) < 0)
        status = failed(m, m->call.zip_get_error(m->zip), err);
    if (status == SL_OK)
        status = take_bytes(m, arena, bytes, count, err);
    m->call.zip_source_free(m->source);
    m->call.zip_error_fini(&why);
    return status;
}
