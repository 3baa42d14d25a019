/* SPDX-License-Identifier: MIT */
/* What an autoencoder learns by. */
#include "modules/learn/autoencoder.h"
#include "modules/learn/moments.h"

static void
init(void *context, void *theta)
{
    struct sl_autoencoder_learning *l = context;
    struct sl_stream stream = sl_step_stream(l->step, "weights");

    sl_network_start(&l->a.network, &stream, theta);
}

/* What the code of the last batch adds to its loss. */
static double
penalty(const struct sl_autoencoder_learning *l, size_t n)
{
    const struct sl_sparsity_config *sparse = &l->a.config->sparse;
    const void *code = l->work.y[l->a.code];

    if (!sl_sparsity_is_on(sparse))
        return 0;
    return (l->a.network.f64 ? sl_sparsity_f64 : sl_sparsity_f32)(sparse, n,
                                                                  l->a.encoder.out, code);
}

/* Noise changes what the network gets, and not what it is to make of it. */
static double
gradient(void *context, const struct sl_fit_batch *batch, const void *theta, void *dtheta)
{
    struct sl_autoencoder_learning *l = context;
    struct sl_network_pass pass = {
        .n = batch->n,
        .x = batch->x,
        .theta = theta,
        .training = true,
        .iteration = batch->iteration,
        .stream = l->stream,
        .pool = sl_step_pool(l->step),
    };
    struct sl_comparison comparison = {
        .n = batch->n,
        .d = l->a.d,
        .y = sl_network_forward(&l->work, &pass),
        .target = batch->x,
        .rows = l->rows,
        .dy = sl_network_dy(&l->work),
        .pool = pass.pool,
    };

    sl_autoencoder_compare(&l->a, &comparison);
    sl_network_backward(&l->work, &pass, dtheta, NULL);
    return sl_mean(l->rows, batch->n) + penalty(l, batch->n);
}

static void
track(void *context, void *theta)
{
    const struct sl_autoencoder_learning *l = context;

    sl_network_track(&l->work, theta);
}

static enum sl_status
reserve(void *context, const struct sl_room_for *most, struct sl_error *err)
{
    struct sl_autoencoder_learning *l = context;

    return sl_network_room_new(&l->room, &l->a.compared, most, sl_step_arena(l->step),
                               err);
}

static void
losses(void *context, struct sl_pool *pool, const struct sl_rows *rows, const void *theta,
       double *out)
{
    const struct sl_autoencoder_learning *l = context;
    struct sl_autoencoder_map map = {&l->a, theta, pool};

    sl_autoencoder_losses_in(&map, &l->room, rows, out);
}

enum sl_status
sl_autoencoder_learn(struct sl_autoencoder_learning *l, size_t batch_size,
                     struct sl_learner *learner, struct sl_error *err)
{
    struct sl_arena *arena = sl_step_arena(l->step);

    SL_TRY(sl_network_work_new(&l->work, &l->a.compared, batch_size, true, arena, err));
    l->rows = sl_arena_array(arena, batch_size, sizeof *l->rows);
    if (!l->rows)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for batches of %zu", batch_size);
    l->stream = sl_step_stream(l->step, "layers");
    *learner = (struct sl_learner){.context = l,
                                   .parameters = l->a.network.parameters,
                                   .init = init,
                                   .gradient = gradient,
                                   .reserve = reserve,
                                   .losses = losses,
                                   .track = track};
    sl_network_decayed(&l->a.network, 0, &learner->decayed);
    return SL_OK;
}
