/* SPDX-License-Identifier: MIT */
#include "modules/learn/examples.h"

#include <math.h>
#include <string.h>

/* The k rows nearest the median come first, then the k that score highest. */
struct picks {
    size_t k;
    double scores[2 * SL_EXAMPLES];
    uint32_t ids[2 * SL_EXAMPLES];
};

static void
pick(struct picks *picks, size_t at, const struct sl_scores *scores, size_t place)
{
    picks->scores[at] = scores->at[place];
    picks->ids[at] = scores->ids[place];
}

static enum sl_status
choose(struct picks *picks, const struct sl_scores *scores, const double *ascending,
       struct sl_arena *arena, struct sl_error *err)
{
    size_t n = scores->n, k = picks->k;
    double median = (ascending[(n - 1) / 2] + ascending[n / 2]) / 2.0;
    struct sl_scored *near = sl_arena_rows(arena, n, sizeof *near);

    if (!near)
        return sl_fail(err, SL_ERR_MEMORY, "no memory to sort %zu scores", n);
    for (size_t i = 0; i < n; i++) {
        near[i].place = i;
        near[i].score = fabs(scores->at[i] - median);
    }
    sl_scored_sort(near, n);
    for (size_t i = 0; i < k; i++)
        pick(picks, i, scores, near[i].place);

    /* The highest, ties by place: the same sort upside down. */
    for (size_t i = 0; i < n; i++) {
        near[i].place = i;
        near[i].score = -scores->at[i];
    }
    sl_scored_sort(near, n);
    for (size_t i = 0; i < k; i++)
        pick(picks, k + i, scores, near[i].place);
    return SL_OK;
}

/* images: 2 k x 2 x d, each row's input and what the model makes of it. */
static enum sl_status
render(struct sl_step *step, const struct picks *picks, const struct sl_scores *scores,
       float *images, struct sl_error *err)
{
    const struct sl_model *model = scores->model;
    size_t n = 2 * picks->k, d = scores->data->d;
    struct sl_rows rows = {.data = scores->data, .ids = picks->ids, .n = n};
    float *in = sl_arena_array(sl_step_arena(step), n * 2, d * sizeof *in);
    float *out;

    if (!in)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu examples", n);
    out = in + n * d;
    sl_rows_gather_f32(rows.data, rows.ids, n, in);
    SL_TRY(model->module->model->reconstruct(model, step, &rows, out, err));
    for (size_t i = 0; i < n; i++) {
        memcpy(images + 2 * i * d, in + i * d, d * sizeof *in);
        memcpy(images + (2 * i + 1) * d, out + i * d, d * sizeof *out);
    }
    return SL_OK;
}

static bool
can_show(const struct sl_scores *scores)
{
    const struct sl_model *model = scores->model;

    return scores->n && scores->data && scores->data->height && model &&
           model->module->model->reconstruct;
}

enum sl_status
sl_examples_record(struct sl_step *step, const char *name, const struct sl_scores *scores,
                   const double *ascending, struct sl_error *err)
{
    struct sl_arena *arena = sl_step_arena(step);
    struct picks picks = {.k = scores->n < SL_EXAMPLES ? scores->n : SL_EXAMPLES};
    struct sl_tensor images, points;

    if (!can_show(scores))
        return SL_OK;
    SL_TRY(sl_tensor_new(
        &images, arena, SL_F32, 5,
        (size_t[]){2, picks.k, 2, scores->data->height, scores->data->width}, err));
    SL_TRY(choose(&picks, scores, ascending, arena, err));
    SL_TRY(render(step, &picks, scores, images.data, err));
    SL_TRY(sl_record(step, sl_arena_format(arena, "examples_%s", name), &images, err));
    points = sl_tensor_matrix(SL_F64, picks.scores, 2, picks.k);
    return sl_record(step, sl_arena_format(arena, "example_scores_%s", name), &points,
                     err);
}
