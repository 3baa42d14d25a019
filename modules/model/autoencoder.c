/* SPDX-License-Identifier: MIT */
/*
 * Autoencoder: a network that is to give back its input through a narrow code. What it
 * gives back badly is unlike what it learned from.
 *
 * Its parameters are encoder.I.weight (out x in) and encoder.I.bias of each layer from 0,
 * then decoder.I.weight and decoder.I.bias; the file `start` holds them in that order.
 * Behind them stand those of modules/learn/latent.h.
 */
#include "modules/learn/fit.h"
#include "modules/learn/latent.h"
#include "modules/learn/loss.h"
#include "modules/learn/network.h"
#include "runner/pipeline/stage.h"
#include "runner/store/graph.h"

struct config {
    struct sl_int_list encoder, decoder;
    struct sl_choice activation, output, loss;
    struct sl_choice_list preprocess;
    struct sl_fit_config fit;
};

static const struct sl_field fields[] = {
    SL_FIELD(struct config, encoder, struct sl_int_list, SL_TYPE_INT_LIST,
             .flags = SL_REQUIRED, .low = 1, .high = 1e6,
             .help = "widths of the encoder's layers; the last is the code"),
    SL_FIELD(struct config, decoder, struct sl_int_list, SL_TYPE_INT_LIST, .low = 1,
             .high = 1e6,
             .help = "widths of the decoder's hidden layers; if empty, the encoder's in "
                     "reverse, without the code"),
    SL_CHOICE(struct config, activation, "relu", SL_LAYER,
              "after each hidden layer and after the code"),
    SL_CHOICE(struct config, output, "sigmoid", SL_LAYER, "after the last layer"),
    SL_CHOICE(struct config, loss, "mse", SL_LOSS, "between a row and its image"),
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

/* ---- the network -------------------------------------------------------------------- */

/* A dense layer and what follows it, as PART.I and PART.I.NAME. */
static enum sl_status
add_block(struct sl_network *network, const char *part, size_t i, int64_t units,
          const struct sl_choice *after, struct sl_error *err)
{
    const char *name = sl_arena_format(network->arena, "%s.%zu", part, i);
    const char *next =
        sl_arena_format(network->arena, "%s.%s", name, after->row->as[0]->name);

    SL_TRY(sl_network_add_units(network, name, "dense", units, err));
    return sl_network_add(network, next, after, err);
}

/* Hidden layers of the decoder. */
static size_t
decoder_depth(const struct config *c)
{
    return c->decoder.n > 0 ? c->decoder.n : c->encoder.n - 1;
}

static int64_t
decoder_width(const struct config *c, size_t i)
{
    return c->decoder.n > 0 ? c->decoder.at[i] : c->encoder.at[c->encoder.n - 2 - i];
}

/* Its parameters are the first of the whole network's. */
static enum sl_status
build_encoder(struct sl_network *network, const struct config *c, size_t d,
              struct sl_arena *arena, struct sl_error *err)
{
    sl_network_init(network, arena, d, c->fit.precision == SL_FLOAT64_PRECISION);
    for (size_t i = 0; i < c->encoder.n; i++)
        SL_TRY(add_block(network, "encoder", i, c->encoder.at[i], &c->activation, err));
    return SL_OK;
}

static enum sl_status
build(struct sl_network *network, const struct config *c, size_t d,
      struct sl_arena *arena, struct sl_error *err)
{
    size_t hidden = decoder_depth(c);

    SL_TRY(build_encoder(network, c, d, arena, err));
    for (size_t i = 0; i < hidden; i++)
        SL_TRY(
            add_block(network, "decoder", i, decoder_width(c, i), &c->activation, err));
    return add_block(network, "decoder", hidden, (int64_t)d, &c->output, err);
}

static const struct sl_loss_class *
loss_class(const struct config *c)
{
    bool f64 = c->fit.precision == SL_FLOAT64_PRECISION;

    return (const struct sl_loss_class *)c->loss.row->as[f64];
}

static void
estimate(const void *config, const struct sl_schema *schema, struct sl_demand *estimate)
{
    const struct config *c = config;
    struct sl_network network;
    struct sl_arena arena;
    struct sl_error ignored;

    sl_arena_init(&arena);
    if (build(&network, c, schema->d, &arena, &ignored) == SL_OK) {
        estimate->bytes = sl_network_bytes(&network, (size_t)c->fit.batch_size);
        sl_fit_estimate(&c->fit, schema, network.parameters, estimate);
    }
    sl_arena_release(&arena);
}

/* ---- the model ---------------------------------------------------------------------- */

struct autoencoder {
    struct sl_network network, encoder;
    void *theta;
    struct sl_latent *latent; /* NULL: the model was stored without */
};

static enum sl_status
open(struct sl_model *model, struct sl_arena *arena, struct sl_error *err)
{
    struct autoencoder *a = SL_NEW(arena, struct autoencoder);

    SL_TRY(build(&a->network, model->config, model->d, arena, err));
    a->theta = sl_arena_array(arena, a->network.parameters, sl_network_real(&a->network));
    if (!a->theta)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu parameters",
                       a->network.parameters);
    SL_TRY(sl_network_unpack(&a->network, model->parameters, a->theta, err));
    SL_TRY(build_encoder(&a->encoder, model->config, model->d, arena, err));
    model->state = a;
    return sl_latent_load(model, a->encoder.out, arena, &a->latent, err);
}

