/* SPDX-License-Identifier: MIT */
#include "runner/pipeline/preprocess.h"

#include <math.h>
#include <string.h>

/* Rows that go through the list at a time: they stay in the first-level cache where there
 * are few columns. */
#define ROWS 64

const struct sl_choice_list *
sl_preprocess_list(const struct sl_field *fields, const void *config)
{
    for (; fields && fields->type != SL_TYPE_END; fields++) {
        const struct sl_choice_list *list =
            (const void *)((const char *)config + fields->offset);

        if (fields->type == SL_TYPE_CHOICE_LIST && fields->table == SL_PREPROCESS)
            return list->n ? list : NULL;
    }
    return NULL;
}

size_t
sl_preprocess_columns(const struct sl_choice_list *list, size_t d)
{
    for (size_t k = 0; d && k < list->n; k++) {
        const struct sl_preprocess_class *class =
            (const struct sl_preprocess_class *)list->at[k].row->as[0];

        if (class->columns)
            d = class->columns(list->at[k].config, d);
    }
    return d;
}

const double *
sl_preprocess_copy(struct sl_arena *arena, const double *at, size_t n)
{
    double *copy = sl_arena_alloc(arena, n * sizeof *copy);

    if (n)
        memcpy(copy, at, n * sizeof *copy);
    return copy;
}

enum sl_status
sl_preprocess_parameter(const struct sl_bundle *parameters, const char *name, size_t rows,
                        size_t columns, const double **at, struct sl_error *err)
{
    const struct sl_item *item = sl_bundle_find(parameters, name);
    const struct sl_tensor *t = item ? &item->tensor : NULL;

    if (!t || t->type != SL_F64 || t->rank != (columns ? 2 : 1) || t->shape[0] != rows ||
        (columns && t->shape[1] != columns))
        return sl_fail(err, SL_ERR_SHAPE,
                       "the model's preprocessing has no '%s' of the shape that its "
                       "configuration asks for",
                       name);
    *at = t->data;
    return SL_OK;
}

/* ---- rows through the list ------------------------------------------------------------ */

/* Two buffers of ROWS rows, between which rows go to and fro. */
struct ferry {
    struct sl_arena arena;
    double *at[2];
};

static void
ferry_init(struct ferry *ferry, const struct sl_preprocessing *fitted)
{
    sl_arena_init(&ferry->arena);
    for (int i = 0; i < 2; i++)
        ferry->at[i] =
            sl_arena_alloc(&ferry->arena, ROWS * fitted->widest * sizeof(double));
}

/* Rows that stand in at[0], at most ROWS, come out in *y. */
static void
run_steps(const struct sl_preprocessing *fitted, struct ferry *ferry, size_t n,
          const uint32_t *ids, double *log_det, double *y)
{
    for (size_t k = 0; k < fitted->n; k++) {
        const struct sl_preprocess *step = &fitted->steps[k];
        struct sl_preprocess_pass pass = {
            .n = n,
            .x = ferry->at[k % 2],
            .y = k + 1 < fitted->n ? ferry->at[(k + 1) % 2] : y,
            .log_det = log_det,
            .ids = ids,
        };

        step->class->forward(step, &pass);
    }
}

void
sl_preprocess_forward(const struct sl_preprocessing *fitted, size_t n, const double *x,
                      double *y, double *log_det)
{
    struct ferry ferry;

    ferry_init(&ferry, fitted);
    if (log_det && n)
        memset(log_det, 0, n * sizeof *log_det);
    for (size_t first = 0; first < n; first += ROWS) {
        size_t count = n - first < ROWS ? n - first : ROWS;

        memcpy(ferry.at[0], x + first * fitted->in, count * fitted->in * sizeof *x);
        run_steps(fitted, &ferry, count, NULL, log_det ? log_det + first : NULL,
                  y + first * fitted->out);
    }
    sl_arena_release(&ferry.arena);
}

