/* SPDX-License-Identifier: MIT */
#include "modules/learn/training.h"

#include <string.h>

#include "modules/learn/clip.h"
#include "modules/learn/idx.h"
#include "runner/base/clock.h"

static enum sl_status
room(const struct sl_training *t, size_t n, size_t size, void *array,
     struct sl_error *err)
{
    void *memory = sl_arena_array(sl_step_arena(t->step), n, size);

    if (!memory)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu times %zu bytes", n, size);
    memcpy(array, &memory, sizeof memory);
    return SL_OK;
}

static enum sl_status
reserve(struct sl_training *t, struct sl_error *err)
{
    size_t real = t->f64 ? sizeof(double) : sizeof(float);
    size_t parameters = t->learner->parameters;

    SL_TRY(room(t, parameters, real, &t->theta, err));
    SL_TRY(room(t, parameters, real, &t->dtheta, err));
    SL_TRY(room(t, parameters, t->optimizer->states * real, &t->state, err));
    SL_TRY(room(t, t->epochs, t->batches * sizeof(double), &t->losses, err));
    if (t->config->clip > 0) {
        SL_TRY(room(t, t->epochs, t->batches * sizeof(double), &t->gradients, err));
        SL_TRY(room(t, SL_CLIP_PARTS(parameters), sizeof(double), &t->clip_parts, err));
    }
    if (t->config->early_stopping.monitor)
        SL_TRY(room(t, parameters, real, &t->best, err));
    return room(t, t->epochs, t->monitor.n * sizeof(double), &t->monitored, err);
}

/* The split that decides is monitored, whether or not it was asked for. */
static void
list_monitored(struct sl_training *t)
{
    const struct sl_string_list *names = &t->config->monitor;
    const char *decides = t->config->early_stopping.monitor;
    const char **at;

    t->monitor = *names;
    while (decides && t->decides < names->n &&
           strcmp(names->at[t->decides], decides) != 0)
        t->decides++;
    if (!decides || t->decides < names->n)
        return;
    at = sl_arena_alloc(sl_step_arena(t->step), (names->n + 1) * sizeof *at);
    for (size_t i = 0; i < names->n; i++)
        at[i] = names->at[i];
    at[names->n] = decides;
    t->monitor = (struct sl_string_list){.n = names->n + 1, .at = at};
}

static enum sl_status
find_split(struct sl_training *t, struct sl_error *err)
{
    t->split = sl_dataset_split(t->data, SL_FIT_SPLIT);
    if (!t->split || t->split->n == 0)
        return sl_fail(err, SL_ERR_SHAPE, "split '" SL_FIT_SPLIT "' has no rows");
    if ((uint64_t)t->config->batch_size > t->split->n)
        return sl_fail(err, SL_ERR_SHAPE,
                       "batch_size %lld is more than the %zu rows of split '" SL_FIT_SPLIT
                       "'",
                       (long long)t->config->batch_size, t->split->n);
    for (size_t i = 0; i < t->monitor.n; i++) {
        const char *name = t->monitor.at[i];
        const struct sl_split *split = sl_dataset_split(t->data, name);
        if (!split || split->n == 0)
            return sl_fail(err, SL_ERR_SHAPE, "monitored split '%s' has no rows", name);
    }
    return SL_OK;
}

static enum sl_status
load_file(const struct sl_training *t, const struct sl_file *file, unsigned rank,
          struct sl_tensor *tensor, struct sl_error *err)
{
    if (!file->found)
        return sl_fail(err, SL_ERR_IO, "file '%s' is not there", file->path);
    struct sl_idx_file idx = {file->found, sl_step_sha256(t->step, file->found), rank};
    return sl_idx_load(&idx, sl_step_arena(t->step), tensor, err);
}

/* Parameters that another program began with, in either precision. */
static enum sl_status
load_start(struct sl_training *t, struct sl_error *err)
{
    const struct sl_file *file = &t->config->start;
    struct sl_tensor start;

    SL_TRY(load_file(t, file, 1, &start, err));
    if (start.type != SL_F32 && start.type != SL_F64)
        return sl_fail(err, SL_ERR_SHAPE, "start '%s' holds %s, not float32 or float64",
                       file->path, sl_dtype_name(start.type));
    if (start.shape[0] != t->learner->parameters)
        return sl_fail(err, SL_ERR_SHAPE,
                       "start '%s' holds %zu numbers, the model has %zu parameters",
                       file->path, start.shape[0], t->learner->parameters);
    for (size_t i = 0; i < start.shape[0]; i++) {
        if (t->f64)
            ((double *)t->theta)[i] = sl_tensor_at(&start, i);
        else
            ((float *)t->theta)[i] = (float)sl_tensor_at(&start, i);
    }
    return SL_OK;
}

