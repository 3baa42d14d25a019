/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/record.h"

#include <string.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/pipeline/key.h"
#include "runner/store/runfile.h"

static const char *
hex_of(struct sl_arena *arena, const struct sl_digest *digest)
{
    char hex[SL_DIGEST_HEX];

    sl_digest_hex(digest, hex);
    return sl_arena_string(arena, hex);
}

static const char *
model_path(struct sl_arena *arena, const struct sl_digest *key)
{
    return sl_arena_format(arena, "models/%.16s.h5", hex_of(arena, key));
}

/* "normal=test anomalous=kmnist", for whoever draws or reads the record. */
static const char *
bindings(struct sl_arena *arena, const struct sl_stage *stage)
{
    struct sl_text text = {0};

    for (size_t i = 0; i < stage->n; i++)
        if (stage->joins[i].split)
            sl_text_format(&text, "%s%s=%s", text.count ? " " : "",
                           stage->joins[i].port->key, stage->joins[i].split);
    const char *copy = sl_arena_string(arena, text.bytes ? text.bytes : "");
    sl_text_release(&text);
    return copy;
}

/* The objects that its stages depend on, a line each; NULL: none. */
static const char *
modules_of(struct sl_arena *arena, const struct sl_plan *plan,
           const struct sl_experiment *experiment)
{
    struct sl_origins origins = {0};
    struct sl_text text = {0};
    const char *copy;

    for (size_t i = 0; i < experiment->n; i++)
        sl_origins_add(&origins, plan->registry, &experiment->stages[i]);
    for (size_t i = 0; i < origins.n; i++) {
        sl_text_append(&text, i ? "\n" : "");
        sl_origin_say(origins.at[i], &text);
    }
    copy = text.bytes ? sl_arena_string(arena, text.bytes) : NULL;
    sl_text_release(&text);
    return copy;
}

/* A file whose content the configuration states is not listed: it is in there. */
static void
list_files(const struct sl_plan *plan, const struct sl_plan_run *run,
           struct sl_arena *arena, struct sl_run_record *record)
{
    struct sl_file_record *files;
    size_t n = 0;

    if (run->fault)
        return;
    for (size_t i = 0; i < run->experiment->n; i++)
        n += plan->steps[run->steps[i]].file_count;
    files = sl_arena_alloc(arena, n * sizeof *files);
    record->files = files;
    for (size_t i = 0; i < run->experiment->n; i++) {
        const struct sl_plan_step *step = &plan->steps[run->steps[i]];
        for (size_t k = 0; k < step->file_count; k++) {
            const char *name = strrchr(step->files[k]->path, '/');
            files[record->file_count++] = (struct sl_file_record){
                run->experiment->stages[i].name,
                sl_arena_string(arena, name ? name + 1 : step->files[k]->path),
                hex_of(arena, &step->files[k]->content)};
        }
    }
}

static void
fill_head(struct sl_record *record)
{
    const struct sl_experiment *experiment = record->run->experiment;
    struct sl_arena *arena = &record->arena;
    struct sl_text config = {0};

    sl_experiment_print(experiment, &config);
    record->content = (struct sl_run_record){
        .key = hex_of(arena, &record->run->key),
        .state = "done",
        .name = experiment->name,
        .description = experiment->description,
        .program = "sluice " SL_VERSION,
        .platform = record->plan->platform,
        .modules = modules_of(arena, record->plan, experiment),
        .config = sl_arena_string(arena, config.bytes),
        .seed = experiment->seed,
    };
    sl_text_release(&config);
    list_files(record->plan, record->run, arena, &record->content);
}

static void
fill_stage(struct sl_stage_record *record, struct sl_arena *arena,
           const struct sl_stage *stage, const struct sl_step *step)
{
    *record = (struct sl_stage_record){
        .name = stage->name,
        .kind = sl_table_name(stage->row->table),
        .module = stage->module->entry.name,
        .key = hex_of(arena, &step->plan->key),
        .model = step->outcome.model.module ? model_path(arena, &step->plan->key) : NULL,
        .inputs = bindings(arena, stage),
        .metrics = step->outcome.metrics,
        .series = step->outcome.series,
        .tensors = step->outcome.tensors,
        .outputs = step->outcome.outputs,
    };
}

