/* SPDX-License-Identifier: MIT */
/*
 * Autoencoder: a network that is to give back its input through a narrow code. What it
 * gives back badly is unlike what it learned from.
 *
 * Its parameters are encoder.I.weight (out x in) and encoder.I.bias of each layer from 0,
 * then decoder.I.weight and decoder.I.bias, with weight, bias, running_mean and
 * running_variance of a normalisation between them; a tied decoder has no weights. The file
 * `start` holds them in that order.
 * Behind them stand those of modules/learn/latent.h.
 */
#include "modules/learn/autoencoder.h"
#include "modules/learn/latent.h"
#include "runner/store/graph.h"

struct config {
    struct sl_autoencoder_config network;
    struct sl_choice_list preprocess;
    struct sl_fit_config fit;
};

static const struct sl_field fields[] = {
    SL_INCLUDE(struct config, network, struct sl_autoencoder_config,
               sl_autoencoder_fields),
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
    {.name = "model", .type = SL_PORT_MODEL, .help = "the trained autoencoder"},
    SL_PORT_END,
};

static const struct sl_result results[] = {
    SL_FIT_RESULTS(NULL),
    {"parameters", SL_RESULT_METRIC, NULL, "numbers that were learned"},
    SL_RESULT_END,
};

static bool
is_float64(const struct config *c)
{
    return c->fit.precision == SL_FLOAT64_PRECISION;
}

/* ---- the model ---------------------------------------------------------------------- */

struct model {
    struct sl_autoencoder a;
    void *theta;
    struct sl_latent *latent; /* NULL: the model was stored without */
};

static enum sl_status
open(struct sl_model *model, struct sl_arena *arena, struct sl_error *err)
{
    const struct config *c = model->config;
    struct model *m = SL_NEW(arena, struct model);
    const struct sl_network *network = &m->a.network;

    SL_TRY(sl_autoencoder_build(&m->a, &c->network, model->d, is_float64(c), arena, err));
    m->theta = sl_arena_array(arena, network->parameters, sl_network_real(network));
    if (!m->theta)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu parameters",
                       network->parameters);
    SL_TRY(sl_network_unpack(network, model->parameters, m->theta, err));
    model->state = m;
    return sl_latent_load(model, m->a.encoder.out, arena, &m->latent, err);
}

static struct sl_autoencoder_map
map_of(const struct sl_model *model, struct sl_step *step)
{
    const struct model *m = model->state;

    return (struct sl_autoencoder_map){&m->a, m->theta, sl_step_pool(step)};
}

/* *out: rows->n codes, in the step's memory. */
static enum sl_status
encode(const struct sl_autoencoder_map *map, struct sl_step *step,
       const struct sl_rows *rows, double **out, struct sl_error *err)
{
    *out = sl_arena_array(sl_step_arena(step), rows->n,
                          map->a->encoder.out * sizeof(double));
    if (!*out)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu codes", rows->n);
    return sl_autoencoder_codes(map, rows, *out, err);
}

static enum sl_status
latent_distance(const struct sl_model *model, struct sl_step *step,
                const struct sl_rows *rows, double *out, struct sl_error *err)
{
    const struct model *m = model->state;
    struct sl_autoencoder_map map = map_of(model, step);
    double *codes = NULL;

    if (!m->latent)
        return sl_fail(err, SL_ERR_SHAPE,
                       "the model was stored without the statistics of its codes");
    SL_TRY(encode(&map, step, rows, &codes, err));
    return sl_latent_distances(m->latent, map.pool, rows->n, codes, out, err);
}

static enum sl_status
sum(const struct sl_model *model, struct sl_step *step, const struct sl_rows *rows,
    double *out, struct sl_error *err)
{
    const struct model *m = model->state;
    struct sl_autoencoder_map map = map_of(model, step);
    double *distances = sl_arena_array(sl_step_arena(step), rows->n, sizeof *distances);

    if (!distances)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu scores", rows->n);
    SL_TRY(latent_distance(model, step, rows, distances, err));
    SL_TRY(sl_autoencoder_losses(&map, rows, out, err));
    for (size_t i = 0; i < rows->n; i++)
        out[i] = sl_latent_sum(m->latent, out[i], distances[i]);
    return SL_OK;
}

enum { RECONSTRUCTION, LATENT_DISTANCE, SUM };
static const struct sl_score_kind scores[] = {
    [RECONSTRUCTION] = {"reconstruction", NULL,
                        "the chosen loss between a row and what the model makes of it"},
    [LATENT_DISTANCE] = {"latent-distance", "standard deviations",
                         "Mahalanobis distance of the code among the training rows'"},
    [SUM] = {"sum", "standard deviations",
             "of the two, each less its mean over its deviation"},
    SL_SCORE_END,
};

/* That by reconstruction is the loss that the network was trained for. */
static enum sl_status
score(const struct sl_model *model, struct sl_step *step, const struct sl_rows *rows,
      size_t kind, double *out, struct sl_error *err)
{
    struct sl_autoencoder_map map = map_of(model, step);

    switch (kind) {
    case LATENT_DISTANCE:
        return latent_distance(model, step, rows, out, err);
    case SUM:
        return sum(model, step, rows, out, err);
    default:
        return sl_autoencoder_losses(&map, rows, out, err);
    }
}

static enum sl_status
explain(const struct sl_model *model, struct sl_step *step, const struct sl_rows *rows,
        size_t kind, double *out, struct sl_error *err)
{
    struct sl_autoencoder_map map = map_of(model, step);

    (void)kind;
    return sl_autoencoder_parts(&map, rows, out, err);
}