static enum sl_status
load_order(struct sl_training *t, struct sl_error *err)
{
    const struct sl_file *file = &t->config->order;
    const int32_t *at;

    SL_TRY(load_file(t, file, 2, &t->order, err));
    if (t->order.type != SL_I32)
        return sl_fail(err, SL_ERR_SHAPE, "order '%s' holds %s, not int32", file->path,
                       sl_dtype_name(t->order.type));
    if (t->order.shape[0] < t->epochs || t->order.shape[1] != t->split->n)
        return sl_fail(err, SL_ERR_SHAPE,
                       "order '%s' is for %zu epochs of %zu rows; %llu epochs of %zu "
                       "rows are asked for",
                       file->path, t->order.shape[0], t->order.shape[1],
                       (unsigned long long)t->epochs, t->split->n);
    at = t->order.data;
    for (size_t i = 0; i < sl_tensor_count(&t->order); i++) {
        if (at[i] < 0 || (size_t)at[i] >= t->split->n)
            return sl_fail(err, SL_ERR_SHAPE,
                           "order '%s' names row %ld, outside 0 to %zu", file->path,
                           (long)at[i], t->split->n - 1);
    }
    return SL_OK;
}

static enum sl_status
open_monitor(struct sl_training *t, struct sl_error *err)
{
    size_t real = t->f64 ? sizeof(double) : sizeof(float);

    t->watch = (struct sl_monitor){
        .pool = sl_step_pool(t->step),
        .data = t->data,
        .learner = t->learner,
        .names = t->monitor,
        .losses = t->monitored,
        .theta_bytes = t->learner->parameters * real,
        .later = !t->config->early_stopping.monitor,
    };
    return sl_monitor_open(&t->watch, sl_step_arena(t->step), err);
}

static enum sl_status
open_rows(struct sl_training *t, struct sl_error *err)
{
    t->rows = (struct sl_epochs){
        .step = t->step,
        .data = t->data,
        .split = t->split,
        .order = t->order.data,
        .epochs = t->epochs,
        .batch_size = (uint64_t)t->config->batch_size,
        .shuffle = t->config->shuffle,
        .f64 = t->f64,
    };
    return sl_epochs_open(&t->rows, err);
}

/* ---- checkpoints -------------------------------------------------------------------- */

/* What a checkpoint holds, as views of the training's own memory. */
enum { THETA, STATE, LOSSES, GRADIENTS, MONITORED, BEST, CONTENTS };

static void
contents(const struct sl_training *t, uint64_t epoch, uint64_t batch,
         struct sl_item items[CONTENTS])
{
    enum sl_dtype real = t->f64 ? SL_F64 : SL_F32;
    size_t parameters = t->learner->parameters;
    size_t iterations = (size_t)(epoch * t->batches + batch);

    items[THETA] = (struct sl_item){
        .name = "theta",
        .tensor = sl_tensor_vector(real, t->theta, parameters),
    };
    items[STATE] = (struct sl_item){
        .name = "state",
        .tensor = sl_tensor_matrix(real, t->state, t->optimizer->states, parameters),
    };
    items[LOSSES] = (struct sl_item){
        .name = "losses",
        .tensor = sl_tensor_vector(SL_F64, t->losses, iterations),
    };
    items[GRADIENTS] = (struct sl_item){
        .name = "gradients",
        .tensor = sl_tensor_vector(SL_F64, t->gradients, t->gradients ? iterations : 0),
    };
    items[MONITORED] = (struct sl_item){
        .name = "monitored",
        .tensor = sl_tensor_matrix(SL_F64, t->monitored, epoch, t->monitor.n),
    };
    items[BEST] = (struct sl_item){
        .name = "best",
        .tensor = sl_tensor_vector(real, t->best, t->best && epoch ? parameters : 0),
    };
}

/* Empty arrays are left out: files of some formats have none. */
enum sl_status
sl_training_save(struct sl_training *t, struct sl_error *err)
{
    struct sl_item items[CONTENTS];
    struct sl_bundle bundle;
    struct sl_arena arena;
    enum sl_status status = SL_OK;

    SL_TRY(sl_monitor_finish(&t->watch, err));
    sl_arena_init(&arena);
    sl_bundle_init(&bundle, &arena);
    contents(t, t->epoch, t->batch, items);
    for (size_t i = 0; i < CONTENTS && status == SL_OK; i++) {
        if (sl_tensor_count(&items[i].tensor) > 0)
            status = sl_bundle_add(&bundle, &items[i], err);
    }
    if (status == SL_OK)
        status = sl_checkpoint_save(t->step, t->epoch, t->batch, &bundle, err);
    if (status == SL_OK)
        t->saved = sl_seconds();
    sl_arena_release(&arena);
    return status;
}

