/* SPDX-License-Identifier: MIT */
#include "tests/unit/fake_step.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "runner/config/yaml.h"
#include "runner/parallel/pool.h"
#include "runner/pipeline/submodel.h"
#include "tests/unit/scalar.h"

void
fake_step_init(struct sl_step *step, const char *name, uint64_t seed,
               const struct sl_dataset *data)
{
    *step = (struct sl_step){.name = name, .seed = seed, .data = data};
    sl_arena_init(&step->arena);
    sl_bundle_init(&step->metrics, &step->arena);
    sl_bundle_init(&step->series, &step->arena);
    sl_bundle_init(&step->tensors, &step->arena);
    sl_bundle_init(&step->outputs, &step->arena);
    sl_bundle_init(&step->parameters, &step->arena);
}

void
fake_step_release(struct sl_step *step)
{
    sl_text_release(&step->warnings);
    sl_arena_release(&step->arena);
}

void
fake_checkpoint_release(struct fake_checkpoint *checkpoint)
{
    if (checkpoint->saves)
        sl_arena_release(&checkpoint->arena);
    *checkpoint = (struct fake_checkpoint){.saves = 0};
}

double
fake_metric(const struct sl_step *step, const char *name)
{
    const struct sl_item *item = sl_bundle_find(&step->metrics, name);

    if (!item)
        fail_msg("no metric '%s'", name);
    return *(const double *)item->tensor.data;
}

const struct sl_item *
fake_series(const struct sl_step *step, const char *name)
{
    const struct sl_item *item = sl_bundle_find(&step->series, name);

    if (!item)
        fail_msg("no series '%s'", name);
    return item;
}

/* skip: keys that are not the entry's own, or NULL. */
static void *
bind(const struct sl_entry *entry, const char *yaml, const char *const *skip,
     struct sl_arena *arena)
{
    struct sl_report report;
    struct sl_binder binder = {arena, &report, &sl_builtin};
    struct sl_node *node = NULL;
    void *config = sl_arena_alloc(arena, entry->config_size);

    sl_report_init(&report, arena);
    if (*yaml)
        sl_yaml_parse("test", yaml, strlen(yaml), arena, &report, &node);
    if (entry->fields && !report.errors)
        sl_fields_bind(&binder, entry->fields, node, (struct sl_mark){"test", 1, 1}, skip,
                       config);
    if (report.errors)
        fail_msg("'%s' with '%s': %s", entry->name, yaml, report.problems[0].text);
    return config;
}

void *
fake_config(const struct sl_entry *entry, const char *yaml, struct sl_arena *arena)
{
    return bind(entry, yaml, NULL, arena);
}

const char *
fake_check(const struct sl_module *module, const char *yaml,
           const struct sl_schema *schema, struct sl_arena *arena)
{
    struct sl_report report;
    struct sl_node *node = NULL;
    struct sl_check check = {arena, &report, {"test", 1, 1}, NULL, &sl_builtin, schema};
    const char *said = "", *keys[16] = {0};
    size_t n = 0;

    sl_report_init(&report, arena);
    sl_yaml_parse("test", yaml, strlen(yaml), arena, &report, &node);
    check.node = node;
    for (const struct sl_port *p = module->inputs; p && p->name; p++)
        if (p->key)
            keys[n++] = p->key;
    module->check(bind(&module->entry, yaml, keys, arena), &check);
    for (size_t i = 0; i < report.n; i++)
        said = sl_arena_format(arena, "%s%u:%u %s\n", said, report.problems[i].mark.line,
                               report.problems[i].mark.column, report.problems[i].text);
    return said;
}

/* ---- stage.h ------------------------------------------------------------------------ */

struct sl_arena *
sl_step_arena(struct sl_step *step)
{
    return &step->arena;
}

const struct sl_registry *
sl_step_registry(const struct sl_step *step)
{
    (void)step;
    return &sl_builtin;
}

const char *
sl_step_sha256(struct sl_step *step, const char *path)
{
    (void)path;
    return step->planned;
}

const struct sl_dataset *
sl_input_dataset(struct sl_step *step, const char *port)
{
    (void)port;
    return step->data;
}

const struct sl_model *
sl_input_model(struct sl_step *step, const char *port)
{
    (void)port;
    return step->model;
}

const struct sl_tensor *
sl_input_tensor(struct sl_step *step, const char *port)
{
    const struct sl_item *item = sl_bundle_find(&step->outputs, port);

    return item ? &item->tensor : NULL;
}

double
sl_input_scalar(struct sl_step *step, const char *port)
{
    return sl_tensor_at(sl_input_tensor(step, port), 0);
}

const struct sl_scores *
sl_input_scores(struct sl_step *step, const char *port)
{
    for (size_t i = 0; i < 4 && step->joined[i].port; i++)
        if (strcmp(step->joined[i].port, port) == 0)
            return &step->joined[i].scores;
    return NULL;
}

enum sl_status
sl_output_tensor(struct sl_step *step, const char *port, const struct sl_tensor *tensor,
                 struct sl_error *err)
{
    struct sl_item item = {.name = port, .tensor = *tensor};

    return sl_bundle_add(&step->outputs, &item, err);
}

enum sl_status
sl_output_scalar(struct sl_step *step, const char *port, double value,
                 struct sl_error *err)
{
    (void)err;
    bundle_scalar(&step->outputs, port, value);
    return SL_OK;
}

enum sl_status
sl_rows_open(struct sl_step *step, size_t n, size_t d, enum sl_dtype type, bool labelled,
             struct sl_rows_room *room, struct sl_error *err)
{
    (void)err;
    step->room.x = sl_arena_rows(&step->arena, n * d, sl_dtype_size(type));
    step->room.labels = labelled ? sl_arena_rows(&step->arena, n, sizeof(int32_t)) : NULL;
    step->room.filled = false;
    *room = step->room;
    return SL_OK;
}

