/* SPDX-License-Identifier: MIT */
#include "runner/store/runfile.h"

#include <stdint.h>

#include "runner/base/file.h"
#include "runner/store/h5.h"

#define RUN_FILE_MAX ((size_t)4 << 30)

/* ---- writing ----------------------------------------------------------------------- */

static enum sl_status
write_root(struct sl_h5 *file, const struct sl_run_record *run, struct sl_error *err)
{
    SL_TRY(sl_h5_set_text(file, "/", "key", run->key, err));
    SL_TRY(sl_h5_set_u64(file, "/", "seed", run->seed, err));
    SL_TRY(sl_h5_set_text(file, "/", "state", run->state, err));
    SL_TRY(sl_h5_set_text(file, "/", "reason", run->reason, err));
    SL_TRY(sl_h5_set_text(file, "/", "name", run->name, err));
    SL_TRY(sl_h5_set_text(file, "/", "description", run->description, err));
    SL_TRY(sl_h5_set_text(file, "/", "program", run->program, err));
    SL_TRY(sl_h5_set_text(file, "/", "platform", run->platform, err));
    SL_TRY(sl_h5_set_text(file, "/", "modules", run->modules, err));
    return sl_h5_text(file, "/config", run->config, err);
}

static enum sl_status
write_stage(struct sl_h5 *file, const struct sl_stage_record *stage,
            struct sl_arena *scratch, struct sl_error *err)
{
    const char *path = sl_arena_format(scratch, "/stages/%s", stage->name);
    const char *metrics = sl_arena_format(scratch, "/metrics/%s", stage->name);
    const char *series = sl_arena_format(scratch, "/series/%s", stage->name);
    const char *tensors = sl_arena_format(scratch, "/tensors/%s", stage->name);
    const char *outputs = sl_arena_format(scratch, "/outputs/%s", stage->name);

    SL_TRY(sl_h5_group(file, path, err));
    SL_TRY(sl_h5_set_text(file, path, "kind", stage->kind, err));
    SL_TRY(sl_h5_set_text(file, path, "module", stage->module, err));
    SL_TRY(sl_h5_set_text(file, path, "key", stage->key, err));
    SL_TRY(sl_h5_set_text(file, path, "model", stage->model, err));
    SL_TRY(sl_h5_set_text(file, path, "inputs", stage->inputs, err));
    SL_TRY(sl_h5_bundle(file, metrics, &stage->metrics, err));
    SL_TRY(sl_h5_bundle(file, series, &stage->series, err));
    SL_TRY(sl_h5_bundle(file, tensors, &stage->tensors, err));
    return sl_h5_bundle(file, outputs, &stage->outputs, err);
}

static enum sl_status
write_files(struct sl_h5 *file, const struct sl_run_record *run, struct sl_arena *scratch,
            struct sl_error *err)
{
    size_t n = run->file_count;
    const char **texts = sl_arena_alloc(scratch, 3 * n * sizeof *texts);
    struct sl_column columns[] = {sl_column_text("stage", texts),
                                  sl_column_text("file", texts + n),
                                  sl_column_text("sha256", texts + 2 * n)};
    struct sl_table table = {n, 3, columns};

    for (size_t i = 0; i < n; i++) {
        texts[i] = run->files[i].stage;
        texts[n + i] = run->files[i].file;
        texts[2 * n + i] = run->files[i].sha256;
    }
    return n ? sl_h5_table(file, "/files", &table, err) : SL_OK;
}

/* The groups are there even where they stay empty: a reader need not ask. */
static enum sl_status
write_head(struct sl_h5 *file, const struct sl_run_record *run, struct sl_error *err)
{
    static const char *const groups[] = {"/metrics", "/series", "/tensors", "/stages"};

    SL_TRY(write_root(file, run, err));
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        SL_TRY(sl_h5_group(file, groups[i], err));
    return SL_OK;
}

size_t
sl_run_bytes(const struct sl_run_record *run)
{
    size_t bytes = 0;

    for (size_t i = 0; i < run->n; i++)
        bytes += sl_bundle_bytes(&run->stages[i].tensors) +
                 sl_bundle_bytes(&run->stages[i].outputs);
    return bytes;
}

