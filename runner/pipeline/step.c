/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/step.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runner/base/clock.h"
#include "runner/base/float_state.h"
#include "runner/pipeline/isolate.h"
#include "runner/pipeline/prepared.h"
#include "runner/store/features.h"

/* ---- what a module calls: inputs ---------------------------------------------------- */

struct sl_arena *
sl_step_arena(struct sl_step *step)
{
    return &step->scratch;
}

const struct sl_registry *
sl_step_registry(const struct sl_step *step)
{
    return step->registry;
}

const char *
sl_step_sha256(struct sl_step *step, const char *path)
{
    char hex[SL_DIGEST_HEX];

    for (size_t i = 0; i < step->plan->file_count; i++)
        if (strcmp(step->plan->files[i]->path, path) == 0) {
            sl_digest_hex(&step->plan->files[i]->content, hex);
            return sl_arena_string(&step->scratch, hex);
        }
    return NULL;
}

static struct sl_input *
find_input(struct sl_step *step, const char *port)
{
    for (size_t i = 0; i < step->n; i++)
        if (strcmp(step->inputs[i].port, port) == 0)
            return &step->inputs[i];
    return NULL;
}

const struct sl_dataset *
sl_input_dataset(struct sl_step *step, const char *port)
{
    const struct sl_input *input = find_input(step, port);
    return input ? input->dataset : NULL;
}

const struct sl_model *
sl_input_model(struct sl_step *step, const char *port)
{
    const struct sl_input *input = find_input(step, port);
    return input ? input->model : NULL;
}

const struct sl_tensor *
sl_input_tensor(struct sl_step *step, const char *port)
{
    const struct sl_input *input = find_input(step, port);
    return input ? input->tensor : NULL;
}

double
sl_input_scalar(struct sl_step *step, const char *port)
{
    const struct sl_tensor *tensor = sl_input_tensor(step, port);

    return tensor && sl_tensor_count(tensor) == 1 ? sl_tensor_at(tensor, 0) : (double)NAN;
}

const struct sl_scores *
sl_input_scores(struct sl_step *step, const char *port)
{
    const struct sl_input *input = find_input(step, port);
    return input ? &input->scores : NULL;
}

/* ---- outputs ------------------------------------------------------------------------ */

enum sl_status
sl_output_tensor(struct sl_step *step, const char *port, const struct sl_tensor *tensor,
                 struct sl_error *err)
{
    struct sl_item item = {.name = port, .tensor = *tensor};

    return sl_bundle_add(&step->outcome.outputs, &item, err);
}

enum sl_status
sl_output_scalar(struct sl_step *step, const char *port, double value,
                 struct sl_error *err)
{
    struct sl_tensor tensor = {.type = SL_F64, .data = &value};

    return sl_output_tensor(step, port, &tensor, err);
}

/* Training rows that the columns' means are taken of, evenly among them. */
#define MEAN_ROWS 10000

static void
add_row(const double *x, size_t d, double *sums, double *counts)
{
    for (size_t j = 0; j < d; j++) {
        sums[j] += isnan(x[j]) ? 0.0 : x[j];
        counts[j] += !isnan(x[j]);
    }
}

/* The mean of each column over the training split, as files have it: what a row is held
 * against to see what a column adds to its score (apply.h). Missing values are left out.
 * NULL where there is no such split, or no score. */
static enum sl_status
find_means(struct sl_step *step, const struct sl_dataset *data, const double **means,
           struct sl_error *err)
{
    const struct sl_split *split = sl_dataset_split(data, "train");
    const struct sl_model_class *class = step->plan->stage->module->model;
    double *sums, *counts, *x;

