/* SPDX-License-Identifier: MIT */
/*
 * A normalizing flow: an invertible map from rows to a base distribution, whose layers
 * state their log-determinants, so that ln p(x) = ln p_Z(z) + ln |det dz/dx| (Rezende and
 * Mohamed 2015). It learns by maximum likelihood; the loss of a row is -ln p(x) in nats, in
 * the units of the rows.
 *
 * Its parameters are layers.I.NAME, I from 0. Training has a precision; everything that is
 * asked of the model afterwards is computed in float64 with those parameters.
 */
#include <math.h>
#include <string.h>

#include "modules/learn/fit.h"
#include "modules/learn/flow_gradient.h"
#include "modules/learn/flow_points.h"
#include "modules/learn/flow_record.h"
#include "modules/learn/moments.h"
#include "modules/learn/network.h"
#include "runner/pipeline/stage.h"

extern const struct sl_module train_flow;

enum { NORMAL };
static const char *const bases[] = {"normal", NULL};

struct config {
    struct sl_choice_list layers;
    int base;
    struct sl_double_list domain;
    struct sl_choice_list preprocess;
    struct sl_fit_config fit;
};

static const struct sl_field fields[] = {
    SL_FIELD(struct config, layers, struct sl_choice_list, SL_TYPE_CHOICE_LIST,
             .flags = SL_REQUIRED, .table = SL_FLOW_LAYER,
             .help = "invertible layers, from the rows to the base"),
    SL_WORD(struct config, base, NORMAL, bases, "distribution of z: standard normal"),
    SL_FIELD(struct config, domain, struct sl_double_list, SL_TYPE_DOUBLE_LIST,
             .low = -1e300, .high = 1e300, .text = "[]",
             .help = "[low, high] of each dimension in figures of the density; if empty, "
                     "the range of the training rows and a fifth more on either side"),
    SL_PREPROCESS_FIELD(struct config, preprocess),
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
    {.name = "model", .type = SL_PORT_MODEL, .help = "the trained flow"},
    SL_PORT_END,
};

static const struct sl_result results[] = {
    SL_FIT_RESULTS("nats"),
    {"parameters", SL_RESULT_METRIC, NULL, "numbers that were learned"},
    {"bits_per_dimension_{monitor}", SL_RESULT_METRIC, "bit",
     "loss of a monitored split of images, for values before they were scaled"},
    SL_FLOW_RECORD_RESULTS,
    SL_RESULT_END,
};

static enum sl_status
build(struct sl_network *network, const struct config *c, size_t d, bool f64,
      struct sl_arena *arena, struct sl_error *err)
{
    sl_network_init(network, arena, d, f64);
    for (size_t i = 0; i < c->layers.n; i++) {
        const char *name = sl_arena_format(arena, "layers.%zu", i);
        if (sl_network_add(network, name, &c->layers.at[i], err)) {
            if (!err->mark.line)
                err->mark = c->layers.at[i].mark;
            return err->status;
        }
    }
    return SL_OK;
}

static void
estimate(const void *config, const struct sl_schema *schema, struct sl_demand *estimate)
{
    const struct config *c = config;
    bool f64 = c->fit.precision == SL_FLOAT64_PRECISION;
    struct sl_network network;
    struct sl_arena arena;
    struct sl_error ignored;

    sl_arena_init(&arena);
    if (build(&network, c, schema->d, f64, &arena, &ignored) == SL_OK) {
        estimate->bytes = sl_flow_gradient_bytes(&network, (size_t)c->fit.batch_size);
        sl_fit_estimate(&c->fit, schema, network.parameters, estimate);
    }
    sl_arena_release(&arena);
}

/* ---- the model ---------------------------------------------------------------------- */

struct flow {
    struct sl_network network; /* float64 */
    double *theta;
};

static enum sl_status
open(struct sl_model *model, struct sl_arena *arena, struct sl_error *err)
{
    struct flow *f = SL_NEW(arena, struct flow);

    SL_TRY(build(&f->network, model->config, model->d, true, arena, err));
    f->theta = sl_arena_array(arena, f->network.parameters + 1, sizeof *f->theta);
    if (!f->theta)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu parameters",
                       f->network.parameters);
    SL_TRY(sl_network_unpack(&f->network, model->parameters, f->theta, err));
    model->state = f;
    return SL_OK;
}