struct losses {
    const struct config *config;
    size_t d;
    double *out;
};

static void
chunk_losses(void *context, const struct sl_network_chunk *chunk)
{
    const struct losses *l = context;
    struct sl_comparison comparison = {
        .n = chunk->n,
        .d = l->d,
        .y = chunk->y,
        .target = chunk->x,
        .rows = l->out + chunk->first,
    };

    loss_class(l->config)->compare(l->config->loss.config, &comparison);
}

/* The score is the loss that the network was trained for, so one function serves both. */
static enum sl_status
reconstruction(const struct sl_model *model, struct sl_step *step,
               const struct sl_rows *rows, double *out, struct sl_error *err)
{
    const struct autoencoder *a = model->state;
    struct losses losses = {model->config, model->d, out};

    return sl_network_map(&a->network, a->theta, rows, sl_step_pool(step), chunk_losses,
                          &losses, err);
}

struct codes {
    const struct sl_network *encoder;
    double *out; /* n x encoder->out */
};

static void
chunk_codes(void *context, const struct sl_network_chunk *chunk)
{
    const struct codes *codes = context;
    size_t d = codes->encoder->out;
    double *out = codes->out + chunk->first * d;

    for (size_t i = 0; i < chunk->n * d; i++)
        out[i] = codes->encoder->f64 ? ((const double *)chunk->y)[i]
                                     : (double)((const float *)chunk->y)[i];
}

static enum sl_status
encode(const struct sl_network *encoder, const void *theta, struct sl_step *step,
       const struct sl_rows *rows, double **out, struct sl_error *err)
{
    struct codes codes = {encoder, sl_arena_array(sl_step_arena(step), rows->n,
                                                  encoder->out * sizeof(double))};

    if (!codes.out)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu codes", rows->n);
    *out = codes.out;
    return sl_network_map(encoder, theta, rows, sl_step_pool(step), chunk_codes, &codes,
                          err);
}

static enum sl_status
latent_distance(const struct sl_model *model, struct sl_step *step,
                const struct sl_rows *rows, double *out, struct sl_error *err)
{
    const struct autoencoder *a = model->state;
    double *codes = NULL;

    if (!a->latent)
        return sl_fail(err, SL_ERR_SHAPE,
                       "the model was stored without the statistics of its codes");
    SL_TRY(encode(&a->encoder, a->theta, step, rows, &codes, err));
    return sl_latent_distances(a->latent, sl_step_pool(step), rows->n, codes, out, err);
}

static enum sl_status
sum(const struct sl_model *model, struct sl_step *step, const struct sl_rows *rows,
    double *out, struct sl_error *err)
{
    const struct autoencoder *a = model->state;
    double *distances = sl_arena_array(sl_step_arena(step), rows->n, sizeof *distances);

    if (!distances)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu scores", rows->n);
    SL_TRY(latent_distance(model, step, rows, distances, err));
    SL_TRY(reconstruction(model, step, rows, out, err));
    for (size_t i = 0; i < rows->n; i++)
        out[i] = sl_latent_sum(a->latent, out[i], distances[i]);
    return SL_OK;
}

enum { RECONSTRUCTION, LATENT_DISTANCE, SUM };
static const struct sl_score_kind scores[] = {
    [RECONSTRUCTION] = {"reconstruction", NULL,
                        "loss between a row and what the model makes of it"},
    [LATENT_DISTANCE] = {"latent-distance", "standard deviations",
                         "Mahalanobis distance of the code among the training rows'"},
    [SUM] = {"sum", "standard deviations",
             "of the two, each less its mean over its deviation"},
    SL_SCORE_END,
};

static enum sl_status
score(const struct sl_model *model, struct sl_step *step, const struct sl_rows *rows,
      size_t kind, double *out, struct sl_error *err)
{
    switch (kind) {
    case LATENT_DISTANCE:
        return latent_distance(model, step, rows, out, err);
    case SUM:
        return sum(model, step, rows, out, err);
    default:
        return reconstruction(model, step, rows, out, err);
    }
}

