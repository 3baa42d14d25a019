/* SPDX-License-Identifier: MIT */
#include "modules/learn/fit.h"

#include <math.h>
#include <string.h>

#include "modules/learn/clip.h"
#include "modules/learn/training.h"
#include "runner/base/clock.h"
#include "runner/parallel/profile.h"

static const char *const precisions[] = {"float32", "float64", NULL};

static const char *const clip_words[] = {"norm", "value", NULL};

const struct sl_field sl_fit_fields[] = {
    SL_FIELD(struct sl_fit_config, epochs, int64_t, SL_TYPE_INT, .flags = SL_HORIZON,
             .low = 1, .high = 1e6, .number = 10,
             .help = "how often the training split is gone through"),
    SL_INT(struct sl_fit_config, batch_size, 100, 1, 1e8, "rows of a minibatch"),
    SL_CHOICE(struct sl_fit_config, optimizer, "adam", SL_OPTIMIZER,
              "how parameters follow their gradients"),
    SL_CHOICE(struct sl_fit_config, schedule, "constant", SL_SCHEDULE,
              "how the optimizer's learning rate goes over the training"),
    SL_FIELD(struct sl_fit_config, warmup, double, SL_TYPE_DOUBLE, .low = 0, .high = 1e6,
             .unit = "epochs",
             .help = "over which the learning rate first rises in a line from next to 0 "
                     "to what the schedule has"),
    SL_DOUBLE(
        struct sl_fit_config, clip, 0, 0, 1e30,
        "size that a batch's gradient is cut down to where it is larger; 0: none is"),
    SL_WORD(struct sl_fit_config, clip_by, SL_CLIP_BY_NORM, clip_words,
            "that size is the norm over all parameters, or each number's absolute value"),
    SL_BOOL(struct sl_fit_config, shuffle, true,
            "take the rows in a new order each epoch"),
    SL_WORD(struct sl_fit_config, precision, SL_FLOAT32_PRECISION, precisions,
            "of parameters and activations"),
    SL_FIELD(struct sl_fit_config, monitor, struct sl_string_list, SL_TYPE_STRING_LIST,
             .flags = SL_SPLITS,
             .help = "splits whose loss is recorded after each epoch"),
    SL_FIELD(struct sl_fit_config, early_stopping, struct sl_early_stopping_config,
             SL_TYPE_RECORD, .fields = sl_early_stopping_fields,
             .size = sizeof(struct sl_early_stopping_config),
             .help = "end when the loss of a split falls no more, and keep the best "
                     "epoch's parameters; without it all epochs are gone through"),
    SL_FIELD(struct sl_fit_config, start, struct sl_file, SL_TYPE_FILE,
             .help = "IDX file with all initial parameters, one vector of float32 or "
                     "float64 in the order of the layers"),
    SL_FIELD(struct sl_fit_config, order, struct sl_file, SL_TYPE_FILE,
             .help = "IDX file with the rows' order: epochs x rows, int32, places in "
                     "the training split from 0"),
    SL_FIELD_END,
};

/* Seconds after which an epoch's end is worth a checkpoint. They decide what a crash can
 * cost, and nothing about the result. */
#define CHECKPOINT_SECONDS 10

static double
rate_at(const struct sl_training *t, uint64_t iteration)
{
    struct sl_schedule_point point = {
        .iteration = iteration,
        .iterations = t->epochs * t->batches,
        .batches = t->batches,
        .warmup = (uint64_t)llround(t->config->warmup * (double)t->batches),
    };

    return sl_schedule_rate(&t->config->schedule, &point);
}

static enum sl_status
clip_gradient(const struct sl_training *t, uint64_t iteration, struct sl_error *err)
{
    const struct sl_clipping clipping = {
        .by = (enum sl_clip_by)t->config->clip_by,
        .limit = t->config->clip,
        .parts = t->clip_parts,
        .pool = sl_step_pool(t->step),
    };
    size_t n = t->learner->parameters;
    double size = t->f64 ? sl_clip_f64(&clipping, n, t->dtheta)
                         : sl_clip_f32(&clipping, n, t->dtheta);

    t->gradients[iteration] = size;
    if (!isfinite(size))
        return sl_fail(
            err, SL_ERR_NUMERIC,
            "the gradient to be clipped is not finite at iteration %llu (epoch "
            "%llu, batch %llu)",
            (unsigned long long)iteration + 1, (unsigned long long)t->epoch + 1,
            (unsigned long long)t->batch + 1);
    return SL_OK;
}