/* In place of ln p(x): minus it. */
static void
chunk_losses(void *context, const struct sl_network_chunk *chunk)
{
    double *out = (double *)context + chunk->first;
    const double *log_p = chunk->log_p;

    for (size_t i = 0; i < chunk->n; i++)
        out[i] = -log_p[i];
}

static void
chunk_losses_f32(void *context, const struct sl_network_chunk *chunk)
{
    double *out = (double *)context + chunk->first;
    const float *log_p = chunk->log_p;

    for (size_t i = 0; i < chunk->n; i++)
        out[i] = -(double)log_p[i];
}

static enum sl_status
score(const struct sl_model *model, struct sl_step *step, const struct sl_rows *rows,
      size_t kind, double *out, struct sl_error *err)
{
    const struct flow *f = model->state;

    (void)kind;
    return sl_network_map(&f->network, f->theta, rows, sl_step_pool(step), chunk_losses,
                          out, err);
}

/* ---- over points -------------------------------------------------------------------- */

static struct sl_flow_points
points_of(const struct sl_model *model, struct sl_pool *pool, size_t n)
{
    const struct flow *f = model->state;

    return (struct sl_flow_points){&f->network, f->theta, pool, n};
}

static enum sl_status
log_density(const struct sl_model *model, struct sl_pool *pool, size_t n, const double *x,
            double *log_p, struct sl_error *err)
{
    struct sl_flow_points points = points_of(model, pool, n);

    return sl_flow_density(&points, x, log_p, err);
}

static enum sl_status
forward(const struct sl_model *model, struct sl_pool *pool, size_t n, const double *x,
        double *z, double *log_det, struct sl_error *err)
{
    struct sl_flow_points points = points_of(model, pool, n);

    return sl_flow_forward(&points, x, z, log_det, err);
}

static enum sl_status
inverse(const struct sl_model *model, struct sl_pool *pool, size_t n, const double *z,
        double *x, struct sl_error *err)
{
    struct sl_flow_points points = points_of(model, pool, n);

    return sl_flow_inverse(&points, z, x, err);
}

static enum sl_status
draw(const struct sl_model *model, struct sl_pool *pool, const struct sl_stream *stream,
     size_t n, double *x, struct sl_error *err)
{
    struct sl_flow_points points = points_of(model, pool, n);

    return sl_flow_draw(&points, stream, x, err);
}

static const struct sl_score_kind scores[] = {
    {"negative-log-likelihood", "nats", "-ln p(x), in the units of the rows"},
    SL_SCORE_END,
};

static const struct sl_model_class flow_class = {
    .scores = scores,
    .densities = 1,
    .open = open,
    .score = score,
    .log_density = log_density,
    .forward = forward,
    .inverse = inverse,
    .draw = draw,
};

/* ---- training ----------------------------------------------------------------------- */

struct learning {
    const struct config *config;
    struct sl_step *step;
    struct sl_network network;
    struct sl_flow_gradient gradient;
    struct sl_network_room room; /* for losses */
    struct sl_stream stream;
    void *start;          /* the parameters it begins with */
    void *log_p, *dlog_p; /* batch_size */
};

static void
init(void *context, void *theta)
{
    const struct learning *l = context;

    memcpy(theta, l->start, l->network.parameters * sl_network_real(&l->network));
}

/* Sums that run beside each other, so that none waits for the other; their number is part
 * of the result. */
enum { LANES = 8 };

#define DEFINE_MEAN(real, name)                                                          \
    SL_CLONES static double name(size_t n, const real *restrict x)                       \
    {                                                                                    \
        double sums[LANES] = {0}, sum = 0;                                               \
        size_t whole = n - n % LANES;                                                    \
        for (size_t first = 0; first < whole; first += LANES)                            \
            for (size_t i = 0; i < LANES; i++)                                           \
                sums[i] += (double)x[first + i];                                         \
        for (size_t i = whole; i < n; i++)                                               \
            sums[i - whole] += (double)x[i];                                             \
        for (size_t i = 0; i < LANES; i++)                                               \
            sum += sums[i];                                                              \
        return sum / (double)n;                                                          \
    }
DEFINE_MEAN(float, mean_f32)
DEFINE_MEAN(double, mean_f64)
#undef DEFINE_MEAN