struct parts {
    const struct config *config;
    size_t d;
    double *out;
};

/* A loss that is a mean over the columns, taken for each of them alone. */
static void
chunk_parts(void *context, const struct sl_network_chunk *chunk)
{
    const struct parts *p = context;
    size_t count = chunk->n * p->d;
    double *out = p->out + chunk->first * p->d;
    struct sl_comparison comparison = {
        .n = count, .d = 1, .y = chunk->y, .target = chunk->x, .rows = out};

    loss_class(p->config)->compare(p->config->loss.config, &comparison);
    for (size_t i = 0; i < count; i++)
        out[i] /= (double)p->d;
}

static enum sl_status
explain(const struct sl_model *model, struct sl_step *step, const struct sl_rows *rows,
        size_t kind, double *out, struct sl_error *err)
{
    const struct autoencoder *a = model->state;
    struct parts parts = {model->config, model->d, out};

    (void)kind;
    return sl_network_map(&a->network, a->theta, rows, sl_step_pool(step), chunk_parts,
                          &parts, err);
}

struct images {
    const struct sl_network *network;
    float *out;
};

static void
chunk_images(void *context, const struct sl_network_chunk *chunk)
{
    const struct images *images = context;
    size_t d = images->network->out;
    float *out = images->out + chunk->first * d;

    for (size_t i = 0; i < chunk->n * d; i++)
        out[i] = images->network->f64 ? (float)((const double *)chunk->y)[i]
                                      : ((const float *)chunk->y)[i];
}

static enum sl_status
reconstruct(const struct sl_model *model, struct sl_step *step,
            const struct sl_rows *rows, float *out, struct sl_error *err)
{
    const struct autoencoder *a = model->state;
    struct images images = {&a->network, out};

    return sl_network_map(&a->network, a->theta, rows, sl_step_pool(step), chunk_images,
                          &images, err);
}

static void
graph(const struct sl_model *model, size_t kind, struct sl_graph *graph, const char *x)
{
    const struct autoencoder *a = model->state;
    const struct config *c = model->config;
    enum sl_dtype type = a->network.f64 ? SL_F64 : SL_F32;
    const char *in, *y;

    if (kind != RECONSTRUCTION) {
        sl_graph_refuse(graph, "the score '%s' has no form in ONNX", scores[kind].name);
        return;
    }
    in = sl_graph_cast(graph, x, type);
    y = sl_network_graph(&a->network, a->theta, graph, in);
    if (y && !loss_class(c)->graph)
        y = sl_graph_refuse(graph, "loss '%s' has no form in ONNX",
                            c->loss.row->as[0]->name);
    if (!y)
        return;
    sl_graph_output(graph,
                    loss_class(c)->graph(c->loss.config, graph,
                                         sl_graph_cast(graph, y, SL_F64),
                                         sl_graph_cast(graph, in, SL_F64)),
                    &(struct sl_graph_value){"score", SL_F64, 0, scores[0].help});
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

struct learning {
    const struct config *config;
    struct sl_step *step;
    struct sl_network network;
    struct sl_network_work work;
    struct sl_stream stream;
    double *rows; /* batch_size */
};

static void
init(void *context, void *theta)
{
    struct learning *l = context;
    struct sl_stream stream = sl_step_stream(l->step, "weights");

    sl_network_start(&l->network, &stream, theta);
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
        .iteration = batch->iteration,
        .stream = l->stream,
        .pool = sl_step_pool(l->step),
    };
    struct sl_comparison comparison = {
        .n = batch->n,
        .d = l->network.out,
        .y = sl_network_forward(&l->work, &pass),
        .target = batch->x,
        .rows = l->rows,
        .dy = sl_network_dy(&l->work),
        .pool = pass.pool,
    };
    double sum = 0;

    loss_class(l->config)->compare(l->config->loss.config, &comparison);
    sl_network_backward(&l->work, &pass, dtheta, NULL);
    for (size_t i = 0; i < batch->n; i++)
        sum += l->rows[i];
    return sum / (double)batch->n;
}

static enum sl_status
learner_losses(void *context, const struct sl_rows *rows, const void *theta, double *out,
               struct sl_error *err)
{
    const struct learning *l = context;
    struct losses losses = {l->config, l->network.out, out};

    return sl_network_map(&l->network, theta, rows, sl_step_pool(l->step), chunk_losses,
                          &losses, err);
}

