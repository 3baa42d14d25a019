/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/apply.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/base/file.h"
#include "runner/config/yaml.h"

#define MODEL_MAX ((size_t)4 << 30)

/* Numbers of a piece of rows, and rows that a piece is a multiple of. */
#define PIECE_NUMBERS ((size_t)1 << 22)
#define PIECE_ROWS 256

/* ---- what the run says -------------------------------------------------------------- */

static enum sl_status
bind(struct sl_apply *a, struct sl_error *err)
{
    const struct sl_apply_call *call = a->call;
    const char *name = sl_arena_format(call->arena, "%s:/config", call->file);
    struct sl_report report; /* warnings were told when it ran */
    struct sl_binder binder = {call->arena, &report, call->registry};
    struct sl_node *tree = NULL;

    sl_report_init(&report, call->arena);
    sl_yaml_parse(name, a->run.config, strlen(a->run.config), call->arena, &report,
                  &tree);
    if (tree && report.errors == 0)
        sl_experiment_bind(&binder, tree, NULL, &a->experiment);
    for (size_t i = 0; report.errors && i < report.n; i++)
        if (report.problems[i].severity == SL_ERROR)
            return sl_fail(err, SL_ERR_CONFIG, "%s:%u: %s", name,
                           (unsigned)report.problems[i].mark.line,
                           report.problems[i].text);
    return SL_OK;
}

/* The stage of that kind, or the one that is asked for by name; NULL: there is none. */
static enum sl_status
find_stage(const struct sl_apply *a, enum sl_table_id kind, const struct sl_stage **stage,
           struct sl_error *err)
{
    const char *name = kind == SL_DETECT ? a->call->stage : NULL;
    size_t n = 0;

    *stage = NULL;
    for (size_t i = 0; i < a->experiment.n; i++) {
        const struct sl_stage *s = &a->experiment.stages[i];
        if (s->row->table != kind || (name && strcmp(s->name, name) != 0))
            continue;
        *stage = n++ ? *stage : s;
    }
    if (n > 1)
        return sl_fail(err, SL_ERR_CONFIG,
                       "the run has %zu stages of kind '%s'; name one with --stage", n,
                       sl_table_name(kind));
    if (name && n == 0)
        return sl_fail(err, SL_ERR_CONFIG, "the run has no detect stage '%s'", name);
    return SL_OK;
}

/* The model and its score: those that the stage looks at. */
static void
take_scores(struct sl_apply *a, const struct sl_stage *stage)
{
    for (size_t i = 0; stage && i < stage->n; i++)
        if (stage->joins[i].port->type == SL_PORT_SCORES && stage->joins[i].from) {
            a->train = stage->joins[i].from;
            a->kind = stage->joins[i].score;
            return;
        }
}

static enum sl_status
find_stages(struct sl_apply *a, struct sl_error *err)
{
    const struct sl_stage *calibrate = NULL;

    SL_TRY(find_stage(a, SL_DETECT, &a->detect, err));
    take_scores(a, a->detect);
    if (!a->detect)
        SL_TRY(find_stage(a, SL_CALIBRATE, &calibrate, err));
    take_scores(a, calibrate);
    if (!a->train)
        SL_TRY(find_stage(a, SL_TRAIN, &a->train, err));
    if (!a->train)
        return sl_fail(err, SL_ERR_CONFIG, "the run has no model");
    if (!a->train->module->model || !a->train->module->model->score)
        return sl_fail(err, SL_ERR_CONFIG, "a model of '%s' has no score",
                       a->train->module->entry.name);
    return SL_OK;
}

/* Load modules of files that hold several arrays call the one of the rows x. */
static const char *
find_array(const struct sl_apply *a)
{
    for (size_t i = 0; i < a->experiment.n; i++) {
        const struct sl_stage *stage = &a->experiment.stages[i];
        const struct sl_node *x = sl_node_get(stage->node, "x");

        if (stage->row->table == SL_LOAD && x && x->kind == SL_NODE_SCALAR)
            return x->text;
    }
    return NULL;
}

static const struct sl_stage_record *
record_of(const struct sl_apply *a, const struct sl_stage *stage)
{
    for (size_t i = 0; i < a->run.n; i++)
        if (strcmp(a->run.stages[i].name, stage->name) == 0)
            return &a->run.stages[i];
    return NULL;
}

/* The tensors that the detect stage was joined to. */
static enum sl_status
gather_rule(struct sl_apply *a, struct sl_error *err)
{
    sl_bundle_init(&a->known, a->call->arena);
    for (size_t i = 0; a->detect && i < a->detect->n; i++) {
        const struct sl_join *join = &a->detect->joins[i];
        const struct sl_stage_record *from = join->from ? record_of(a, join->from) : NULL;
        const struct sl_item *item = NULL;

        if (join->port->type != SL_PORT_TENSOR || !from)
            continue;
        item = sl_bundle_find(&from->outputs, join->port->name);
        if (!item)
            return sl_fail(err, SL_ERR_IO,
                           "'%s' has no /outputs/%s/%s; it is of an earlier version: run "
                           "it again",
                           a->call->file, from->name, join->port->name);
        SL_TRY(sl_bundle_add(&a->known, item, err));
    }
    return SL_OK;
}

/* ---- the model ---------------------------------------------------------------------- */

/* The results folder that a run.h5 is in: OUT/runs/NAME/run.h5. */
static const char *
results_of(const char *file, struct sl_arena *arena)
{
    char *path = realpath(file, NULL), *copy = sl_arena_string(arena, path ? path : file);

    free(path);
    for (int i = 0; i < 3; i++) {
        char *slash = strrchr(copy, '/');
        if (!slash)
            return ".";
        *slash = '\0';
    }
    return copy;
}