/* The splits stay the caller's. */
enum sl_status
sl_output_dataset(struct sl_step *step, const struct sl_dataset *shape,
                  struct sl_error *err)
{
    (void)err;
    step->loaded = *shape;
    step->loaded.x = step->room.x;
    step->loaded.labels = step->room.labels;
    return SL_OK;
}

enum sl_status
sl_output_model(struct sl_step *step, const struct sl_bundle *parameters,
                struct sl_error *err)
{
    for (size_t i = 0; i < parameters->n; i++)
        SL_TRY(sl_bundle_add(&step->parameters, &parameters->items[i], err));
    return SL_OK;
}

void *
sl_output_parameter(struct sl_step *step, const char *name)
{
    return sl_bundle_find(&step->parameters, name)->tensor.data;
}

void
sl_metric(struct sl_step *step, const char *name, double value)
{
    bundle_scalar(&step->metrics, name, value);
}

void
sl_metric_estimate(struct sl_step *step, const char *name,
                   const struct sl_estimate *estimate)
{
    double value = estimate->value;
    struct sl_item item = {
        .name = name,
        .tensor = {.type = SL_F64, .data = &value},
        .interval = estimate->interval.method ? &estimate->interval : NULL,
        .undefined = estimate->undefined,
    };
    struct sl_error err;

    assert_int_equal(sl_bundle_add(&step->metrics, &item, &err), SL_OK);
}

enum sl_status
sl_series(struct sl_step *step, const char *name, const char *axis, const double *at,
          const double *values, size_t n, struct sl_error *err)
{
    struct sl_item item = {
        .name = name,
        .tensor = sl_tensor_vector(SL_F64, (void *)(uintptr_t)values, n),
        .axis = axis,
        .at = at,
    };

    if (!at) {
        double *count = sl_arena_alloc(&step->arena, n * sizeof *count);
        for (size_t i = 0; i < n; i++)
            count[i] = (double)i + 1;
        item.at = count;
    }
    return sl_bundle_add(&step->series, &item, err);
}

enum sl_status
sl_record(struct sl_step *step, const char *name, const struct sl_tensor *tensor,
          struct sl_error *err)
{
    struct sl_item item = {.name = name, .tensor = *tensor};

    return sl_bundle_add(&step->tensors, &item, err);
}

struct sl_stream
sl_step_stream(struct sl_step *step, const char *purpose)
{
    struct sl_stream stream;

    sl_stream_init(&stream, step->seed, step->name, purpose);
    return stream;
}

struct sl_stream
sl_step_split_stream(struct sl_step *step, const char *purpose)
{
    return sl_step_stream(step, purpose);
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
    assert_non_null(unit);
    assert_true(loss == loss);
    step->told++;
    step->done = done;
    step->total = total;
}

void
sl_warn(struct sl_step *step, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    sl_text_vformat(&step->warnings, format, args);
    va_end(args);
    sl_text_append(&step->warnings, "\n");
}

bool
sl_cancelled(const struct sl_step *step)
{
    return step->stop_after && step->told >= step->stop_after;
}

enum sl_status
sl_checkpoint_save(struct sl_step *step, uint64_t epoch, uint64_t batch,
                   const struct sl_bundle *content, struct sl_error *err)
{
    struct fake_checkpoint *c = step->checkpoint;
    unsigned saves;

    if (!c)
        return SL_OK;
    saves = c->saves;
    fake_checkpoint_release(c);
    sl_arena_init(&c->arena);
    sl_bundle_init(&c->content, &c->arena);
    c->saves = saves + 1;
    c->epoch = epoch;
    c->batch = batch;
    for (size_t i = 0; i < content->n; i++)
        SL_TRY(sl_bundle_add(&c->content, &content->items[i], err));
    return SL_OK;
}

enum sl_status
sl_checkpoint_load(struct sl_step *step, uint64_t epochs, uint64_t *epoch,
                   uint64_t *batch, struct sl_bundle *content, bool *found,
                   struct sl_error *err)
{
    const struct fake_checkpoint *c = step->checkpoint;

    *found =
        c && c->saves && (c->epoch < epochs || (c->epoch == epochs && c->batch == 0));
    if (!*found)
        return SL_OK;
    *epoch = c->epoch;
    *batch = c->batch;
    for (size_t i = 0; i < c->content.n; i++)
        SL_TRY(sl_bundle_add(content, &c->content.items[i], err));
    return SL_OK;
}

/* ---- submodel.h ------------------------------------------------------------------------ */

/* As the engine has it, but that nothing stands before a member. */
enum sl_status
sl_submodel_train(struct sl_step *step, const struct sl_submodel *member,
                  const struct sl_split *rows, struct sl_bundle *parameters,
                  struct sl_error *err)
{
    const struct sl_module *module = (const struct sl_module *)member->choice->row->as[0];
    struct sl_dataset data = *step->data;
    struct sl_step inner;
    enum sl_status status;

    data.splits = rows;
    data.split_count = 1;
    fake_step_init(&inner,
                   sl_arena_format(&step->arena, "%s/%s", step->name, member->name),
                   step->seed, &data);
    inner.pool = step->pool;
    status = module->run(&inner, member->choice->config, err);
    for (size_t i = 0; i < inner.parameters.n && status == SL_OK; i++) {
        struct sl_item item = inner.parameters.items[i];

        item.name = sl_arena_format(&step->arena, "%s.%s", member->name, item.name);
        status = sl_bundle_add(parameters, &item, err);
    }
    fake_step_release(&inner);
    return status;
}