/* By ln p of each row, of the loss, -mean ln p. */
static void
fill_dlog_p(const struct learning *l, size_t n)
{
    const double share = -1 / (double)n;

    for (size_t i = 0; i < n; i++) {
        if (l->network.f64)
            ((double *)l->dlog_p)[i] = share;
        else
            ((float *)l->dlog_p)[i] = (float)share;
    }
}

static double
gradient(void *context, const struct sl_fit_batch *batch, const void *theta, void *dtheta)
{
    struct learning *l = context;
    struct sl_network_pass pass = {
        .n = batch->n,
        .x = batch->x,
        .theta = theta,
        .training = true,
        .density = true,
        .iteration = batch->iteration,
        .stream = l->stream,
        .pool = sl_step_pool(l->step),
        .log_det = l->log_p,
        .dlog_det = l->dlog_p,
    };

    fill_dlog_p(l, batch->n);
    sl_flow_gradient(&l->gradient, &pass, dtheta);
    return -(l->network.f64 ? mean_f64(batch->n, l->log_p)
                            : mean_f32(batch->n, l->log_p));
}

static enum sl_status
reserve(void *context, const struct sl_room_for *most, struct sl_error *err)
{
    struct learning *l = context;

    return sl_network_room_new(&l->room, &l->network, most, sl_step_arena(l->step), err);
}

static void
learner_losses(void *context, struct sl_pool *pool, const struct sl_rows *rows,
               const void *theta, double *out)
{
    const struct learning *l = context;

    sl_network_map_in(&l->room, theta, rows, pool,
                      l->network.f64 ? chunk_losses : chunk_losses_f32, out);
}

/* Numbers that layers may look at to set themselves: all rows of small data. */
#define SETTLE_NUMBERS ((size_t)1 << 20)
#define SETTLE_ROWS 1024

static enum sl_status
settle(struct learning *l, const struct sl_dataset *data, struct sl_error *err)
{
    const struct sl_split *split = sl_dataset_split(data, SL_FIT_SPLIT);
    size_t most = SETTLE_NUMBERS / data->d;
    struct sl_arena arena;
    enum sl_status status;
    size_t n;
    void *x;

    if (!split || !sl_network_settles(&l->network))
        return SL_OK;
    most = most > SETTLE_ROWS ? most : SETTLE_ROWS;
    n = split->n < most ? split->n : most;
    sl_arena_init(&arena);
    x = sl_arena_array(&arena, n, data->d * sl_network_real(&l->network));
    if (x && l->network.f64)
        sl_rows_gather_f64(data, split->rows, n, x);
    else if (x)
        sl_rows_gather_f32(data, split->rows, n, x);
    status =
        x ? sl_network_settle(&l->network, n, x, sl_step_pool(l->step), l->start, err)
          : sl_fail(err, SL_ERR_MEMORY, "no memory for %zu rows", n);
    sl_arena_release(&arena);
    return status;
}

static enum sl_status
prepare(struct learning *l, const struct sl_dataset *data, struct sl_error *err)
{
    struct sl_arena *arena = sl_step_arena(l->step);
    size_t batch_size = (size_t)l->config->fit.batch_size, size;
    struct sl_stream weights = sl_step_stream(l->step, "weights");
    bool f64 = l->config->fit.precision == SL_FLOAT64_PRECISION;

    SL_TRY(build(&l->network, l->config, data->d, f64, arena, err));
    SL_TRY(sl_flow_gradient_new(&l->gradient, &l->network, batch_size, arena, err));
    size = sl_network_real(&l->network);
    l->start = sl_arena_array(arena, l->network.parameters + 1, size);
    l->log_p = sl_arena_array(arena, batch_size, size);
    l->dlog_p = sl_arena_array(arena, batch_size, size);
    if (!l->start || !l->log_p || !l->dlog_p)
        return sl_fail(err, SL_ERR_MEMORY,
                       "no memory for %zu parameters and batches of %zu",
                       l->network.parameters, batch_size);
    l->stream = sl_step_stream(l->step, "layers");
    sl_network_start(&l->network, &weights, l->start);
    return settle(l, data, err);
}

/* ---- what is recorded --------------------------------------------------------------- */

/* A density of x = v / scale is scale^d times as high as that of the values v. */
static double
bits_per_dimension(double loss, const struct sl_dataset *data)
{
    return loss / ((double)data->d * log(2)) + log2(data->scale);
}

