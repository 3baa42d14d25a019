/* SPDX-License-Identifier: MIT */
#include "runner/store/sweepfile.h"

#include <stddef.h>
#include <string.h>

#include "runner/base/file.h"
#include "runner/store/h5.h"

#define SWEEP_FILE_MAX ((size_t)16 << 30)
#define FORMAT "sluice sweep 1"

/* The texts that a sweep has as attributes of the root. */
static const struct {
    const char *name;
    size_t offset;
} texts[] = {
    {"key", offsetof(struct sl_sweep_record, key)},
    {"name", offsetof(struct sl_sweep_record, name)},
    {"description", offsetof(struct sl_sweep_record, description)},
    {"program", offsetof(struct sl_sweep_record, program)},
    {"platform", offsetof(struct sl_sweep_record, platform)},
    {"axes", offsetof(struct sl_sweep_record, axes)},
    {"objectives", offsetof(struct sl_sweep_record, objectives)},
    {"figures", offsetof(struct sl_sweep_record, figures)},
};
#define TEXTS (sizeof texts / sizeof *texts)

/* ---- writing ----------------------------------------------------------------------- */

static enum sl_status
write_sweep(struct sl_h5 *file, const struct sl_sweep_record *sweep, struct sl_error *err)
{
    for (size_t i = 0; i < TEXTS; i++) {
        const char *text;
        memcpy(&text, (const char *)sweep + texts[i].offset, sizeof text);
        SL_TRY(sl_h5_set_text(file, "/", texts[i].name, text, err));
    }
    SL_TRY(sl_h5_set_text(file, "/", "format", FORMAT, err));
    SL_TRY(sl_h5_set_u64(file, "/", "repeats", sweep->repeats, err));
    SL_TRY(sl_h5_table(file, "/runs", &sweep->runs, err));
    SL_TRY(sl_h5_table(file, "/points", &sweep->points, err));
    if (sweep->rungs.rows == 0)
        return SL_OK;
    return sl_h5_table(file, "/rungs", &sweep->rungs, err);
}

enum sl_status
sl_sweep_write(const struct sl_sweep_record *sweep, struct sl_arena *arena, char **bytes,
               size_t *count, struct sl_error *err)
{
    struct sl_h5 *file;
    enum sl_status status;

    SL_TRY(sl_h5_new(&file, err));
    status = write_sweep(file, sweep, err);
    if (status == SL_OK)
        status = sl_h5_image(file, arena, bytes, count, err);
    sl_h5_free(file);
    return status;
}

/* ---- reading ----------------------------------------------------------------------- */

static enum sl_status
read_sweep(struct sl_h5 *file, struct sl_arena *arena, struct sl_sweep_record *sweep,
           struct sl_error *err)
{
    for (size_t i = 0; i < TEXTS; i++) {
        const char *text;
        SL_TRY(sl_h5_get_text(file, "/", texts[i].name, arena, &text, err));
        if (text == NULL)
            text = "";
        memcpy((char *)sweep + texts[i].offset, &text, sizeof text);
    }
    SL_TRY(sl_h5_get_u64(file, "/", "repeats", &sweep->repeats, err));
    SL_TRY(sl_h5_read_table(file, "/runs", arena, &sweep->runs, err));
    SL_TRY(sl_h5_read_table(file, "/points", arena, &sweep->points, err));
    return sl_h5_read_table(file, "/rungs", arena, &sweep->rungs, err);
}

/* *file has to be freed, on an error as well; it may be NULL then. */
static enum sl_status
open_sweep(const char *path, struct sl_arena *scratch, struct sl_h5 **file,
           struct sl_error *err)
{
    struct sl_error ignored;
    const char *format;
    char *bytes;
    size_t count;

    *file = NULL;
    SL_TRY(sl_file_read(path, SWEEP_FILE_MAX, scratch, &bytes, &count, err));
    if (sl_h5_open(file, bytes, count, &ignored) == SL_OK &&
        sl_h5_get_text(*file, "/", "format", scratch, &format, &ignored) == SL_OK &&
        format != NULL && strcmp(format, FORMAT) == 0)
        return SL_OK;
    return sl_fail(err, SL_ERR_IO, "'%s' is no sweep file of sluice", path);
}

enum sl_status
sl_sweep_file_read(const char *path, struct sl_arena *arena,
                   struct sl_sweep_record *sweep, struct sl_error *err)
{
    struct sl_arena scratch;
    struct sl_h5 *file;
    enum sl_status status;

    *sweep = (struct sl_sweep_record){0};
    sl_arena_init(&scratch);
    status = open_sweep(path, &scratch, &file, err);
    if (status == SL_OK) {
        status = read_sweep(file, arena, sweep, err);
        if (status != SL_OK)
            sl_error_context(err, "'%s'", path);
    }
    sl_h5_free(file);
    sl_arena_release(&scratch);
    return status;
}