/* Parameters and state are read and written, gradients read. */
static void
move(const struct sl_training *t, const struct sl_update *update)
{
    size_t size = t->f64 ? sizeof(double) : sizeof(float);
    size_t moved = update->n * size * (3 + 2 * t->optimizer->states);
    struct sl_profile_span span;

    sl_profile_begin(sl_pool_profile(update->pool), &span, SL_OPERATION_OPTIMIZER,
                     t->optimizer->entry.name);
    t->optimizer->step(t->config->optimizer.config, update);
    sl_profile_end(&span, (struct sl_amount){.bytes = (double)moved});
}

static enum sl_status
fit_batch(struct sl_training *t, struct sl_error *err)
{
    uint64_t iteration = t->epoch * t->batches + t->batch;
    size_t n = sl_training_rows(t, t->batch);
    size_t first = (size_t)t->batch * (size_t)t->config->batch_size;
    struct sl_fit_batch batch = {n, sl_epochs_rows(&t->rows, t->epoch, first, n),
                                 iteration};
    struct sl_update update = {
        .n = t->learner->parameters,
        .t = iteration + 1,
        .rate = rate_at(t, iteration),
        .theta = t->theta,
        .gradient = t->dtheta,
        .decayed = t->learner->decayed,
        .state = t->state,
        .pool = sl_step_pool(t->step),
    };
    double loss;

    loss = t->learner->gradient(t->learner->context, &batch, t->theta, t->dtheta);
    t->losses[iteration] = loss;
    if (!isfinite(loss))
        return sl_fail(
            err, SL_ERR_NUMERIC, "loss is %s at iteration %llu (epoch %llu, batch %llu)",
            isnan(loss) ? "nan" : "infinite", (unsigned long long)iteration + 1,
            (unsigned long long)t->epoch + 1, (unsigned long long)t->batch + 1);
    if (t->config->clip > 0)
        SL_TRY(clip_gradient(t, iteration, err));
    move(t, &update);
    if (t->learner->track)
        t->learner->track(t->learner->context, t->theta);
    return SL_OK;
}

static void
tell(const struct sl_training *t)
{
    uint64_t iterations = t->epoch * t->batches + t->batch;
    double n = (double)t->split->n;
    double rows = (double)(t->batch * (uint64_t)t->config->batch_size);

    sl_progress(t->step, (double)t->epoch * n + fmin(rows, n), (double)t->epochs * n,
                t->data->height ? "images" : "rows", t->losses[iterations - 1]);
}

static enum sl_status
stop(struct sl_training *t, struct sl_error *err)
{
    SL_TRY(sl_training_save(t, err));
    return sl_fail(err, SL_ERR_CANCELLED,
                   "training stopped after batch %llu of epoch %llu",
                   (unsigned long long)t->batch, (unsigned long long)t->epoch + 1);
}

static bool
checkpoint_due(const struct sl_training *t)
{
    return sl_training_is_over(t) || sl_seconds() - t->saved >= CHECKPOINT_SECONDS;
}

static enum sl_status
fit_epoch(struct sl_training *t, struct sl_error *err)
{
    sl_epochs_turn_to(&t->rows, t->epoch);
    while (t->batch < t->batches) {
        if (sl_cancelled(t->step))
            return stop(t, err);
        SL_TRY(fit_batch(t, err));
        t->batch++;
        tell(t);
    }
    SL_TRY(sl_monitor_see(&t->watch, t->epoch, t->theta, err));
    sl_training_end_epoch(t);
    return checkpoint_due(t) ? sl_training_save(t, err) : SL_OK;
}

/* ---- what is recorded --------------------------------------------------------------- */

static double
epoch_loss(const struct sl_training *t, uint64_t epoch)
{
    double sum = 0;

    for (uint64_t b = 0; b < t->batches; b++)
        sum += t->losses[epoch * t->batches + b] * (double)sl_training_rows(t, b);
    return sum / (double)t->split->n;
}

/* values: t->epoch */
static enum sl_status
record_monitored(const struct sl_training *t, size_t i, double *values,
                 struct sl_error *err)
{
    const char *name =
        sl_arena_format(sl_step_arena(t->step), "loss_%s", t->monitor.at[i]);

    for (uint64_t e = 0; e < t->epoch; e++)
        values[e] = *sl_training_loss(t, e, i);
    sl_metric(t->step, name, values[sl_training_kept(t) - 1]);
    return sl_series(t->step, name, "epoch", NULL, values, t->epoch, err);
}

static void
record_stop(const struct sl_training *t)
{
    if (!t->config->early_stopping.monitor)
        return;
    sl_metric(t->step, "best_epoch", (double)sl_training_kept(t));
    sl_metric(t->step, "epochs", (double)t->epoch);
    sl_metric(t->step, "stopped_early", t->epoch < t->epochs);
}

