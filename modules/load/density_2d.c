/* SPDX-License-Identifier: MIT */
/* Points of a density on the plane, whose true value and entropy are recorded. */
#include <math.h>

#include "modules/learn/density.h"
#include "modules/learn/generate.h"
#include "modules/learn/truth.h"

struct config {
    struct sl_choice density;
    struct sl_int_map splits;
};

static const struct sl_field fields[] = {
    SL_FIELD(struct config, density, struct sl_choice, SL_TYPE_CHOICE,
             .flags = SL_REQUIRED, .table = SL_DENSITY,
             .help = "by name, or {NAME: {...}} with its parameters"),
    SL_SPLIT_SIZES(struct config, splits),
    SL_FIELD_END,
};

static const struct sl_port outputs[] = {
    {"data", SL_PORT_DATASET, "n 2", .help = "the points and their splits"},
    SL_PORT_END,
};

static const struct sl_result results[] = {
    SL_TRUTH_RESULTS,
    SL_POINTS_RESULT,
    SL_RESULT_END,
};

struct drawing {
    const struct sl_density_class *class;
    struct sl_density density;
};

static int32_t
draw(const void *context, size_t split, size_t row, struct sl_stream *stream, double *x)
{
    const struct drawing *d = context;

    (void)split;
    (void)row;
    return d->class->draw(d->density.state, stream, x);
}

/* A density that is too fine for the grid has no entropy on record. */
static enum sl_status
find_entropy(struct sl_step *step, const struct drawing *d, struct sl_truth *truth,
             struct sl_error *err)
{
    struct sl_plane plane = {
        .log_density = d->class->log_density,
        .context = d->density.state,
        .reach = sl_extent_widen(d->density.view, d->density.margin),
        .finest = d->density.finest,
    };

    truth->entropy = d->density.entropy;
    if (!isnan(truth->entropy) || !sl_plane_is_coarse(&plane))
        return SL_OK;
    return sl_plane_entropy(&plane, sl_step_pool(step), sl_step_arena(step),
                            &truth->entropy, &truth->entropy_error, err);
}

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;
    struct drawing drawing = {(const struct sl_density_class *)c->density.row->as[0],
                              {.state = NULL}};
    struct sl_recipe recipe = {c->splits, 2, draw, &drawing};
    struct sl_truth truth;

    drawing.class->open(c->density.config, sl_step_arena(step), &drawing.density);
    truth = (struct sl_truth){2, drawing.class->log_density, drawing.density.state,
                              drawing.density.view, .entropy = (double)NAN};
    SL_TRY(find_entropy(step, &drawing, &truth, err));
    SL_TRY(sl_truth_record(step, &truth, err));
    return sl_generate(step, &recipe, err);
}

static void
check(const void *config, const struct sl_check *check)
{
    const struct config *c = config;

    sl_generate_check(&c->splits, check);
}

static void
schema(const void *config, struct sl_arena *arena, struct sl_schema *schema)
{
    const struct config *c = config;

    sl_generate_schema(&c->splits, 2, arena, schema);
}

const struct sl_module load_density_2d = {
    .entry = {.name = "density-2d",
              .summary = "points of a density on the plane",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .outputs = outputs,
    .results = results,
    .draws = SL_DRAWS_SPLITS,
    .check = check,
    .schema = schema,
    .run = run,
};
