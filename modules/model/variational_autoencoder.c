/* SPDX-License-Identifier: MIT */
/*
 * Variational autoencoder: an encoder and a decoder that raise a lower bound of the
 * likelihood together (modules/learn/variational.h). What it can't explain scores high.
 *
 * Its parameters are encoder.I.weight and encoder.I.bias of each dense layer from 0, the
 * last of which makes the latent's Gaussian, those of the decoder, and decoder.log_noise
 * where a noise is learned; the file `start` holds them in that order.
 */
#include "modules/learn/chances.h"
#include "modules/learn/fit.h"
#include "modules/learn/variational_record.h"

struct config {
    struct sl_choice_list preprocess;
    struct sl_variational_config bound;
    struct sl_fit_config fit;
};

static const struct sl_field fields[] = {
    SL_PREPROCESS_FIELD(struct config, preprocess),
    SL_INCLUDE(struct config, bound, struct sl_variational_config, sl_variational_fields),
    SL_INCLUDE(struct config, fit, struct sl_fit_config, sl_fit_fields),
    SL_FIELD_END,
};

static const struct sl_port inputs[] = {
    {
        .name = "data",
        .type = SL_PORT_DATASET,
        .shape = "n d",
        .help = "rows; those of split '" SL_FIT_SPLIT "' are learned from",
    },
    SL_PORT_END,
};

static const struct sl_port outputs[] = {
    {.name = "model", .type = SL_PORT_MODEL, .help = "the trained autoencoder"},
    SL_PORT_END,
};

static const struct sl_result results[] = {
    SL_FIT_RESULTS("nats"),
    SL_VARIATIONAL_RESULTS,
    {"parameters", SL_RESULT_METRIC, NULL, "numbers that were learned"},
    SL_RESULT_END,
};

static bool
is_float64(const struct config *c)
{
    return c->fit.precision == SL_FLOAT64_PRECISION;
}

/* ---- the model ---------------------------------------------------------------------- */

struct autoencoder {
    struct sl_variational v;
    void *theta;
};

static enum sl_status
open(struct sl_model *model, struct sl_arena *arena, struct sl_error *err)
{
    const struct config *c = model->config;
    struct autoencoder *a = SL_NEW(arena, struct autoencoder);

    SL_TRY(sl_variational_build(&a->v, &c->bound, model->d, is_float64(c), arena, err));
    a->theta = sl_arena_array(arena, a->v.parameters, sl_network_real(&a->v.encoder));
    if (!a->theta)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu parameters",
                       a->v.parameters);
    SL_TRY(sl_variational_unpack(&a->v, model->parameters, a->theta, err));
    model->state = a;
    return SL_OK;
}

enum { NEGATIVE_BOUND, RECONSTRUCTION, DIVERGENCE };

static const struct sl_score_kind scores[] = {
    [NEGATIVE_BOUND] = {"negative-bound", "nats",
                        "what -ln p(x) is at most: reconstruction and divergence"},
    [RECONSTRUCTION] = {"reconstruction", "nats", "-E ln p(x | z) over the latent"},
    [DIVERGENCE] = {"divergence", "nats", "of the latent's Gaussian from the prior"},
    SL_SCORE_END,
};

static struct sl_variational_map
map_of(const struct sl_model *model, struct sl_pool *pool)
{
    const struct autoencoder *a = model->state;

    return (struct sl_variational_map){.v = &a->v, .theta = a->theta, .pool = pool};
}

static struct sl_variational_score
score_of(struct sl_step *step, double of_missed, double of_divergence)
{
    return (struct sl_variational_score){
        .noise = sl_variational_noise_stream(step),
        .pixels = sl_variational_pixel_stream(step),
        .of_missed = of_missed,
        .of_divergence = of_divergence,
    };
}

static enum sl_status
score(const struct sl_model *model, struct sl_step *step, const struct sl_rows *rows,
      size_t kind, double *out, struct sl_error *err)
{
    struct sl_variational_map map = map_of(model, sl_step_pool(step));
    const struct sl_variational_score score =
        score_of(step, kind != DIVERGENCE, kind != RECONSTRUCTION);

    return sl_variational_score(&map, rows, &score, out, err);
}

static enum sl_status
reconstruct(const struct sl_model *model, struct sl_step *step,
            const struct sl_rows *rows, float *out, struct sl_error *err)
{
    struct sl_variational_map map = map_of(model, sl_step_pool(step));
    struct sl_stream pixels = sl_variational_pixel_stream(step);

    return sl_variational_reconstruct(&map, rows, &pixels, out, err);
}

/* x becomes a draw from the likelihood whose mean it is. */
static void
draw_row(const struct sl_variational *v, double noise, struct sl_stream *stream,
         double *x)
{
    for (size_t j = 0; j < v->d; j++) {
        if (v->config->likelihood == SL_BERNOULLI)
            x[j] = sl_stream_uniform(stream) < x[j] ? 1 : 0;
        else
            x[j] += noise * sl_stream_normal(stream);
    }
}