static enum sl_status
record_clipping(const struct sl_training *t, size_t iterations, struct sl_error *err)
{
    size_t clipped = 0;

    for (size_t i = 0; i < iterations; i++)
        clipped += t->gradients[i] > t->config->clip;
    sl_metric(t->step, "clipped", (double)clipped / (double)iterations);
    return sl_series(t->step, "gradient", "iteration", NULL, t->gradients, iterations,
                     err);
}

static enum sl_status
record(const struct sl_training *t, struct sl_error *err)
{
    size_t iterations = (size_t)(t->epoch * t->batches);
    double *values = sl_arena_array(sl_step_arena(t->step), t->epoch, sizeof *values);

    if (!values)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for the losses of %llu epochs",
                       (unsigned long long)t->epoch);
    for (uint64_t e = 0; e < t->epoch; e++)
        values[e] = epoch_loss(t, e);
    sl_metric(t->step, "loss", values[sl_training_kept(t) - 1]);
    sl_metric(t->step, "loss_last_batch", t->losses[iterations - 1]);
    sl_metric(t->step, "iterations", (double)iterations);
    SL_TRY(sl_series(t->step, "loss", "iteration", NULL, t->losses, iterations, err));
    SL_TRY(sl_series(t->step, "loss_epoch", "epoch", NULL, values, t->epoch, err));
    record_stop(t);
    if (t->config->clip > 0)
        SL_TRY(record_clipping(t, iterations, err));
    for (size_t i = 0; i < t->monitor.n; i++)
        SL_TRY(record_monitored(t, i, values, err));
    return SL_OK;
}

/* A finite loss may still have had a gradient that was not. */
static enum sl_status
check_finite(const struct sl_training *t, struct sl_error *err)
{
    for (size_t i = 0; i < t->learner->parameters; i++) {
        if (!isfinite(t->f64 ? ((const double *)t->theta)[i]
                             : (double)((const float *)t->theta)[i]))
            return sl_fail(err, SL_ERR_NUMERIC,
                           "parameter %zu is not finite after the last batch", i);
    }
    return SL_OK;
}

enum sl_status
sl_fit(struct sl_step *step, const struct sl_fit_config *config,
       const struct sl_dataset *data, const struct sl_learner *learner, void **theta,
       struct sl_error *err)
{
    struct sl_training t;
    enum sl_status status = SL_OK;

    SL_TRY(sl_training_open(&t, step, config, data, learner, err));
    while (status == SL_OK && !sl_training_is_over(&t))
        status = fit_epoch(&t, err);
    status = sl_training_close(&t, status, err);
    SL_TRY(status);
    SL_TRY(check_finite(&t, err));
    SL_TRY(record(&t, err));
    *theta = t.best ? t.best : t.theta;
    return SL_OK;
}

/* ---- what can be told before -------------------------------------------------------- */

static void
check_batch(const struct sl_fit_config *config, const struct sl_check *check, size_t rows)
{
    if (rows && (uint64_t)config->batch_size > rows)
        sl_report_add(check->report, SL_ERROR, sl_check_mark(check, "batch_size"),
                      "batch_size %lld is more than the %zu rows of split '" SL_FIT_SPLIT
                      "'",
                      (long long)config->batch_size, rows);
}

void
sl_fit_estimate(const struct sl_fit_config *config, const struct sl_schema *schema,
                size_t parameters, struct sl_demand *estimate)
{
    double rows = 6 * (double)sl_schema_rows(schema, SL_FIT_SPLIT);

    for (size_t i = 0; i < config->monitor.n; i++)
        rows += 2 * (double)sl_schema_rows(schema, config->monitor.at[i]);
    if (config->early_stopping.monitor)
        rows += 2 * (double)sl_schema_rows(schema, config->early_stopping.monitor);
    estimate->work = (double)config->epochs * rows * (double)parameters;
    estimate->score = 2 * (double)parameters;
}

void
sl_fit_check(const struct sl_fit_config *config, const struct sl_check *check)
{
    const struct sl_schema *schema = check->schema;
    bool found = false;

    for (size_t i = 0; schema && i < schema->split_count; i++) {
        if (strcmp(schema->splits[i], SL_FIT_SPLIT) != 0)
            continue;
        found = true;
        check_batch(config, check, schema->rows ? schema->rows[i] : 0);
    }
    if (config->warmup >= (double)config->epochs)
        sl_report_add(check->report, SL_WARNING, sl_check_mark(check, "warmup"),
                      "the learning rate is still on its way up when the %lld epochs end",
                      (long long)config->epochs);
    if (schema && schema->split_count && !found)
        sl_report_add(check->report, SL_ERROR, check->mark,
                      "the data has no split '" SL_FIT_SPLIT "' to learn from");
}