    if (!split || !class || !class->score)
        return SL_OK;
    sums = sl_arena_array(&step->arena, data->d, sizeof *sums);
    counts = sl_arena_array(&step->scratch, data->d, sizeof *counts);
    x = sl_arena_array(&step->scratch, data->d, sizeof *x);
    if (!sums || !counts || !x)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for the means of %zu columns",
                       data->d);
    for (size_t i = 0; i < split->n; i += 1 + (split->n - 1) / MEAN_ROWS) {
        sl_rows_gather_f64(data, split->rows + i, 1, x);
        add_row(x, data->d, sums, counts);
    }
    for (size_t j = 0; j < data->d; j++)
        sums[j] *= counts[j] > 0 ? data->scale / counts[j] : 0.0;
    *means = sums;
    return SL_OK;
}

enum sl_status
sl_output_model(struct sl_step *step, const struct sl_bundle *parameters,
                struct sl_error *err)
{
    const struct sl_module *module = step->plan->stage->module;
    struct sl_stored_model *model = &step->outcome.model;
    const struct sl_dataset *data = NULL;
    struct sl_text config = {0};

    for (size_t i = 0; i < step->n && !data; i++)
        data = step->raw ? step->raw : step->inputs[i].dataset;
    assert(data && "a train module has a data set");
    sl_fields_print(module->entry.fields, step->plan->stage->config, SL_PRINT_ALL, 0,
                    &config);
    model->module = module->entry.name;
    model->config = sl_arena_string(&step->arena, config.bytes ? config.bytes : "");
    sl_text_release(&config);
    model->d = data->d;
    model->height = data->height;
    model->width = data->width;
    model->scale = data->scale;
    model->float32 = data->type == SL_F32;
    model->features = sl_features_copy(data->features, &step->arena);
    for (size_t i = 0; step->prepared && i < step->fitted.n; i++)
        SL_TRY(sl_bundle_add(&model->preprocess, &step->fitted.items[i], err));
    SL_TRY(find_means(step, data, &model->means, err));
    for (size_t i = 0; i < parameters->n; i++)
        SL_TRY(sl_bundle_add(&model->parameters, &parameters->items[i], err));
    return SL_OK;
}

void *
sl_output_parameter(struct sl_step *step, const char *name)
{
    const struct sl_item *item = sl_bundle_find(&step->outcome.model.parameters, name);

    return item ? item->tensor.data : NULL;
}

enum sl_status
sl_rows_open(struct sl_step *step, size_t n, size_t d, enum sl_dtype type, bool labelled,
             struct sl_rows_room *room, struct sl_error *err)
{
    bool found = false;

    step->rows = (struct sl_dataset){.n = n, .d = d, .type = type};
    if (step->plan->stage->module->fixed_rows && !step->from_scratch)
        SL_TRY(sl_cache_data_map(step->cache, &step->plan->rows, labelled, &step->rows,
                                 &found, err));
    if (!found)
        SL_TRY(sl_cache_data_open(step->cache, n, d, type, labelled, &step->draft, err));
    *room = (struct sl_rows_room){
        .x = found ? (void *)(uintptr_t)step->rows.x : step->draft.x,
        .labels = found ? (int32_t *)(uintptr_t)step->rows.labels : step->draft.labels,
        .filled = found,
    };
    return SL_OK;
}

static enum sl_status
copy_splits(struct sl_arena *arena, const struct sl_dataset *from, struct sl_dataset *to,
            struct sl_error *err)
{
    struct sl_split *splits = sl_arena_alloc(arena, from->split_count * sizeof *splits);
    uint32_t *rows;

    for (size_t i = 0; i < from->split_count; i++) {
        splits[i] = from->splits[i];
        splits[i].name = sl_arena_string(arena, from->splits[i].name);
        rows = sl_arena_rows(arena, from->splits[i].n, sizeof *rows);
        if (!rows)
            return sl_fail(err, SL_ERR_MEMORY, "no memory for the %zu rows of split '%s'",
                           from->splits[i].n, from->splits[i].name);
        memcpy(rows, from->splits[i].rows, from->splits[i].n * sizeof *rows);
        splits[i].rows = rows;
    }
    to->splits = splits;
    return SL_OK;
}

