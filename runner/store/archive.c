/* SPDX-License-Identifier: MIT */
#include "runner/store/archive.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/store/zip_calls.h"

/* The most that deflate makes of a byte, and room for what is stored as it is. */
#define DEFLATE_RATIO 1032
#define SLACK 1024

struct sl_archive {
    const char *path;
    struct sl_zip_calls call;
    zip_t *zip;
};

struct sl_member {
    const char *path, *name;
    const struct sl_zip_calls *call;
    zip_file_t *file;
    uint64_t left;
};

static enum sl_status
open_zip(struct sl_archive *a, struct sl_error *err)
{
    zip_error_t problem;
    int code, fd;

    SL_TRY(sl_zip_calls_open(&a->call, err));
    SL_TRY(sl_file_open(a->path, &fd, err)); /* a regular file, or its own message */
    close(fd);
    a->zip = a->call.zip_open(a->path, ZIP_RDONLY, &code);
    if (a->zip)
        return SL_OK;
    a->call.zip_error_init_with_code(&problem, code);
    sl_fail(err, SL_ERR_IO, "'%s': %s", a->path, a->call.zip_error_strerror(&problem));
    a->call.zip_error_fini(&problem);
    return SL_ERR_IO;
}

enum sl_status
sl_archive_open(struct sl_archive **archive, const char *path, struct sl_error *err)
{
    struct sl_archive *a = calloc(1, sizeof *a);
    enum sl_status status;

    *archive = NULL;
    if (!a)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to read '%s'", path);
    a->path = path;
    status = open_zip(a, err);
    if (status)
        sl_archive_close(a);
    else
        *archive = a;
    return status;
}

void
sl_archive_close(struct sl_archive *archive)
{
    if (archive && archive->zip)
        archive->call.zip_discard(archive->zip);
    free(archive);
}

bool
sl_archive_has(const struct sl_archive *archive, const char *name)
{
    return archive->call.zip_name_locate(archive->zip, name, 0) >= 0;
}

const char *
sl_archive_names(const struct sl_archive *archive, struct sl_arena *arena)
{
    zip_int64_t n = archive->call.zip_get_num_entries(archive->zip, 0);
    struct sl_text text = {0};
    const char *names;

    for (zip_int64_t i = 0; i < n && i < 20; i++) {
        const char *name = archive->call.zip_get_name(archive->zip, (zip_uint64_t)i, 0);

        sl_text_format(&text, "%s%s", i ? ", " : "", name ? name : "?");
    }
    names = sl_arena_string(arena, text.bytes ? text.bytes : "none");
    sl_text_release(&text);
    return names;
}

static enum sl_status
check_size(const struct sl_archive *archive, const char *name, uint64_t *size,
           struct sl_error *err)
{
    zip_stat_t info;
    bool known;

    archive->call.zip_stat_init(&info);
    known = archive->call.zip_stat(archive->zip, name, 0, &info) == 0 &&
            (info.valid & ZIP_STAT_SIZE) && (info.valid & ZIP_STAT_COMP_SIZE);
    if (!known)
        return sl_fail(err, SL_ERR_IO, "'%s' has no member '%s'", archive->path, name);
    if (info.size > info.comp_size * DEFLATE_RATIO + SLACK)
        return sl_fail(err, SL_ERR_IO,
                       "'%s': member '%s' claims %llu bytes, more than its %llu bytes of "
                       "deflate can hold",
                       archive->path, name, (unsigned long long)info.size,
                       (unsigned long long)info.comp_size);
    *size = info.size;
    return SL_OK;
}

enum sl_status
sl_member_open(struct sl_member **member, struct sl_archive *archive, const char *name,
               uint64_t *size, struct sl_error *err)
{
    struct sl_member *m;

    *member = NULL;
    SL_TRY(check_size(archive, name, size, err));
    m = calloc(1, sizeof *m);
    if (!m)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to read '%s'", archive->path);
    m->path = archive->path;
    m->name = name;
    m->call = &archive->call;
    m->left = *size;
    m->file = archive->call.zip_fopen(archive->zip, name, 0);
    if (!m->file) {
        sl_fail(err, SL_ERR_IO, "'%s': member '%s': %s", archive->path, name,
                archive->call.zip_strerror(archive->zip));
        free(m);
        return SL_ERR_IO;
    }
    *member = m;
    return SL_OK;
}

void
sl_member_close(struct sl_member *member)
{
    if (member)
        member->call->zip_fclose(member->file);
    free(member);
}

enum sl_status
sl_member_read(struct sl_member *member, void *bytes, size_t count, size_t *got,
               struct sl_error *err)
{
    *got = 0;
    while (*got < count && member->left > 0) {
        size_t wanted = count - *got < member->left ? count - *got : (size_t)member->left;
        zip_int64_t n =
            member->call->zip_fread(member->file, (char *)bytes + *got, wanted);

        if (n <= 0)
            return sl_fail(err, SL_ERR_IO, "'%s': member '%s' is damaged: %s",
                           member->path, member->name,
                           n < 0 ? member->call->zip_file_strerror(member->file)
                                 : "it breaks off");
        *got += (size_t)n;
        member->left -= (uint64_t)n;
    }
    /* The library compares the check value when it is asked for what is behind the end. */
    if (member->left == 0 && member->call->zip_fread(member->file, &(char){0}, 1) != 0)
        return sl_fail(err, SL_ERR_IO, "'%s': member '%s' is damaged: %s", member->path,
                       member->name, member->call->zip_file_strerror(member->file));
    return SL_OK;
}