static enum sl_status
read_model(struct sl_apply *a, struct sl_stored_model *model, struct sl_error *err)
{
    const struct sl_stage_record *stage = record_of(a, a->train);
    struct sl_arena *arena = a->call->arena;
    const char *path;
    char *bytes;
    size_t count;

    if (!stage || !stage->model)
        return sl_fail(err, SL_ERR_IO, "'%s' names no model", a->call->file);
    path =
        sl_arena_format(arena, "%s/%s", results_of(a->call->file, arena), stage->model);
    SL_TRY(sl_file_map(path, MODEL_MAX, arena, &bytes, &count, err));
    if (sl_model_read(bytes, count, arena, model, err))
        return sl_error_context(err, "'%s'", path);
    if (strcmp(model->module, a->train->module->entry.name) != 0)
        return sl_fail(err, SL_ERR_SHAPE, "'%s' is a model of '%s', the run's is of '%s'",
                       path, model->module, a->train->module->entry.name);
    return SL_OK;
}

static enum sl_status
open_model(struct sl_apply *a, struct sl_error *err)
{
    struct sl_step *step = &a->step;

    a->plan = (struct sl_plan_step){.stage = a->train, .seed = a->experiment.seed};
    *step = (struct sl_step){
        .plan = &a->plan,
        .label = "apply",
        .registry = a->call->registry,
        .pool = a->call->pool,
        .progress = sl_progress_new(SL_PROGRESS_QUIET, NULL),
        .stop = a->call->stop,
    };
    sl_arena_init(&step->arena);
    sl_outcome_init(&step->outcome, &step->arena);
    SL_TRY(read_model(a, &step->outcome.model, err));
    SL_TRY(sl_step_open_model(step, err));
    a->model = step->model;
    a->means = step->outcome.model.means;
    a->shape = (struct sl_row_shape){
        .d = a->model->d,
        .height = a->model->height,
        .width = a->model->width,
        .float32 = step->outcome.model.float32,
    };
    if (step->outcome.model.features) {
        a->shape.n = step->outcome.model.features->n;
        a->shape.columns = step->outcome.model.features->at;
        a->shape.array_width = step->outcome.model.features->array_width;
        a->shape.missing = step->outcome.model.features->missing;
        a->shape.texts = step->outcome.model.features->texts;
    }
    return SL_OK;
}

enum sl_status
sl_apply_open(struct sl_apply *a, const struct sl_apply_call *call, struct sl_error *err)
{
    *a = (struct sl_apply){.call = call};
    SL_TRY(sl_run_read(call->file, call->arena, &a->run, err));
    if (strcmp(a->run.state, "done") != 0)
        return sl_fail(err, SL_ERR_CONFIG, "the run '%s' is not done but %s", call->file,
                       a->run.state);
    SL_TRY(bind(a, err));
    SL_TRY(find_stages(a, err));
    a->array = find_array(a);
    SL_TRY(gather_rule(a, err));
    return open_model(a, err);
}

void
sl_apply_close(struct sl_apply *a)
{
    if (a->step.progress)
        sl_progress_free(a->step.progress);
    if (a->step.outcome.arena)
        sl_arena_release(&a->step.arena);
}

/* ---- rows --------------------------------------------------------------------------- */

size_t
sl_apply_rows(const struct sl_apply *a)
{
    size_t rows = PIECE_NUMBERS / a->shape.d / PIECE_ROWS * PIECE_ROWS;

    return rows < PIECE_ROWS ? PIECE_ROWS : rows > 8192 ? 8192 : rows;
}

/* With rows as a data set of their own, through the very code that a run scores by. */
static enum sl_status
score_rows(struct sl_apply *a, size_t n, const double *x, double *scores,
           struct sl_error *err)
{
    struct sl_dataset data = {
        .n = n,
        .d = a->model->d,
        .type = SL_F64,
        .x = x,
        .scale = a->model->scale,
        .height = a->model->height,
        .width = a->model->width,
    };
    uint32_t *ids = sl_arena_array(&a->step.scratch, n, sizeof *ids);
    struct sl_rows rows = {&data, ids, n};

    if (!ids)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu rows", n);
    for (size_t i = 0; i < n; i++)
        ids[i] = (uint32_t)i;
    return a->model->module->model->score(a->model, &a->step, &rows, a->kind, scores,
                                          err);
}

enum sl_status
sl_apply_score(struct sl_apply *a, size_t first, size_t n, const double *x,
               double *scores, struct sl_error *err)
{
    enum sl_status status;

    sl_arena_init(&a->step.scratch);
    status = score_rows(a, n, x, scores, err);
    sl_arena_release(&a->step.scratch);
    SL_TRY(status);
    for (size_t i = 0; i < n; i++)
        if (isnan(scores[i]))
            return sl_fail(err, SL_ERR_NUMERIC, "the score of row %zu is not a number",
                           first + i);
    return SL_OK;
}

enum sl_status
sl_apply_decide(const struct sl_apply *a, const struct sl_decisions *d,
                struct sl_error *err)
{
    if (a->detect && a->detect->module->decide)
        return a->detect->module->decide(a->detect->config, &a->known, d, err);
    for (size_t i = 0; i < d->n; i++) {
        d->p[i] = (double)NAN;
        d->flagged[i] = false;
    }
    return SL_OK;
}