static enum sl_status
add_file(struct sl_record *record, const char *path, const char *bytes, size_t count,
         struct sl_error *err)
{
    if (record->n == SL_RECORD_FILES)
        return sl_fail(err, SL_ERR_SHAPE, "a run has at most %d models",
                       SL_RECORD_FILES - 1);
    record->files[record->n++] = (struct sl_publication){path, bytes, count};
    return SL_OK;
}

static enum sl_status
add_model(struct sl_record *record, const struct sl_step *step, struct sl_error *err)
{
    const char *path = sl_arena_format(&record->arena, "%s/%s", record->out,
                                       model_path(&record->arena, &step->plan->key));
    char *bytes;
    size_t count;

    if (!step->outcome.model.module || access(path, F_OK) == 0)
        return SL_OK;
    SL_TRY(sl_model_write(&step->outcome.model, &record->arena, &bytes, &count, err));
    return add_file(record, path, bytes, count, err);
}

static enum sl_status
add_run(struct sl_record *record, const char *bytes, size_t count, struct sl_error *err)
{
    const char *path =
        sl_arena_format(&record->arena, "%s/%s/run.h5", record->out, record->run->folder);

    return add_file(record, path, bytes, count, err);
}

void
sl_record_init(struct sl_record *record, const char *out, const struct sl_plan *plan,
               const struct sl_plan_run *run)
{
    *record = (struct sl_record){.out = out, .plan = plan, .run = run};
    sl_arena_init_in(&record->arena, out);
}

/* The models, and what the file has of the first n stages. */
static enum sl_status
fill(struct sl_record *record, const struct sl_step *const *steps, size_t n,
     struct sl_error *err)
{
    const struct sl_experiment *x = record->run->experiment;
    struct sl_run_record *content = &record->content;

    if (!content->stages) {
        fill_head(record);
        content->stages = sl_arena_alloc(&record->arena, x->n * sizeof *content->stages);
    }
    for (; content->n < n; content->n++) {
        const struct sl_step *step = steps[content->n];
        fill_stage(&content->stages[content->n], &record->arena, &x->stages[content->n],
                   step);
        SL_TRY(add_model(record, step, err));
    }
    return SL_OK;
}

/* A large file begins when all of it is known. */
enum sl_status
sl_record_add(struct sl_record *record, const struct sl_step *const *steps, size_t n,
              struct sl_error *err)
{
    const struct sl_run_record *content = &record->content;

    SL_TRY(fill(record, steps, n, err));
    if (sl_run_bytes(content) >= SL_FILE_MAPPED) {
        sl_run_free(&record->file);
        return SL_OK;
    }
    if (!record->file.h5)
        SL_TRY(sl_run_begin(&record->file, content, &record->arena, err));
    return sl_run_add(&record->file, content, n, err);
}

enum sl_status
sl_record_done(struct sl_record *record, const struct sl_step *const *steps,
               struct sl_error *err)
{
    const struct sl_run_record *content = &record->content;
    char *bytes;
    size_t count;

    SL_TRY(sl_record_add(record, steps, record->run->experiment->n, err));
    if (!record->file.h5)
        SL_TRY(sl_run_begin(&record->file, content, &record->arena, err));
    SL_TRY(sl_run_end(&record->file, content, &record->arena, &bytes, &count, err));
    sl_run_free(&record->file);
    return add_run(record, bytes, count, err);
}

enum sl_status
sl_record_failed(struct sl_record *record, const char *reason, struct sl_error *err)
{
    char *bytes;
    size_t count;

    fill_head(record);
    record->content.state = "failed";
    record->content.reason = reason;
    SL_TRY(sl_run_write(&record->content, &record->arena, &bytes, &count, err));
    return add_run(record, bytes, count, err);
}

void
sl_record_release(struct sl_record *record)
{
    sl_run_free(&record->file);
    sl_arena_release(&record->arena);
}