enum sl_status
sl_output_dataset(struct sl_step *step, const struct sl_dataset *shape,
                  struct sl_error *err)
{
    struct sl_dataset *data = SL_NEW(&step->arena, struct sl_dataset);

    *data = *shape;
    SL_TRY(copy_splits(&step->arena, shape, data, err));
    data->features = sl_features_copy(shape->features, &step->arena);
    if (step->rows.x) {
        data->x = step->rows.x;
        data->labels = step->rows.labels;
        data->content = step->plan->rows;
    } else {
        SL_TRY(sl_cache_data_commit(step->cache, &step->plan->rows, &step->draft, data,
                                    err));
    }
    step->outcome.dataset = data;
    return SL_OK;
}

/* ---- results ------------------------------------------------------------------------ */

static bool
matches(const char *pattern, const char *name)
{
    size_t n = strcspn(pattern, "*{");

    if (pattern[n])
        return strncmp(pattern, name, n) == 0;
    return strcmp(pattern, name) == 0;
}

/* A bug of the module, which may be from outside: the step fails once run returns. */
static void
blame(struct sl_step *step, const char *does, const char *name, const char *without)
{
    if (step->blame.status == SL_OK)
        sl_fail(&step->blame, SL_ERR_SHAPE, "module '%s' %s '%s' and does not %s",
                step->plan->stage->module->entry.name, does, name, without);
}

/* The declaration of a result. */
static const struct sl_result *
declared(struct sl_step *step, const char *name, enum sl_result_type type)
{
    static const struct sl_result unknown = {NULL, SL_RESULT_METRIC, NULL, NULL};
    const struct sl_result *r = step->plan->stage->module->results;

    while (r && r->name && (r->type != type || !matches(r->name, name)))
        r++;
    if (r && r->name)
        return r;
    blame(step, "records", name, "declare it among its results");
    return &unknown;
}

void
sl_metric(struct sl_step *step, const char *name, double value)
{
    struct sl_estimate estimate = {.value = value};

    sl_metric_estimate(step, name, &estimate);
}

void
sl_metric_estimate(struct sl_step *step, const char *name,
                   const struct sl_estimate *estimate)
{
    const struct sl_result *result = declared(step, name, SL_RESULT_METRIC);
    double value = estimate->value;
    struct sl_item item = {
        .name = name,
        .tensor = {.type = SL_F64, .data = &value},
        .unit = result->unit,
        .help = result->help,
        .interval = estimate->interval.method ? &estimate->interval : NULL,
        .undefined = estimate->undefined,
    };
    struct sl_error none;

    (void)sl_bundle_add(&step->outcome.metrics, &item, &none);
}

enum sl_status
sl_series(struct sl_step *step, const char *name, const char *axis, const double *at,
          const double *values, size_t n, struct sl_error *err)
{
    const struct sl_result *result = declared(step, name, SL_RESULT_SERIES);
    double *count = NULL;
    struct sl_item item = {
        .name = name,
        .tensor = sl_tensor_vector(SL_F64, (void *)(uintptr_t)values, n),
        .unit = result->unit,
        .help = result->help,
        .axis = axis,
        .at = at,
    };

    if (!at) {
        count = sl_arena_array(&step->scratch, n ? n : 1, sizeof *count);
        if (!count)
            return sl_fail(err, SL_ERR_MEMORY, "no memory for a series of %zu", n);
        for (size_t i = 0; i < n; i++)
            count[i] = (double)(i + 1);
        item.at = count;
    }
    return sl_bundle_add(&step->outcome.series, &item, err);
}

enum sl_status
sl_record(struct sl_step *step, const char *name, const struct sl_tensor *tensor,
          struct sl_error *err)
{
    const struct sl_result *result = declared(step, name, SL_RESULT_TENSOR);
    struct sl_item item = {
        .name = name, .tensor = *tensor, .unit = result->unit, .help = result->help};