static enum sl_status
draw(const struct sl_model *model, struct sl_pool *pool, const struct sl_stream *stream,
     size_t n, double *x, struct sl_error *err)
{
    const struct autoencoder *a = model->state;
    struct sl_variational_map map = map_of(model, pool);
    double noise = sl_variational_noise(&a->v, a->theta);
    enum sl_status status = SL_OK;
    struct sl_stream *streams;
    struct sl_arena arena;
    double *z;

    sl_arena_init(&arena);
    streams = sl_arena_array(&arena, n, sizeof *streams);
    z = sl_arena_array(&arena, n, a->v.k * sizeof *z);
    if (!streams || !z)
        status = sl_fail(err, SL_ERR_MEMORY, "no memory for %zu points", n);
    for (size_t i = 0; status == SL_OK && i < n; i++) {
        streams[i] = sl_stream_at(stream, i);
        for (size_t j = 0; j < a->v.k; j++)
            z[i * a->v.k + j] = sl_stream_normal(&streams[i]);
    }
    if (status == SL_OK)
        status = sl_variational_decode(&map, n, z, x, err);
    for (size_t i = 0; status == SL_OK && i < n; i++)
        draw_row(&a->v, noise, &streams[i], x + i * a->v.d);
    sl_arena_release(&arena);
    return status;
}

static const struct sl_model_class autoencoder_class = {
    .scores = scores,
    .densities = 1u << NEGATIVE_BOUND | 1u << RECONSTRUCTION,
    .open = open,
    .score = score,
    .reconstruct = reconstruct,
    .draw = draw,
};

/* ---- training ----------------------------------------------------------------------- */

struct learning {
    const struct config *config;
    struct sl_step *step;
    struct sl_variational v;
    struct sl_variational_work work;
    struct sl_variational_room room; /* for losses */
    struct sl_variational_score score;
    struct sl_stream noise, pixels, layers[2];
    double *missed, *divergence; /* batch_size */
};

static void
init(void *context, void *theta)
{
    struct learning *l = context;
    struct sl_stream encoder = sl_step_stream(l->step, "encoder weights");
    struct sl_stream decoder = sl_step_stream(l->step, "decoder weights");

    if (l->config->bound.decoder_seed)
        sl_stream_init(&decoder, l->config->bound.decoder_seed, "", "decoder weights");
    sl_variational_start(&l->v, &encoder, &decoder, theta);
}

/* Draws are keyed by a row's place in the training as a whole, so that an epoch draws anew
 * and one that goes on draws what it would have drawn. */
static double
gradient(void *context, const struct sl_fit_batch *batch, const void *theta, void *dtheta)
{
    struct learning *l = context;
    struct sl_variational_pass pass = {
        .n = batch->n,
        .x = batch->x,
        .theta = theta,
        .pool = sl_step_pool(l->step),
        .noise = l->noise,
        .pixels = l->pixels,
        .layers = {l->layers[0], l->layers[1]},
        .first = batch->iteration * (uint64_t)l->config->fit.batch_size,
        .iteration = batch->iteration,
        .missed = l->missed,
        .divergence = l->divergence,
    };
    double sum = 0;

    sl_variational_gradient(&l->work, &pass, dtheta);
    for (size_t i = 0; i < batch->n; i++)
        sum += l->missed[i] + l->config->bound.beta * l->divergence[i];
    return sum / (double)batch->n;
}

static void
track(void *context, void *theta)
{
    const struct learning *l = context;

    sl_variational_track(&l->work, theta);
}

static enum sl_status
reserve(void *context, const struct sl_room_for *most, struct sl_error *err)
{
    struct learning *l = context;

    return sl_variational_room_new(&l->room, &l->v, most, sl_step_arena(l->step), err);
}

/* With room and the data's own columns there is nothing that could go wrong. */
static void
losses(void *context, struct sl_pool *pool, const struct sl_rows *rows, const void *theta,
       double *out)
{
    const struct learning *l = context;
    const struct sl_variational_map map = {&l->v, theta, pool, &l->room};
    struct sl_error never;

    (void)sl_variational_score(&map, rows, &l->score, out, &never);
}

static bool
takes_chances(const struct config *c)
{
    return c->bound.binarise != SL_BINARISE_THRESHOLD &&
           (c->bound.binarise == SL_BINARISE_STOCHASTIC ||
            c->bound.likelihood == SL_BERNOULLI);
}