static enum sl_status
prepare(struct learning *l, const struct sl_dataset *data, struct sl_error *err)
{
    struct sl_arena *arena = sl_step_arena(l->step);
    size_t batch_size = (size_t)l->config->fit.batch_size;

    if (!loss_class(l->config))
        return sl_fail_at(err, l->config->loss.mark, "loss '%s' does not come in float64",
                          l->config->loss.row->as[0]->name);
    SL_TRY(build(&l->network, l->config, data->d, arena, err));
    SL_TRY(sl_network_work_new(&l->work, &l->network, batch_size, true, arena, err));
    l->rows = sl_arena_array(arena, batch_size, sizeof *l->rows);
    if (!l->rows)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for batches of %zu", batch_size);
    l->stream = sl_step_stream(l->step, "layers");
    return SL_OK;
}

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
add_latent(struct learning *l, const struct sl_dataset *data, const void *theta,
           struct sl_bundle *parameters, struct sl_error *err)
{
    struct sl_arena *arena = sl_step_arena(l->step);
    struct sl_rows rows = some_rows(data, arena);
    double *losses = sl_arena_array(arena, rows.n, sizeof *losses), *codes = NULL;
    struct sl_network encoder;

    if (!losses)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu losses", rows.n);
    SL_TRY(build_encoder(&encoder, l->config, data->d, arena, err));
    SL_TRY(encode(&encoder, theta, l->step, &rows, &codes, err));
    SL_TRY(learner_losses(l, &rows, theta, losses, err));
    return sl_latent_fit(rows.n, encoder.out, codes, losses, parameters, err);
}

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;
    const struct sl_dataset *data = sl_input_dataset(step, "data");
    struct learning l = {.config = c, .step = step};
    struct sl_learner learner = {
        .context = &l, .init = init, .gradient = gradient, .losses = learner_losses};
    struct sl_bundle parameters;
    void *theta = NULL;

    SL_TRY(prepare(&l, data, err));
    learner.parameters = l.network.parameters;
    sl_network_decayed(&l.network, 0, &learner.decayed);
    SL_TRY(sl_fit(step, &c->fit, data, &learner, &theta, err));
    sl_metric(step, "parameters", (double)l.network.parameters);
    sl_bundle_init(&parameters, sl_step_arena(step));
    SL_TRY(sl_network_pack(&l.network, theta, &parameters, err));
    SL_TRY(add_latent(&l, data, theta, &parameters, err));
    return sl_output_model(step, &parameters, err);
}

/* ---- what can be told before -------------------------------------------------------- */

/* Only layers that keep the columns as they are can stand behind a dense one here. */
static bool
check_activation(const struct sl_check *check, const char *key,
                 const struct sl_choice *choice)
{
    const struct sl_layer_class *class;

    if (!choice->row)
        return false;
    class = (const struct sl_layer_class *)choice->row->as[0];
    if (!class->in_place)
        sl_report_add(check->report, SL_ERROR, choice->mark,
                      "'%s' is no activation; '%s' takes a layer that keeps the number "
                      "of columns, such as relu or sigmoid",
                      class->entry.name, key);
    return class->in_place;
}

static void
check_network(const struct config *c, const struct sl_check *check)
{
    const struct sl_node *node = sl_node_get(check->node, "encoder");
    struct sl_mark mark = node ? node->mark : check->mark;
    int64_t code = c->encoder.at[c->encoder.n - 1];
    size_t d = check->schema->d;
    struct sl_network network;
    struct sl_error err;

    if ((uint64_t)code > d)
        sl_report_add(check->report, SL_WARNING, mark,
                      "the code has %lld columns, more than the data's %zu: it can copy "
                      "what it should compress",
                      (long long)code, d);
    if (c->decoder.n > 0 && (uint64_t)c->decoder.at[c->decoder.n - 1] == d) {
        node = sl_node_get(check->node, "decoder");
        sl_report_add(check->report, SL_WARNING, node ? node->mark : check->mark,
                      "'decoder' lists hidden layers; the output, as wide as the data's "
                      "%zu columns, follows by itself",
                      d);
    }
    if (build(&network, c, d, check->arena, &err))
        sl_report_add(check->report, SL_ERROR, err.mark.line ? err.mark : mark, "%s",
                      err.text);
}

static void
check(const void *config, const struct sl_check *check)
{
    const struct config *c = config;
    bool activation = check_activation(check, "activation", &c->activation);
    bool output = check_activation(check, "output", &c->output);

    sl_fit_check(&c->fit, check);
    if (c->encoder.n == 0)
        sl_report_add(check->report, SL_ERROR, check->mark,
                      "'encoder' is empty; its last width is that of the code");
    else if (activation && output && check->schema && check->schema->d)
        check_network(c, check);
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