void
sl_preprocess_inverse(const struct sl_preprocessing *fitted, size_t n, const double *y,
                      double *x)
{
    struct ferry ferry;

    ferry_init(&ferry, fitted);
    for (size_t first = 0; first < n; first += ROWS) {
        size_t count = n - first < ROWS ? n - first : ROWS, at = 0;

        memcpy(ferry.at[0], y + first * fitted->out, count * fitted->out * sizeof *y);
        for (size_t k = fitted->n; k-- > 0; at ^= 1)
            fitted->steps[k].class->inverse(&fitted->steps[k], count, ferry.at[at],
                                            k ? ferry.at[at ^ 1]
                                              : x + first * fitted->in);
    }
    sl_arena_release(&ferry.arena);
}

struct view {
    const struct sl_preprocessing *fitted;
    const struct sl_dataset *data;
    bool training;
};

static void
view_gather(const struct sl_rows_view *view, const uint32_t *ids, size_t n, double *out)
{
    const struct view *v = view->state;
    struct ferry ferry;

    ferry_init(&ferry, v->fitted);
    for (size_t first = 0; first < n; first += ROWS) {
        size_t count = n - first < ROWS ? n - first : ROWS;

        sl_rows_gather_f64(v->data, ids + first, count, ferry.at[0]);
        run_steps(v->fitted, &ferry, count, v->training ? ids + first : NULL, NULL,
                  out + first * v->fitted->out);
    }
    sl_arena_release(&ferry.arena);
}

const struct sl_dataset *
sl_preprocess_view(const struct sl_preprocessing *fitted, const struct sl_dataset *data,
                   bool training, struct sl_arena *arena)
{
    struct sl_dataset *copy = SL_NEW(arena, struct sl_dataset);
    struct sl_rows_view *view = SL_NEW(arena, struct sl_rows_view);
    struct view *state = SL_NEW(arena, struct view);

    *state = (struct view){fitted, data, training};
    *view = (struct sl_rows_view){view_gather, state};
    *copy = *data;
    copy->view = view;
    copy->x = NULL;
    copy->type = SL_F64;
    copy->scale = 1;
    if (fitted->out != fitted->in) {
        copy->d = fitted->out;
        copy->height = copy->width = 0;
        copy->features = NULL;
    }
    return copy;
}

/* ---- fitting --------------------------------------------------------------------------- */

/* One step's parameters: those whose names begin with its number. */
static enum sl_status
select_parameters(const struct sl_bundle *all, size_t k, struct sl_bundle *own,
                  struct sl_error *err)
{
    const char *prefix = sl_arena_format(own->arena, "%zu.", k);
    size_t length = strlen(prefix);

    for (size_t i = 0; i < all->n; i++) {
        struct sl_item item = all->items[i];

        if (strncmp(item.name, prefix, length) != 0)
            continue;
        item.name += length;
        SL_TRY(sl_bundle_add(own, &item, err));
    }
    return SL_OK;
}

static enum sl_status
store_parameters(const struct sl_bundle *own, size_t k, struct sl_bundle *all,
                 struct sl_error *err)
{
    for (size_t i = 0; i < own->n; i++) {
        struct sl_item item = own->items[i];

        item.name = sl_arena_format(all->arena, "%zu.%s", k, item.name);
        SL_TRY(sl_bundle_add(all, &item, err));
    }
    return SL_OK;
}

static void
begin(const struct sl_choice_list *list, size_t d, struct sl_arena *arena,
      struct sl_preprocessing *fitted)
{
    *fitted = (struct sl_preprocessing){.in = d, .out = d, .widest = d, .volume = true};
    fitted->steps = sl_arena_alloc(arena, list->n * sizeof *fitted->steps);
}

/* Opens the next step, whose parameters are there. */
static enum sl_status
append(const struct sl_choice *choice, const struct sl_bundle *own,
       struct sl_arena *arena, struct sl_preprocessing *fitted, struct sl_error *err)
{
    struct sl_preprocess *step = &fitted->steps[fitted->n];
    const struct sl_preprocess_class *class =
        (const struct sl_preprocess_class *)choice->row->as[0];