enum sl_status
sl_run_begin(struct sl_run_file *file, const struct sl_run_record *run,
             struct sl_arena *arena, struct sl_error *err)
{
    SL_TRY(sl_h5_new_in(&file->h5, arena, sl_run_bytes(run), err));
    file->stages = 0;
    return write_head(file->h5, run, err);
}

enum sl_status
sl_run_add(struct sl_run_file *file, const struct sl_run_record *run, size_t stages,
           struct sl_error *err)
{
    enum sl_status status = SL_OK;
    struct sl_arena scratch;

    sl_arena_init(&scratch);
    for (; file->stages < stages && status == SL_OK; file->stages++)
        status = write_stage(file->h5, &run->stages[file->stages], &scratch, err);
    sl_arena_release(&scratch);
    return status;
}

enum sl_status
sl_run_end(struct sl_run_file *file, const struct sl_run_record *run,
           struct sl_arena *arena, char **bytes, size_t *count, struct sl_error *err)
{
    struct sl_arena scratch;
    enum sl_status status;

    SL_TRY(sl_run_add(file, run, run->n, err));
    sl_arena_init(&scratch);
    status = write_files(file->h5, run, &scratch, err);
    if (status == SL_OK)
        status = sl_h5_image(file->h5, arena, bytes, count, err);
    sl_arena_release(&scratch);
    return status;
}

void
sl_run_free(struct sl_run_file *file)
{
    sl_h5_free(file->h5);
    file->h5 = NULL;
}

enum sl_status
sl_run_write(const struct sl_run_record *run, struct sl_arena *arena, char **bytes,
             size_t *count, struct sl_error *err)
{
    struct sl_run_file file = {0};
    enum sl_status status = sl_run_begin(&file, run, arena, err);

    if (status == SL_OK)
        status = sl_run_end(&file, run, arena, bytes, count, err);
    sl_run_free(&file);
    return status;
}

/* ---- reading ----------------------------------------------------------------------- */

/* The file at path, whose bytes are scratch's. A run file is one that has a key and a
 * state. *file has to be freed, on an error as well; it may be NULL then. */
static enum sl_status
open_run(const char *path, struct sl_arena *scratch, struct sl_h5 **file,
         struct sl_arena *arena, struct sl_run_record *run, struct sl_error *err)
{
    struct sl_error ignored;
    char *bytes;
    size_t count;

    *file = NULL;
    *run = (struct sl_run_record){0};
    SL_TRY(sl_file_map(path, RUN_FILE_MAX, scratch, &bytes, &count, err));
    if (sl_h5_open(file, bytes, count, &ignored) == SL_OK &&
        sl_h5_get_text(*file, "/", "key", arena, &run->key, &ignored) == SL_OK &&
        sl_h5_get_text(*file, "/", "state", arena, &run->state, &ignored) == SL_OK &&
        run->key != NULL && run->state != NULL)
        return SL_OK;
    return sl_fail(err, SL_ERR_IO, "'%s' is no run file of sluice", path);
}

/* What was not written reads as "". */
static enum sl_status
get_text(struct sl_h5 *file, const char *path, const char *name, struct sl_arena *arena,
         const char **text, struct sl_error *err)
{
    SL_TRY(sl_h5_get_text(file, path, name, arena, text, err));
    if (*text == NULL)
        *text = "";
    return SL_OK;
}

static enum sl_status
read_root(struct sl_h5 *file, struct sl_arena *arena, struct sl_run_record *run,
          struct sl_error *err)
{
    SL_TRY(sl_h5_get_u64(file, "/", "seed", &run->seed, err));
    SL_TRY(sl_h5_get_text(file, "/", "reason", arena, &run->reason, err));
    SL_TRY(get_text(file, "/", "name", arena, &run->name, err));
    SL_TRY(get_text(file, "/", "description", arena, &run->description, err));
    SL_TRY(get_text(file, "/", "program", arena, &run->program, err));
    SL_TRY(get_text(file, "/", "platform", arena, &run->platform, err));
    SL_TRY(sl_h5_get_text(file, "/", "modules", arena, &run->modules, err));
    SL_TRY(sl_h5_read_text(file, "/config", arena, &run->config, err));
    if (run->config == NULL)
        run->config = "";
    return SL_OK;
}

