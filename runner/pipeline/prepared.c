/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/prepared.h"

#include <stdlib.h>

#include "runner/pipeline/stage.h"
#include "runner/store/graph.h"

struct prepared {
    const struct sl_model *inner;
    const struct sl_model_class *class; /* inner's */
    const struct sl_preprocessing *fitted;
};

/* Room for n x d numbers besides the caller's, to be freed. */
static enum sl_status
room(size_t n, size_t d, double **at, struct sl_error *err)
{
    *at = calloc(n ? n : 1, d * sizeof **at);
    return *at ? SL_OK : sl_fail(err, SL_ERR_MEMORY, "no memory for %zu rows", n);
}

/* ---- rows of a data set ---------------------------------------------------------------- */

enum { BLOCK = 1024 };

/* Adds what one unit of volume of the raw rows is in that of the model's: -ln p(x) is
 * -ln p(z) - ln |det dz/dx|. */
static enum sl_status
add_volume(const struct prepared *p, const struct sl_rows *rows, double *out,
           struct sl_error *err)
{
    size_t d = p->fitted->in;
    double *x, *y, log_det[BLOCK];

    SL_TRY(room(BLOCK, d + p->fitted->out, &x, err));
    y = x + BLOCK * d;
    for (size_t first = 0; first < rows->n; first += BLOCK) {
        size_t n = rows->n - first < BLOCK ? rows->n - first : BLOCK;

        sl_rows_gather_f64(rows->data, rows->ids + first, n, x);
        sl_preprocess_forward(p->fitted, n, x, y, log_det);
        for (size_t i = 0; i < n; i++)
            out[first + i] -= log_det[i];
    }
    free(x);
    return SL_OK;
}

static enum sl_status
score(const struct sl_model *model, struct sl_step *step, const struct sl_rows *rows,
      size_t kind, double *out, struct sl_error *err)
{
    const struct prepared *p = model->state;
    struct sl_rows inner = *rows;
    struct sl_arena arena;
    enum sl_status status;

    sl_arena_init(&arena);
    inner.data = sl_preprocess_view(p->fitted, rows->data, false, &arena);
    status = p->class->score(p->inner, step, &inner, kind, out, err);
    if (status == SL_OK && (p->class->densities >> kind & 1))
        status = add_volume(p, rows, out, err);
    sl_arena_release(&arena);
    return status;
}

/* Back to the units of the rows, a block at a time. */
static enum sl_status
bring_back(const struct prepared *p, size_t n, const float *inner, float *out,
           struct sl_error *err)
{
    size_t in = p->fitted->in, width = p->fitted->out;
    double *x, *y;

    SL_TRY(room(BLOCK, in + width, &x, err));
    y = x + BLOCK * in;
    for (size_t first = 0; first < n; first += BLOCK) {
        size_t count = n - first < BLOCK ? n - first : BLOCK;

        for (size_t i = 0; i < count * width; i++)
            y[i] = (double)inner[first * width + i];
        sl_preprocess_inverse(p->fitted, count, y, x);
        for (size_t i = 0; i < count * in; i++)
            out[first * in + i] = (float)x[i];
    }
    free(x);
    return SL_OK;
}

static enum sl_status
reconstruct(const struct sl_model *model, struct sl_step *step,
            const struct sl_rows *rows, float *out, struct sl_error *err)
{
    const struct prepared *p = model->state;
    struct sl_rows inner = *rows;
    struct sl_arena arena;
    enum sl_status status = SL_OK;
    float *made;

    sl_arena_init(&arena);
    inner.data = sl_preprocess_view(p->fitted, rows->data, false, &arena);
    made = sl_arena_array(&arena, rows->n, p->fitted->out * sizeof *made);
    if (!made)
        status = sl_fail(err, SL_ERR_MEMORY, "no memory for %zu rows", rows->n);
    if (status == SL_OK)
        status = p->class->reconstruct(p->inner, step, &inner, made, err);
    if (status == SL_OK)
        status = bring_back(p, rows->n, made, out, err);
    sl_arena_release(&arena);
    return status;
}

/* Parts of the score, where each column of the raw rows becomes one of the model's. */
static enum sl_status
explain(const struct sl_model *model, struct sl_step *step, const struct sl_rows *rows,
        size_t kind, double *out, struct sl_error *err)
{
    const struct prepared *p = model->state;
    struct sl_rows inner = *rows;
    struct sl_arena arena;
    enum sl_status status;

    sl_arena_init(&arena);
    inner.data = sl_preprocess_view(p->fitted, rows->data, false, &arena);
    status = p->class->explain(p->inner, step, &inner, kind, out, err);
    sl_arena_release(&arena);
    return status;
}

static bool
goes_by_column(const struct sl_preprocessing *fitted)
{
    for (size_t i = 0; i < fitted->n; i++)
        if (fitted->steps[i].class->columns)
            return false;
    return true;
}

