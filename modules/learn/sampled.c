/* SPDX-License-Identifier: MIT */
#include "modules/learn/sampled.h"

#include <math.h>
#include <string.h>

#include "modules/learn/divergence.h"
#include "modules/learn/fit.h"

static enum sl_status
check_finite(const struct sl_sampled *s, struct sl_error *err)
{
    size_t d = s->model->d;

    for (size_t i = 0; i < s->n * d; i++)
        if (!isfinite(s->x[i]))
            return sl_fail(err, SL_ERR_NUMERIC,
                           "column %zu of sample %zu is %g, not "
                           "finite",
                           i % d, i / d, s->x[i]);
    return SL_OK;
}

static enum sl_status
record_samples(struct sl_step *step, const struct sl_sampled *s, struct sl_error *err)
{
    struct sl_tensor samples =
        sl_tensor_matrix(SL_F64, (void *)(uintptr_t)s->x, s->n, s->model->d);

    if (s->model->height) {
        samples.rank = 3;
        samples.shape[1] = s->model->height;
        samples.shape[2] = s->model->width;
    }
    return sl_record(step, "samples", &samples, err);
}

/* The first rows of a split; *n how many. */
static enum sl_status
take_rows(struct sl_step *step, const struct sl_dataset *data,
          const struct sl_split *split, size_t *n, const double **x, struct sl_error *err)
{
    size_t rows = split->n < SL_SAMPLED_ROWS ? split->n : SL_SAMPLED_ROWS;
    struct sl_tensor tensor;

    SL_TRY(sl_tensor_new(&tensor, sl_step_arena(step), SL_F64, 2,
                         (size_t[]){rows, data->d}, err));
    sl_rows_gather_f64(data, split->rows, rows, tensor.data);
    *n = rows;
    *x = tensor.data;
    return SL_OK;
}

/* A divergence that is computed. */
struct telling {
    const struct sl_divergence_class *class;
    struct sl_sample_pair pair;
    struct sl_arena arena;
    struct sl_tensor columns;
    double value;
    enum sl_status status;
    struct sl_error error;
};

static void
compute(void *tellings, size_t i)
{
    struct telling *t = (struct telling *)tellings + i;

    t->pair.arena = &t->arena;
    t->status = sl_tensor_new(&t->columns, &t->arena, SL_F64, 1, &t->pair.d, &t->error);
    if (t->status == SL_OK && t->pair.n && t->pair.m)
        t->status = t->class->compute(&t->pair, &t->value, t->columns.data, &t->error);
}

static enum sl_status
tell(struct sl_step *step, struct telling *t, struct sl_error *err)
{
    const char *name = t->class->entry.name;

    if (t->status) {
        *err = t->error;
        return t->status;
    }
    sl_metric(step, name, t->value);
    if (!t->class->by_column || !t->pair.n || !t->pair.m)
        return SL_OK;
    return sl_record(step, sl_arena_format(&t->arena, "by_column_%s", name), &t->columns,
                     err);
}

static size_t
list_divergences(struct sl_step *step, const struct sl_sample_pair *pair,
                 struct telling *tellings)
{
    const struct sl_registry *registry = sl_step_registry(step);
    size_t n = 0;

    for (size_t i = 0; i < registry->n; i++) {
        const struct sl_entry *entry = registry->rows[i].as[0];
        struct telling *t = &tellings[n];

        if (registry->rows[i].table != SL_DIVERGENCE)
            continue;
        *t = (struct telling){.class = (const struct sl_divergence_class *)entry,
                              .pair = *pair,
                              .value = (double)NAN};
        t->pair.stream = sl_step_stream(step, entry->name);
        sl_arena_init(&t->arena);
        n++;
    }
    return n;
}

/* Those of one column are done beside each other; what takes longer is cut inside. */
static enum sl_status
tell_all(struct sl_step *step, struct sl_sample_pair *pair, struct sl_error *err)
{
    bool beside = pair->d == 1;
    size_t most = sl_step_registry(step)->n, n;
    struct telling *tellings =
        sl_arena_alloc(sl_step_arena(step), most * sizeof *tellings);
    enum sl_status status = SL_OK;

    if (beside)
        pair->pool = NULL;
    n = list_divergences(step, pair, tellings);
    if (beside)
        sl_pool_tiles(sl_step_pool(step), n, compute, tellings);
    for (size_t i = 0; i < n; i++) {
        if (!beside && status == SL_OK)
            compute(tellings, i);
        if (status == SL_OK)
            status = tell(step, &tellings[i], err);
        sl_arena_release(&tellings[i].arena);
    }
    return status;
}

enum sl_status
sl_sampled_record(struct sl_step *step, const struct sl_sampled *s, struct sl_error *err)
{
    const struct sl_split *with = NULL, *train = NULL;
    struct sl_sample_pair pair = {
        .d = s->model->d,
        .n = s->n < SL_SAMPLED_ROWS ? s->n : SL_SAMPLED_ROWS,
        .samples = s->x,
        .pool = sl_step_pool(step),
    };

    SL_TRY(check_finite(s, err));
    SL_TRY(record_samples(step, s, err));
    if (s->data) {
        with = sl_dataset_split(s->data, s->compare ? s->compare : "test");
        train = sl_dataset_split(s->data, SL_FIT_SPLIT);
    }
    if (!with)
        return SL_OK;
    if (s->data->d != pair.d)
        return sl_fail(err, SL_ERR_SHAPE, "samples have %zu columns, the data %zu",
                       pair.d, s->data->d);
    SL_TRY(take_rows(step, s->data, with, &pair.m, &pair.data, err));
    if (train && train != with)
        SL_TRY(take_rows(step, s->data, train, &pair.trained, &pair.train, err));
    return tell_all(step, &pair, err);
}