static enum sl_status
prepare(struct learning *l, const struct sl_dataset *data, struct sl_error *err)
{
    const struct config *c = l->config;
    struct sl_arena *arena = sl_step_arena(l->step);
    size_t batch_size = (size_t)c->fit.batch_size;

    if (takes_chances(c))
        SL_TRY(sl_chances_check_splits(data,
                                       "a bernoulli decoder explains values from 0 to 1, "
                                       "'likelihood: gaussian' any",
                                       err));
    SL_TRY(sl_variational_build(&l->v, &c->bound, data->d, is_float64(c), arena, err));
    SL_TRY(sl_variational_work_new(&l->work, &l->v, batch_size, true, arena, err));
    l->missed = sl_arena_array(arena, batch_size, sizeof *l->missed);
    l->divergence = sl_arena_array(arena, batch_size, sizeof *l->divergence);
    if (!l->missed || !l->divergence)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for batches of %zu", batch_size);
    l->score = score_of(l->step, 1, c->bound.beta);
    l->noise = sl_step_stream(l->step, "latents");
    l->pixels = sl_step_stream(l->step, "pixels");
    l->layers[0] = sl_step_stream(l->step, "encoder layers");
    l->layers[1] = sl_step_stream(l->step, "decoder layers");
    return SL_OK;
}

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;
    const struct sl_dataset *data = sl_input_dataset(step, "data");
    struct learning l = {.config = c, .step = step};
    struct sl_learner learner = {.context = &l,
                                 .init = init,
                                 .gradient = gradient,
                                 .reserve = reserve,
                                 .losses = losses,
                                 .track = track};
    struct sl_variational_map map = {.v = &l.v, .pool = sl_step_pool(step)};
    struct sl_bundle parameters;
    void *theta = NULL;

    SL_TRY(prepare(&l, data, err));
    learner.parameters = l.v.parameters;
    sl_variational_decayed(&l.v, &learner.decayed);
    SL_TRY(sl_fit(step, &c->fit, data, &learner, &theta, err));
    map.theta = theta;
    sl_metric(step, "parameters", (double)l.v.parameters);
    SL_TRY(sl_variational_record(step, &map, data, &c->fit.monitor, err));
    sl_bundle_init(&parameters, sl_step_arena(step));
    SL_TRY(sl_variational_pack(&l.v, theta, &parameters, err));
    return sl_output_model(step, &parameters, err);
}

/* ---- what can be told before -------------------------------------------------------- */

static void
check_latent(const struct config *c, const struct sl_check *check)
{
    size_t d = check->schema ? check->schema->d : 0;

    if (d && (uint64_t)c->bound.latent > d)
        sl_report_add(check->report, SL_WARNING, sl_check_mark(check, "latent"),
                      "%lld latents are more than the data's %zu columns: some of them "
                      "will stay unused",
                      (long long)c->bound.latent, d);
}

/* Words that don't go together. */
static void
check_words(const struct config *c, const struct sl_check *check)
{
    const struct sl_variational_config *b = &c->bound;

    if (b->expectation == SL_CLOSED_FORM && !sl_variational_is_linear(b))
        sl_report_add(
            check->report, SL_ERROR, sl_check_mark(check, "expectation"),
            "only a linear gaussian decoder has its expectation in closed form: "
            "'likelihood: gaussian' and no hidden layers");
    if (b->freeze == SL_FREEZE_DECODER &&
        b->block.normalisation == SL_NORMALISATION_BATCH)
        sl_report_add(check->report, SL_ERROR, sl_check_mark(check, "normalisation"),
                      "a decoder that is frozen can't follow the statistics of its "
                      "batches: 'normalisation: layer' or none");
    if (b->covariance == SL_FULL && b->latent > SL_FULL_MOST)
        sl_report_add(check->report, SL_ERROR, sl_check_mark(check, "latent"),
                      "a full covariance of %lld latents has too many entries; at most "
                      "%d, or 'covariance: diagonal'",
                      (long long)b->latent, SL_FULL_MOST);
}

static void
check(const void *config, const struct sl_check *check)
{
    const struct config *c = config;
    size_t errors = check->report->errors;
    struct sl_variational v;
    struct sl_error err;

    sl_fit_check(&c->fit, check);
    sl_dense_block_check(&c->bound.block, c->fit.batch_size, check);
    check_words(c, check);
    if (c->bound.activation.row && check->report->errors == errors && check->schema &&
        check->schema->d &&
        sl_variational_build(&v, &c->bound, check->schema->d, is_float64(c), check->arena,
                             &err))
        sl_report_add(check->report, SL_ERROR,
                      err.mark.line ? err.mark : sl_check_mark(check, "encoder"), "%s",
                      err.text);
    if (check->report->errors == errors)
        check_latent(c, check);
}

static void
estimate(const void *config, const struct sl_schema *schema, struct sl_demand *estimate)
{
    const struct config *c = config;
    size_t rows = (size_t)c->fit.batch_size;
    struct sl_variational v;
    struct sl_arena arena;
    struct sl_error ignored;

    sl_arena_init(&arena);
    if (sl_variational_build(&v, &c->bound, schema->d, is_float64(c), &arena, &ignored) ==
        SL_OK) {
        estimate->bytes =
            sl_network_bytes(&v.encoder, rows) + sl_network_bytes(&v.decoder, rows);
        sl_fit_estimate(&c->fit, schema, v.parameters, estimate);
    }
    sl_arena_release(&arena);
}

const struct sl_module train_variational_autoencoder = {
    .entry = {.name = "variational-autoencoder",
              .summary = "a latent variable model of dense layers that raises a bound of "
                         "the likelihood",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .inputs = inputs,
    .outputs = outputs,
    .results = results,
    .model = &autoencoder_class,
    .draws = SL_DRAWS,
    .check = check,
    .estimate = estimate,
    .run = run,
};