static enum sl_status
read_bundle(struct sl_h5 *file, const char *group, const char *stage,
            struct sl_arena *arena, struct sl_bundle *bundle, struct sl_error *err)
{
    sl_bundle_init(bundle, arena);
    return sl_h5_read_bundle(file, sl_arena_format(arena, "/%s/%s", group, stage), bundle,
                             err);
}

static enum sl_status
read_stage(struct sl_h5 *file, struct sl_arena *arena, struct sl_stage_record *stage,
           struct sl_error *err)
{
    const char *path = sl_arena_format(arena, "/stages/%s", stage->name);

    SL_TRY(get_text(file, path, "kind", arena, &stage->kind, err));
    SL_TRY(get_text(file, path, "module", arena, &stage->module, err));
    SL_TRY(get_text(file, path, "key", arena, &stage->key, err));
    SL_TRY(sl_h5_get_text(file, path, "model", arena, &stage->model, err));
    SL_TRY(get_text(file, path, "inputs", arena, &stage->inputs, err));
    SL_TRY(read_bundle(file, "metrics", stage->name, arena, &stage->metrics, err));
    SL_TRY(read_bundle(file, "series", stage->name, arena, &stage->series, err));
    SL_TRY(read_bundle(file, "tensors", stage->name, arena, &stage->tensors, err));
    return read_bundle(file, "outputs", stage->name, arena, &stage->outputs, err);
}

static enum sl_status
read_files(struct sl_h5 *file, struct sl_arena *arena, struct sl_run_record *run,
           struct sl_error *err)
{
    static const char *const names[] = {"stage", "file", "sha256"};
    const struct sl_column *columns[3];
    struct sl_file_record *files;
    struct sl_table table;

    SL_TRY(sl_h5_read_table(file, "/files", arena, &table, err));
    if (table.n == 0)
        return SL_OK;
    for (size_t i = 0; i < 3; i++) {
        columns[i] = sl_table_column(&table, names[i]);
        if (!columns[i] || columns[i]->type != SL_COLUMN_TEXT)
            return sl_fail(err, SL_ERR_IO, "'/files' has no texts '%s'", names[i]);
    }
    files = sl_arena_alloc(arena, table.rows * sizeof *files);
    for (size_t i = 0; i < table.rows; i++)
        files[i] = (struct sl_file_record){
            columns[0]->at.texts[i], columns[1]->at.texts[i], columns[2]->at.texts[i]};
    run->files = files;
    run->file_count = table.rows;
    return SL_OK;
}

static enum sl_status
read_run(struct sl_h5 *file, struct sl_arena *arena, struct sl_run_record *run,
         struct sl_error *err)
{
    const char **names;

    SL_TRY(read_root(file, arena, run, err));
    SL_TRY(read_files(file, arena, run, err));
    SL_TRY(sl_h5_names(file, "/stages", arena, &names, &run->n, err));
    run->stages = sl_arena_alloc(arena, run->n * sizeof *run->stages);
    for (size_t i = 0; i < run->n; i++) {
        run->stages[i].name = names[i];
        SL_TRY(read_stage(file, arena, &run->stages[i], err));
    }
    return SL_OK;
}

enum sl_status
sl_run_read(const char *path, struct sl_arena *arena, struct sl_run_record *run,
            struct sl_error *err)
{
    struct sl_arena scratch;
    struct sl_h5 *file;
    enum sl_status status;

    sl_arena_init(&scratch);
    status = open_run(path, &scratch, &file, arena, run, err);
    if (status == SL_OK && read_run(file, arena, run, err) != SL_OK)
        status = sl_error_context(err, "'%s'", path);
    sl_h5_free(file);
    sl_arena_take_maps(arena, &scratch);
    sl_arena_release(&scratch);
    return status;
}

enum sl_status
sl_run_peek(const char *path, struct sl_arena *arena, const char **key,
            const char **state, struct sl_error *err)
{
    struct sl_arena scratch;
    struct sl_run_record run;
    struct sl_h5 *file;
    enum sl_status status;

    sl_arena_init(&scratch);
    status = open_run(path, &scratch, &file, arena, &run, err);
    if (status == SL_OK) {
        *key = run.key;
        *state = run.state;
    }
    sl_h5_free(file);
    sl_arena_release(&scratch);
    return status;
}