    *step = (struct sl_preprocess){
        .class = class,
        .config = choice->config,
        .in = fitted->out,
        .out = class->columns ? class->columns(choice->config, fitted->out) : fitted->out,
        .volume = true,
    };
    SL_TRY(class->open(step, own, arena, err));
    fitted->n++;
    fitted->out = step->out;
    fitted->widest = step->out > fitted->widest ? step->out : fitted->widest;
    fitted->volume = fitted->volume && step->volume;
    return SL_OK;
}

static enum sl_status
fit_step(const struct sl_choice *choice, const struct sl_dataset *data,
         struct sl_pool *pool, struct sl_bundle *own, struct sl_error *err)
{
    const struct sl_preprocess_class *class =
        (const struct sl_preprocess_class *)choice->row->as[0];
    const struct sl_split *split = sl_dataset_split(data, SL_PREPROCESS_SPLIT);
    struct sl_fitting fitting = {data, NULL, 0, pool};

    if (!split || split->n == 0)
        return sl_fail(err, SL_ERR_SHAPE,
                       "the data has no split '" SL_PREPROCESS_SPLIT "' to fit on");
    fitting.ids = split->rows;
    fitting.n = split->n;
    return class->fit ? class->fit(choice->config, &fitting, own, err) : SL_OK;
}

static enum sl_status
refuse_missing(const struct sl_dataset *data, uint32_t id, size_t column,
               struct sl_arena *arena, struct sl_error *err)
{
    return sl_fail(
        err, SL_ERR_SHAPE,
        "'%s' of row %lu (counted from 0) is missing or not finite as the model "
        "would see it; 'preprocess: [impute, ...]' fills in what is missing",
        sl_dataset_column(data, column, arena), (unsigned long)id);
}

enum sl_status
sl_preprocess_check(const struct sl_dataset *data, struct sl_arena *arena,
                    struct sl_error *err)
{
    const struct sl_split *split = sl_dataset_split(data, SL_PREPROCESS_SPLIT);
    double *x = sl_arena_alloc(arena, ROWS * data->d * sizeof *x);

    for (size_t first = 0; split && first < split->n; first += ROWS) {
        size_t count = split->n - first < ROWS ? split->n - first : ROWS;

        sl_rows_gather_f64(data, split->rows + first, count, x);
        for (size_t i = 0; i < count * data->d; i++)
            if (!isfinite(x[i]))
                return refuse_missing(data, split->rows[first + i / data->d], i % data->d,
                                      arena, err);
    }
    return SL_OK;
}

enum sl_status
sl_preprocess_fit(const struct sl_choice_list *list, const struct sl_dataset *data,
                  struct sl_pool *pool, struct sl_arena *arena,
                  struct sl_bundle *parameters, struct sl_preprocessing *fitted,
                  struct sl_error *err)
{
    const struct sl_dataset *view = data;

    begin(list, data->d, arena, fitted);
    for (size_t k = 0; k < list->n; k++) {
        const struct sl_choice *choice = &list->at[k];
        struct sl_bundle own;

        sl_bundle_init(&own, arena);
        if (fit_step(choice, view, pool, &own, err) ||
            append(choice, &own, arena, fitted, err))
            return sl_error_context(err, "preprocess '%s'", choice->row->as[0]->name);
        SL_TRY(store_parameters(&own, k, parameters, err));
        view = sl_preprocess_view(fitted, data, true, arena);
    }
    return sl_preprocess_check(view, arena, err);
}

enum sl_status
sl_preprocess_open(const struct sl_choice_list *list, size_t d,
                   const struct sl_bundle *parameters, struct sl_arena *arena,
                   struct sl_preprocessing *fitted, struct sl_error *err)
{
    begin(list, d, arena, fitted);
    for (size_t k = 0; k < list->n; k++) {
        struct sl_bundle own;

        sl_bundle_init(&own, arena);
        SL_TRY(select_parameters(parameters, k, &own, err));
        if (append(&list->at[k], &own, arena, fitted, err))
            return sl_error_context(err, "preprocess '%s'", list->at[k].row->as[0]->name);
    }
    return SL_OK;
}
