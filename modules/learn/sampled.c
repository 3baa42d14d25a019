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

static enum sl_status
tell(struct sl_step *step, const struct sl_divergence_class *class,
     const struct sl_sample_pair *pair, struct sl_error *err)
{
    struct sl_tensor columns;
    double value = (double)NAN;
    const char *name;

    SL_TRY(sl_tensor_new(&columns, pair->arena, SL_F64, 1, &pair->d, err));
    if (pair->n && pair->m)
        SL_TRY(class->compute(pair, &value, columns.data, err));
    sl_metric(step, class->entry.name, value);
    if (!class->by_column || !pair->n || !pair->m)
        return SL_OK;
    name = sl_arena_format(pair->arena, "by_column_%s", class->entry.name);
    return sl_record(step, name, &columns, err);
}

static enum sl_status
tell_all(struct sl_step *step, const struct sl_sample_pair *pair, struct sl_error *err)
{
    const struct sl_registry *registry = sl_step_registry(step);

    for (size_t i = 0; i < registry->n; i++) {
        struct sl_sample_pair own = *pair;
        const struct sl_entry *entry = registry->rows[i].as[0];
        struct sl_arena arena;
        enum sl_status status;

        if (registry->rows[i].table != SL_DIVERGENCE)
            continue;
        sl_arena_init(&arena);
        own.arena = &arena;
        own.stream = sl_step_stream(step, entry->name);
        status = tell(step, (const struct sl_divergence_class *)entry, &own, err);
        sl_arena_release(&arena);
        if (status)
            return status;
    }
    return SL_OK;
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
