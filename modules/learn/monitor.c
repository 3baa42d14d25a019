/* SPDX-License-Identifier: MIT */
#include "modules/learn/monitor.h"

#include <math.h>
#include <string.h>

#include "modules/learn/moments.h"
#include "runner/parallel/profile.h"

/* Bytes of parameters that are worth copying: far less than what a batch does with them. */
#define COPIED_MOST ((size_t)16 << 10)

static double
split_loss(const struct sl_monitor *m, struct sl_pool *pool, const char *name,
           const void *theta)
{
    const struct sl_split *split = sl_dataset_split(m->data, name);
    struct sl_rows rows = {m->data, split->rows, split->n};
    size_t seat = sl_seats_take(&m->seats);
    double *losses = m->of_rows + seat * m->most, loss;
    struct sl_profile_span span;

    sl_profile_begin(sl_pool_profile(m->pool), &span, SL_OPERATION_EVALUATE, "monitor");
    m->learner->losses(m->learner->context, pool, &rows, theta, losses);
    loss = sl_mean(losses, split->n);
    sl_seats_leave(&m->seats, seat);
    sl_profile_end(&span, (struct sl_amount){.rows = split->n});
    return loss;
}

static enum sl_status
look(const struct sl_monitor *m, struct sl_pool *pool, uint64_t epoch, const void *theta,
     struct sl_error *err)
{
    for (size_t i = 0; i < m->names.n; i++) {
        double loss = split_loss(m, pool, m->names.at[i], theta);
        m->losses[epoch * m->names.n + i] = loss;
        if (!isfinite(loss))
            return sl_fail(err, SL_ERR_NUMERIC,
                           "loss of split '%s' is not finite after epoch %llu",
                           m->names.at[i], (unsigned long long)epoch + 1);
    }
    return SL_OK;
}

/* ---- later ------------------------------------------------------------------------------ */

static void
look_tile(void *context, size_t i)
{
    const struct sl_monitor_block *b = context;
    const struct sl_monitor *m = b->monitor;

    b->errors[i].status = SL_OK;
    (void)look(m, sl_pool_alone(m->pool), b->first + i, b->thetas + i * m->theta_bytes,
               &b->errors[i]);
}

static void
offer(struct sl_monitor *m)
{
    struct sl_monitor_block *b = m->filling;

    sl_pool_offer(m->pool, &b->region, b->n, look_tile, b);
    m->offered = true;
    m->filling = &m->blocks[b == &m->blocks[0]];
    m->filling->n = 0;
}

/* The block that is not being filled. What is told as wrong ends the training: the epochs
 * after it are of no interest. */
static enum sl_status
collect(struct sl_monitor *m, struct sl_error *err)
{
    struct sl_monitor_block *b = &m->blocks[m->filling == &m->blocks[0]];

    if (!m->offered)
        return SL_OK;
    m->offered = false;
    sl_pool_collect(m->pool, &b->region);
    for (size_t i = 0; i < b->n; i++) {
        if (b->errors[i].status) {
            m->filling->n = 0;
            *err = b->errors[i];
            return err->status;
        }
    }
    return SL_OK;
}

enum sl_status
sl_monitor_see(struct sl_monitor *m, uint64_t epoch, const void *theta,
               struct sl_error *err)
{
    struct sl_monitor_block *b = m->filling;

    if (!m->later)
        return look(m, m->pool, epoch, theta, err);
    if (m->names.n == 0)
        return SL_OK;
    if (b->n == 0)
        b->first = epoch;
    memcpy(b->thetas + b->n++ * m->theta_bytes, theta, m->theta_bytes);
    if (b->n < SL_MONITOR_EPOCHS)
        return SL_OK;
    SL_TRY(collect(m, err));
    offer(m);
    return SL_OK;
}

enum sl_status
sl_monitor_finish(struct sl_monitor *m, struct sl_error *err)
{
    enum sl_status status = collect(m, err);

    if (status == SL_OK && m->later && m->filling->n > 0) {
        offer(m);
        status = collect(m, err);
    }
    return status;
}

/* For as many epochs as are looked at together. */
static enum sl_status
reserve(struct sl_monitor *m, struct sl_arena *arena, struct sl_error *err)
{
    struct sl_room_for most = {m->pool, 0, m->later ? SL_MONITOR_EPOCHS : 1};

    for (size_t i = 0; i < m->names.n; i++) {
        size_t n = sl_dataset_split(m->data, m->names.at[i])->n;
        most.rows = n > most.rows ? n : most.rows;
    }
    m->most = most.rows;
    sl_seats_init(&m->seats, m->pool, most.calls, arena);
    m->of_rows = sl_arena_array(arena, m->seats.n, m->most * sizeof *m->of_rows);
    if (!m->of_rows)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu losses", m->most);
    return m->learner->reserve ? m->learner->reserve(m->learner->context, &most, err)
                               : SL_OK;
}

enum sl_status
sl_monitor_open(struct sl_monitor *m, struct sl_arena *arena, struct sl_error *err)
{
    m->later = m->later && m->learner->apart && m->theta_bytes <= COPIED_MOST;
    m->filling = &m->blocks[0];
    m->offered = false;
    if (m->names.n > 0)
        SL_TRY(reserve(m, arena, err));
    for (size_t i = 0; m->later && i < 2; i++) {
        struct sl_monitor_block *b = &m->blocks[i];
        b->monitor = m;
        b->n = 0;
        b->thetas = sl_arena_array(arena, SL_MONITOR_EPOCHS, m->theta_bytes);
        b->errors = sl_arena_array(arena, SL_MONITOR_EPOCHS, sizeof *b->errors);
        if (!b->thetas || !b->errors)
            return sl_fail(err, SL_ERR_MEMORY, "no memory for %d copies of parameters",
                           SL_MONITOR_EPOCHS);
    }
    return SL_OK;
}