static enum sl_status
record_bits(struct sl_step *step, const struct sl_model *model,
            const struct sl_dataset *data, const char *name, struct sl_error *err)
{
    const struct sl_split *split = sl_dataset_split(data, name);
    struct sl_rows rows = {data, split->rows, split->n};
    double *losses = sl_arena_array(sl_step_arena(step), split->n, sizeof *losses);

    if (!losses)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu losses", split->n);
    SL_TRY(score(model, step, &rows, 0, losses, err));
    sl_metric(step, sl_arena_format(sl_step_arena(step), "bits_per_dimension_%s", name),
              bits_per_dimension(sl_mean(losses, split->n), data));
    return SL_OK;
}

static enum sl_status
record(struct sl_step *step, struct sl_model *model, const struct sl_dataset *data,
       struct sl_error *err)
{
    const struct config *c = model->config;

    SL_TRY(open(model, sl_step_arena(step), err));
    for (size_t i = 0; data->height && i < c->fit.monitor.n; i++)
        SL_TRY(record_bits(step, model, data, c->fit.monitor.at[i], err));
    return sl_flow_record(step, model, data, c->domain.n ? c->domain.at : NULL, err);
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
                                 .losses = learner_losses,
                                 .apart = true};
    struct sl_bundle parameters;
    struct sl_model model = {
        .module = &train_flow,
        .config = config,
        .d = data->d,
        .height = data->height,
        .width = data->width,
        .scale = data->scale,
        .parameters = &parameters,
    };
    void *theta = NULL;

    SL_TRY(prepare(&l, data, err));
    learner.parameters = l.network.parameters;
    sl_network_decayed(&l.network, 0, &learner.decayed);
    SL_TRY(sl_fit(step, &c->fit, data, &learner, &theta, err));
    sl_metric(step, "parameters", (double)l.network.parameters);
    sl_bundle_init(&parameters, sl_step_arena(step));
    SL_TRY(sl_network_pack(&l.network, theta, &parameters, err));
    SL_TRY(record(step, &model, data, err));
    return sl_output_model(step, &parameters, err);
}

/* ---- what can be told before -------------------------------------------------------- */

/* True if there are some, and all of them are known. */
static bool
check_layers(const struct config *c, const struct sl_check *check)
{
    bool whole = check->schema && check->schema->whole;

    for (size_t i = 0; i < c->layers.n; i++) {
        const struct sl_choice *choice = &c->layers.at[i];
        const struct sl_layer_class *class;
        if (!choice->row)
            return false;
        class = (const struct sl_layer_class *)choice->row->as[0];
        whole &= !class->dequantises;
    }
    if (c->layers.n == 0)
        sl_report_add(check->report, SL_ERROR, sl_check_mark(check, "layers"),
                      "'layers' is empty; a flow has at least one");
    else if (whole)
        sl_report_add(check->report, SL_WARNING, sl_check_mark(check, "layers"),
                      "the data are whole numbers and no layer dequantises them: their "
                      "density has no bound");
    return c->layers.n > 0;
}

static void
check_domain(const struct config *c, const struct sl_check *check)
{
    const struct sl_double_list *domain = &c->domain;

    if (domain->n != 0 && !(domain->n == 2 && domain->at[0] < domain->at[1]))
        sl_report_add(check->report, SL_ERROR, sl_check_mark(check, "domain"),
                      "'domain' is two numbers, [low, high], low below high");
}

static void
check(const void *config, const struct sl_check *check)
{
    const struct config *c = config;
    struct sl_network network;
    struct sl_error err = {0};

    sl_fit_check(&c->fit, check);
    check_domain(c, check);
    if (check_layers(c, check) && check->schema && check->schema->d &&
        build(&network, c, check->schema->d, true, check->arena, &err))
        sl_report_add(check->report, SL_ERROR, err.mark, "%s", err.text);
}

const struct sl_module train_flow = {
    .entry = {.name = "flow",
              .summary = "a normalizing flow: a density, learned by maximum likelihood",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .inputs = inputs,
    .outputs = outputs,
    .results = results,
    .model = &flow_class,
    .draws = SL_DRAWS,
    .check = check,
    .estimate = estimate,
    .run = run,
};