static enum sl_status
reconstruct(const struct sl_model *model, struct sl_step *step,
            const struct sl_rows *rows, float *out, struct sl_error *err)
{
    struct sl_autoencoder_map map = map_of(model, step);

    return sl_autoencoder_images(&map, rows, out, err);
}

static void
graph(const struct sl_model *model, size_t kind, struct sl_graph *graph, const char *x)
{
    const struct model *m = model->state;
    const struct sl_choice *loss = &m->a.config->loss;
    enum sl_dtype type = m->a.network.f64 ? SL_F64 : SL_F32;
    struct sl_network rest = m->a.network;
    const char *in, *compared, *y;

    if (kind != RECONSTRUCTION) {
        sl_graph_refuse(graph, "the score '%s' has no form in ONNX", scores[kind].name);
        return;
    }
    in = sl_graph_cast(graph, x, type);
    compared = sl_network_graph(&m->a.compared, m->theta, graph, in);
    rest.layers += m->a.compared.n;
    rest.n -= m->a.compared.n;
    y = compared ? sl_network_graph(&rest, m->theta, graph, compared) : NULL;
    if (y && !m->a.loss->graph)
        y = sl_graph_refuse(graph, "loss '%s' has no form in ONNX",
                            loss->row->as[0]->name);
    if (!y)
        return;
    sl_graph_output(graph,
                    m->a.loss->graph(loss->config, graph,
                                     sl_graph_cast(graph, compared, SL_F64),
                                     sl_graph_cast(graph, in, SL_F64)),
                    &(struct sl_graph_value){"score", SL_F64, 0, m->a.loss->help});
    sl_graph_output(graph, y,
                    &(struct sl_graph_value){"reconstruction", type, model->d,
                                             "what the network makes of each row"});
}

static const struct sl_model_class autoencoder_class = {
    .scores = scores,
    .open = open,
    .score = score,
    .explain = explain,
    .explained = 1 << RECONSTRUCTION,
    .graph = graph,
    .reconstruct = reconstruct,
};

/* ---- training ----------------------------------------------------------------------- */

/* Some of the training rows, spread evenly. */
static struct sl_rows
some_rows(const struct sl_dataset *data, struct sl_arena *arena)
{
    const struct sl_split *split = sl_dataset_split(data, SL_FIT_SPLIT);
    size_t n = split->n < SL_LATENT_ROWS ? split->n : SL_LATENT_ROWS;
    uint32_t *ids = sl_arena_alloc(arena, n * sizeof *ids);

    for (size_t i = 0; i < n; i++)
        ids[i] = split->rows[i * split->n / n];
    return (struct sl_rows){data, ids, n};
}

/* The statistics of codes and losses that the scores beside reconstruction need. */
static enum sl_status
add_latent(const struct sl_autoencoder_learning *l, const struct sl_dataset *data,
           const void *theta, struct sl_bundle *parameters, struct sl_error *err)
{
    struct sl_arena *arena = sl_step_arena(l->step);
    struct sl_autoencoder_map map = {&l->a, theta, sl_step_pool(l->step)};
    struct sl_rows rows = some_rows(data, arena);
    double *missed = sl_arena_array(arena, rows.n, sizeof *missed), *codes = NULL;

    if (!missed)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu losses", rows.n);
    SL_TRY(encode(&map, l->step, &rows, &codes, err));
    SL_TRY(sl_autoencoder_losses(&map, &rows, missed, err));
    return sl_latent_fit(rows.n, l->a.encoder.out, codes, missed, parameters, err);
}

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;
    const struct sl_dataset *data = sl_input_dataset(step, "data");
    struct sl_autoencoder_learning l = {.step = step};
    struct sl_learner learner;
    struct sl_bundle parameters;
    void *theta = NULL;

    SL_TRY(sl_autoencoder_build(&l.a, &c->network, data->d, is_float64(c),
                                sl_step_arena(step), err));
    SL_TRY(sl_autoencoder_check_rows(&l.a, data, err));
    SL_TRY(sl_autoencoder_learn(&l, (size_t)c->fit.batch_size, &learner, err));
    SL_TRY(sl_fit(step, &c->fit, data, &learner, &theta, err));
    sl_metric(step, "parameters", (double)l.a.network.parameters);
    sl_bundle_init(&parameters, sl_step_arena(step));
    SL_TRY(sl_network_pack(&l.a.network, theta, &parameters, err));
    SL_TRY(add_latent(&l, data, theta, &parameters, err));
    return sl_output_model(step, &parameters, err);
}

/* ---- what can be told before -------------------------------------------------------- */

static void
check(const void *config, const struct sl_check *check)
{
    const struct config *c = config;

    sl_fit_check(&c->fit, check);
    sl_dense_block_check(&c->network.block, c->fit.batch_size, check);
    sl_autoencoder_check(&c->network, is_float64(c), check);
}

static void
estimate(const void *config, const struct sl_schema *schema, struct sl_demand *estimate)
{
    const struct config *c = config;
    struct sl_autoencoder a;
    struct sl_arena arena;
    struct sl_error ignored;

    sl_arena_init(&arena);
    if (sl_autoencoder_build(&a, &c->network, schema->d, is_float64(c), &arena,
                             &ignored) == SL_OK) {
        estimate->bytes = sl_network_bytes(&a.network, (size_t)c->fit.batch_size);
        sl_fit_estimate(&c->fit, schema, a.network.parameters, estimate);
    }
    sl_arena_release(&arena);
}

const struct sl_module train_autoencoder = {
    .entry = {.name = "autoencoder",
              .summary = "an autoencoder of dense layers, trained by minibatches",
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