static enum sl_status
restore(struct sl_training *t, uint64_t epoch, uint64_t batch,
        const struct sl_bundle *bundle, struct sl_error *err)
{
    struct sl_item items[CONTENTS];

    contents(t, epoch, batch, items);
    for (size_t i = 0; i < CONTENTS; i++) {
        const struct sl_tensor *want = &items[i].tensor;
        const struct sl_item *item = sl_bundle_find(bundle, items[i].name);
        if (sl_tensor_count(want) == 0)
            continue;
        if (!item || item->tensor.type != want->type ||
            sl_tensor_count(&item->tensor) != sl_tensor_count(want))
            return sl_fail(err, SL_ERR_SHAPE,
                           "the checkpoint's '%s' does not fit this training",
                           items[i].name);
        memcpy(want->data, item->tensor.data, sl_tensor_bytes(want));
    }
    t->epoch = epoch;
    t->batch = batch;
    for (uint64_t e = 0; t->best && e < epoch; e++)
        sl_early_stopping_see(&t->stopping, &t->config->early_stopping,
                              *sl_training_loss(t, e, t->decides));
    return SL_OK;
}

static enum sl_status
resume(struct sl_training *t, bool *found, struct sl_error *err)
{
    uint64_t epoch, batch;
    struct sl_bundle bundle;
    struct sl_arena arena;
    enum sl_status status;

    *found = false;
    sl_arena_init(&arena);
    sl_bundle_init(&bundle, &arena);
    status = sl_checkpoint_load(t->step, t->epochs, &epoch, &batch, &bundle, found, err);
    if (status == SL_OK && *found)
        status = restore(t, epoch, batch, &bundle, err);
    sl_arena_release(&arena);
    return status;
}

/* ---- the training ------------------------------------------------------------------- */

static enum sl_status
begin(struct sl_training *t, struct sl_error *err)
{
    bool found;

    t->saved = sl_seconds();
    SL_TRY(resume(t, &found, err));
    if (found)
        return SL_OK;
    if (t->config->start.path)
        return load_start(t, err);
    t->learner->init(t->learner->context, t->theta);
    return SL_OK;
}

enum sl_status
sl_training_open(struct sl_training *t, struct sl_step *step,
                 const struct sl_fit_config *config, const struct sl_dataset *data,
                 const struct sl_learner *learner, struct sl_error *err)
{
    bool f64 = config->precision == SL_FLOAT64_PRECISION;
    const struct sl_entry *optimizer = config->optimizer.row->as[f64];

    *t = (struct sl_training){
        .step = step,
        .config = config,
        .data = data,
        .learner = learner,
        .optimizer = (const struct sl_optimizer_class *)optimizer,
        .f64 = f64,
        .epochs = (uint64_t)config->epochs,
    };
    if (!optimizer)
        return sl_fail_at(err, config->optimizer.mark,
                          "optimizer '%s' does not come in float64",
                          config->optimizer.row->as[0]->name);
    list_monitored(t);
    SL_TRY(find_split(t, err));
    t->batches = (t->split->n - 1) / (uint64_t)config->batch_size + 1;
    SL_TRY(reserve(t, err));
    if (config->order.path)
        SL_TRY(load_order(t, err));
    SL_TRY(open_rows(t, err));
    SL_TRY(open_monitor(t, err));
    return begin(t, err);
}

double *
sl_training_loss(const struct sl_training *t, uint64_t epoch, size_t i)
{
    return &t->monitored[epoch * t->monitor.n + i];
}

void
sl_training_end_epoch(struct sl_training *t)
{
    size_t real = t->f64 ? sizeof(double) : sizeof(float);

    if (t->best && sl_early_stopping_see(&t->stopping, &t->config->early_stopping,
                                         *sl_training_loss(t, t->epoch, t->decides)))
        memcpy(t->best, t->theta, t->learner->parameters * real);
    t->epoch++;
    t->batch = 0;
}

bool
sl_training_is_over(const struct sl_training *t)
{
    return t->epoch >= t->epochs ||
           sl_early_stopping_is_due(&t->stopping, &t->config->early_stopping);
}

uint64_t
sl_training_kept(const struct sl_training *t)
{
    return t->best ? t->stopping.best : t->epoch;
}

size_t
sl_training_rows(const struct sl_training *t, uint64_t batch)
{
    size_t size = (size_t)t->config->batch_size;

    return batch + 1 < t->batches ? size : t->split->n - (size_t)batch * size;
}

enum sl_status
sl_training_close(struct sl_training *t, enum sl_status status, struct sl_error *err)
{
    enum sl_status earlier = sl_monitor_finish(&t->watch, err);

    sl_epochs_close(&t->rows);
    return earlier ? earlier : status;
}