    return sl_bundle_add(&step->outcome.tensors, &item, err);
}

/* ---- streams, threads, progress ----------------------------------------------------- */

struct sl_stream
sl_step_stream(struct sl_step *step, const char *purpose)
{
    struct sl_stream stream;

    if (!step->plan->split && !(step->plan->stage->module->draws & SL_DRAWS))
        blame(step, "takes the stream", purpose, "say SL_DRAWS");
    sl_stream_init(&stream, step->plan->seed, step->plan->stage->name, purpose);
    return stream;
}

struct sl_stream
sl_step_split_stream(struct sl_step *step, const char *purpose)
{
    struct sl_stream stream;

    if (!(step->plan->stage->module->draws & SL_DRAWS_SPLITS))
        blame(step, "takes the stream", purpose, "say SL_DRAWS_SPLITS");
    sl_stream_init(&stream, step->plan->split_seed, step->plan->stage->name, purpose);
    return stream;
}

struct sl_pool *
sl_step_pool(struct sl_step *step)
{
    return step->pool;
}

void
sl_parallel(struct sl_step *step, size_t tiles, void (*fn)(void *context, size_t tile),
            void *context)
{
    sl_pool_tiles(step->pool, tiles, fn, context);
}

void
sl_progress(struct sl_step *step, double done, double total, const char *unit,
            double loss)
{
    if (step->shared)
        sl_shared_progress(step->shared, done, total, unit, loss);
    else
        sl_progress_tell(step->progress, step->line, done, total, unit, loss);
}

static void
note(const struct sl_step *step, const char *text)
{
    if (step->shared)
        sl_shared_note(step->shared, text);
    else
        sl_progress_note(step->progress, text);
}

void
sl_warn(struct sl_step *step, const char *format, ...)
{
    struct sl_text text = {0}, shown = {0};
    va_list args;

    sl_text_format(&text, "warning: %s: ", step->label);
    va_start(args, format);
    sl_text_vformat(&text, format, args);
    va_end(args);
    sl_report_show(text.bytes, &shown);
    note(step, shown.bytes);
    sl_text_release(&text);
    sl_text_release(&shown);
}

static bool
is_late(const struct sl_step *step)
{
    return step->deadline > 0 && sl_seconds() > step->deadline;
}

bool
sl_cancelled(const struct sl_step *step)
{
    return atomic_load_explicit(step->stop, memory_order_relaxed) != 0 || is_late(step);
}

/* ---- the engine's side -------------------------------------------------------------- */

enum sl_status
sl_step_open_model(struct sl_step *step, struct sl_error *err)
{
    const struct sl_stage *stage = step->plan->stage;

    return sl_model_open(stage->module, stage->config, &step->outcome.model, &step->arena,
                         &step->model, err);
}

/* Fits the list of a train step and puts its view in the place of the data set. */
static enum sl_status
preprocess(struct sl_step *step, struct sl_error *err)
{
    const struct sl_stage *stage = step->plan->stage;
    const struct sl_choice_list *list =
        sl_preprocess_list(stage->module->entry.fields, stage->config);
    struct sl_preprocessing *fitted = SL_NEW(&step->scratch, struct sl_preprocessing);
    struct sl_input *input = step->inputs;

    while (input < step->inputs + step->n && !input->dataset)
        input++;
    if (stage->row->table != SL_TRAIN || input == step->inputs + step->n)
        return SL_OK;
    if (!list)
        return input->dataset->features && input->dataset->features->missing
                   ? sl_preprocess_check(input->dataset, &step->scratch, err)
                   : SL_OK;
    step->raw = input->dataset;
    sl_bundle_init(&step->fitted, &step->scratch);
    SL_TRY(sl_preprocess_fit(list, step->raw, step->pool, &step->scratch, &step->fitted,
                             fitted, err));
    if (!fitted->volume && stage->module->model && stage->module->model->log_density)
        return sl_fail(err, SL_ERR_SHAPE,
                       "module '%s' learns a density, and 'preprocess' is not one to one "
                       "(%zu columns of %zu): there is no volume to measure a density by",
                       stage->module->entry.name, fitted->out, fitted->in);
    step->prepared = fitted;
    input->dataset = sl_preprocess_view(fitted, step->raw, true, &step->scratch);
    return SL_OK;
}