static void
graph(const struct sl_model *model, size_t kind, struct sl_graph *graph, const char *x)
{
    const struct prepared *p = model->state;

    for (size_t i = 0; i < p->fitted->n && x; i++) {
        const struct sl_preprocess *step = &p->fitted->steps[i];
        x = step->class->graph
                ? step->class->graph(step, graph, x)
                : sl_graph_refuse(graph, "'%s' of preprocess has no form in ONNX",
                                  step->class->entry.name);
    }
    if (x)
        p->class->graph(p->inner, kind, graph, x);
}

/* ---- points ------------------------------------------------------------------------------ */

static enum sl_status
log_density(const struct sl_model *model, struct sl_pool *pool, size_t n, const double *x,
            double *log_p, struct sl_error *err)
{
    const struct prepared *p = model->state;
    enum sl_status status;
    double *y, *log_det;

    SL_TRY(room(n, p->fitted->out + 1, &y, err));
    log_det = y + n * p->fitted->out;
    sl_preprocess_forward(p->fitted, n, x, y, log_det);
    status = p->class->log_density(p->inner, pool, n, y, log_p, err);
    for (size_t i = 0; i < n && status == SL_OK; i++)
        log_p[i] += log_det[i];
    free(y);
    return status;
}

static enum sl_status
forward(const struct sl_model *model, struct sl_pool *pool, size_t n, const double *x,
        double *z, double *log_det, struct sl_error *err)
{
    const struct prepared *p = model->state;
    enum sl_status status;
    double *y, *own;

    SL_TRY(room(n, p->fitted->out + 1, &y, err));
    own = y + n * p->fitted->out;
    sl_preprocess_forward(p->fitted, n, x, y, log_det ? own : NULL);
    status = p->class->forward(p->inner, pool, n, y, z, log_det, err);
    for (size_t i = 0; log_det && i < n && status == SL_OK; i++)
        log_det[i] += own[i];
    free(y);
    return status;
}

static enum sl_status
inverse(const struct sl_model *model, struct sl_pool *pool, size_t n, const double *z,
        double *x, struct sl_error *err)
{
    const struct prepared *p = model->state;
    enum sl_status status;
    double *y;

    SL_TRY(room(n, p->fitted->out, &y, err));
    status = p->class->inverse(p->inner, pool, n, z, y, err);
    if (status == SL_OK)
        sl_preprocess_inverse(p->fitted, n, y, x);
    free(y);
    return status;
}

static enum sl_status
draw(const struct sl_model *model, struct sl_pool *pool, const struct sl_stream *stream,
     size_t n, double *x, struct sl_error *err)
{
    const struct prepared *p = model->state;
    enum sl_status status;
    double *y;

    SL_TRY(room(n, p->fitted->out, &y, err));
    status = p->class->draw(p->inner, pool, stream, n, y, err);
    if (status == SL_OK)
        sl_preprocess_inverse(p->fitted, n, y, x);
    free(y);
    return status;
}

const struct sl_model *
sl_prepared_model(const struct sl_model *raw, const struct sl_model *inner,
                  const struct sl_preprocessing *fitted, struct sl_arena *arena)
{
    const struct sl_model_class *has = inner->module->model;
    struct sl_model_class *class = SL_NEW(arena, struct sl_model_class);
    struct sl_module *module = SL_NEW(arena, struct sl_module);
    struct prepared *state = SL_NEW(arena, struct prepared);
    struct sl_model *model = SL_NEW(arena, struct sl_model);
    bool volume = fitted->volume;

    *class = (struct sl_model_class){
        .scores = has->scores,
        .score = score,
        .graph = has->graph ? graph : NULL,
        .explain = has->explain && goes_by_column(fitted) ? explain : NULL,
        .reconstruct = has->reconstruct ? reconstruct : NULL,
        .log_density = has->log_density && volume ? log_density : NULL,
        .forward = has->forward && volume ? forward : NULL,
        .inverse = has->inverse && volume ? inverse : NULL,
        .draw = has->draw ? draw : NULL,
    };
    *module = *inner->module;
    module->model = class;
    *state = (struct prepared){inner, has, fitted};
    *model = *raw;
    model->module = module;
    model->state = state;
    return model;
}

enum sl_status
sl_model_open(const struct sl_module *module, const void *config,
              const struct sl_stored_model *stored, struct sl_arena *arena,
              const struct sl_model **model, struct sl_error *err)
{
    const struct sl_choice_list *list = sl_preprocess_list(module->entry.fields, config);
    struct sl_model *inner = SL_NEW(arena, struct sl_model), raw;
    struct sl_preprocessing *fitted = SL_NEW(arena, struct sl_preprocessing);

    *inner = (struct sl_model){
        .module = module,
        .config = config,
        .d = stored->d,
        .height = stored->height,
        .width = stored->width,
        .scale = stored->scale,
        .parameters = &stored->parameters,
    };
    raw = *inner;
    if (list) {
        SL_TRY(
            sl_preprocess_open(list, stored->d, &stored->preprocess, arena, fitted, err));
        inner->scale = 1;
        inner->d = fitted->out;
        if (fitted->out != fitted->in)
            inner->height = inner->width = 0;
    }
    SL_TRY(module->model->open(inner, arena, err));
    *model = list ? sl_prepared_model(&raw, inner, fitted, arena) : inner;
    return SL_OK;
}