static enum sl_status
perform_score(struct sl_step *step, struct sl_error *err)
{
    const struct sl_model *model = sl_input_model(step, "model");
    const struct sl_dataset *data = sl_input_dataset(step, "data");
    const struct sl_split *split = sl_dataset_split(data, step->plan->split);
    struct sl_tensor scores = {.type = SL_F64, .rank = 1}, ids;

    if (!split)
        return sl_fail(err, SL_ERR_SHAPE, "the data has no split '%s'",
                       step->plan->split);
    scores.shape[0] = split->n;
    SL_TRY(sl_output_tensor(step, "scores", &scores, err));
    scores = sl_bundle_find(&step->outcome.outputs, "scores")->tensor;
    struct sl_rows rows = {data, split->rows, split->n};
    SL_TRY(model->module->model->score(model, step, &rows, step->plan->score, scores.data,
                                       err));
    ids = sl_tensor_vector(SL_U32, (void *)(uintptr_t)split->rows, split->n);
    return sl_output_tensor(step, "ids", &ids, err);
}

/* What a module did to the floating-point unit is undone, and told. */
static void
note_float_state(const struct sl_step *step, uint64_t before, uint64_t after)
{
    char text[300];

    snprintf(text, sizeof text,
             "step '%s': module '%s' turned on %s for those that come after it; undone",
             step->label, step->plan->stage->module->entry.name,
             sl_float_state_change(before, after));
    note(step, text);
}

/* A module from outside may fail without a word: nobody would hear of it. */
static enum sl_status
work(struct sl_step *step, struct sl_error *err)
{
    const struct sl_module *module = step->plan->stage->module;
    struct sl_error said = {0};
    enum sl_status status =
        step->plan->split ? perform_score(step, &said) : preprocess(step, &said);

    if (!step->plan->split && status == SL_OK)
        status = module->run(step, step->plan->stage->config, &said);
    if (status == SL_OK)
        return SL_OK;
    if (said.status) {
        sl_report_clean(&said);
        *err = said;
    } else {
        sl_fail(err, status == SL_ERR_CANCELLED ? status : SL_ERR_NUMERIC,
                "module '%s' failed (status %d) and did not say why", module->entry.name,
                (int)status);
    }
    return err->status;
}

enum sl_status
sl_step_perform(struct sl_step *step, struct sl_error *err)
{
    const struct sl_module *module = step->plan->stage->module;
    uint64_t before = sl_float_state(), after;
    enum sl_status status;

    step->begun = sl_seconds();
    /* In a process of its own the guard sees to it. */
    if (step->plan->stage->timeout > 0 && !step->shared)
        step->deadline = step->begun + step->plan->stage->timeout;
    sl_arena_init_in(&step->scratch, step->cache->folder);
    status = work(step, err);
    sl_draft_release(&step->draft.draft);
    sl_arena_release(&step->scratch);
    after = sl_float_state();
    sl_float_state_set(before);
    if (after != before)
        note_float_state(step, before, after);
    if (status == SL_ERR_CANCELLED && !atomic_load(step->stop) && is_late(step))
        return sl_fail(err, SL_ERR_NUMERIC,
                       "module '%s' took longer than its timeout of %g seconds",
                       module->entry.name, step->plan->stage->timeout);
    if (status == SL_OK && step->blame.status)
        return sl_fail(err, step->blame.status, "%s", step->blame.text);
    return status;
}
