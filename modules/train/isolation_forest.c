/* SPDX-License-Identifier: MIT */
/*
 * Isolation forest (Liu, Ting and Zhou 2008): trees that cut rows apart at random (forest.h)
 * isolate the unusual ones sooner. With h the length of a row's path, averaged over the
 * trees, and c the average length in a tree of as many rows,
 *
 *     score = 2^(-h / c), near 1 for anomalies, below 1/2 for the rest.
 *
 * Each tree draws from its own substream of the stream "trees".
 */
#include <math.h>
#include <string.h>

#include "modules/learn/forest.h"
#include "modules/learn/scorer.h"
#include "modules/learn/train_rows.h"

struct config {
    int64_t trees, rows;
    struct sl_choice_list preprocess;
};

static const struct sl_field fields[] = {
    SL_INT(struct config, trees, 100, 1, 1e6, "trees"),
    SL_INT(struct config, rows, 256, 2, 1e6,
           "rows that each tree is grown from, or as many as there are"),
    SL_PREPROCESS_FIELD(struct config, preprocess),
    SL_FIELD_END,
};

static const struct sl_port inputs[] = {SL_TRAIN_ROWS_INPUT, SL_PORT_END};

static const struct sl_port outputs[] = {
    {.name = "model", .type = SL_PORT_MODEL, .help = "the trees"},
    SL_PORT_END,
};

static const struct sl_result results[] = {
    {"nodes", SL_RESULT_METRIC, NULL, "of all trees"},
    SL_RESULT_END,
};

/* ---- the model ---------------------------------------------------------------------- */

struct forest {
    size_t d, trees, depth;
    double average; /* path in a tree of as many rows */
    const struct sl_forest_node **roots;
};

struct stored {
    size_t nodes, trees;
    const double *thresholds, *lengths;
    const int32_t *columns, *lefts, *sizes; /* sizes: nodes of each tree */
};

static enum sl_status
read_stored(struct stored *s, const struct sl_model *model, struct sl_error *err)
{
    SL_TRY(sl_model_integers(model, "sizes", 1, &s->trees, &s->sizes, err));
    SL_TRY(sl_model_parameter(model, "thresholds", 1, &s->nodes, &s->thresholds, err));
    SL_TRY(sl_model_parameter(model, "lengths", 1, &s->nodes, &s->lengths, err));
    SL_TRY(sl_model_integers(model, "columns", 1, &s->nodes, &s->columns, err));
    return sl_model_integers(model, "lefts", 1, &s->nodes, &s->lefts, err);
}

/* Whether node i of a tree of `size` leads to what is there. */
static bool
is_sound(const struct sl_forest_node *node, int32_t i, int32_t size, size_t d)
{
    bool leaf = node->left == i && node->threshold > 1e308;

    return node->column >= 0 && (size_t)node->column < d &&
           (leaf || (node->left > i && node->left < size - 1));
}

static bool
take_trees(const struct stored *s, struct sl_forest_node *nodes, struct forest *forest)
{
    size_t first = 0;

    for (size_t t = 0; t < s->trees; t++) {
        forest->roots[t] = nodes + first;
        if (s->sizes[t] < 1 || (size_t)s->sizes[t] > s->nodes - first)
            return false;
        for (int32_t i = 0; i < s->sizes[t]; i++) {
            size_t at = first + (size_t)i;

            nodes[at] = (struct sl_forest_node){s->thresholds[at], s->lengths[at],
                                                s->columns[at], s->lefts[at]};
            if (!is_sound(&nodes[at], i, s->sizes[t], forest->d))
                return false;
        }
        first += (size_t)s->sizes[t];
    }
    return first == s->nodes;
}

static enum sl_status
open(struct sl_model *model, struct sl_arena *arena, struct sl_error *err)
{
    struct forest *f = SL_NEW(arena, struct forest);
    struct stored s = {.nodes = 0};
    struct sl_forest_node *nodes;
    double rows;

    SL_TRY(read_stored(&s, model, err));
    SL_TRY(sl_model_number(model, "rows", &rows, err));
    nodes = sl_arena_array(arena, s.nodes, sizeof *nodes);
    f->roots = sl_arena_array(arena, s.trees, sizeof *f->roots);
    if (!nodes || !f->roots)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu nodes", s.nodes);
    f->d = model->d;
    f->trees = s.trees;
    if (!(rows >= 2 && rows <= 1e6) || !take_trees(&s, nodes, f))
        return sl_fail(err, SL_ERR_SHAPE, "the model's nodes make no trees");
    f->depth = sl_forest_depth((size_t)rows);
    f->average = sl_forest_average((size_t)rows);
    model->state = f;
    return SL_OK;
}

static void
score_rows(const void *context, size_t n, const double *x, double *scratch, double *out)
{
    const struct forest *f = context;

    (void)scratch;
    memset(out, 0, n * sizeof *out);
    for (size_t t = 0; t < f->trees; t++)
        sl_forest_descend(f->roots[t], f->depth, n, f->d, x, out);
    for (size_t i = 0; i < n; i++)
        out[i] = exp2(-out[i] / (double)f->trees / f->average);
}

static const struct sl_score_kind scores[] = {
    {"isolation", NULL, "how soon random cuts isolate the row: 0 to 1"},
    SL_SCORE_END,
};

static enum sl_status
score(const struct sl_model *model, struct sl_step *step, const struct sl_rows *rows,
      size_t kind, double *out, struct sl_error *err)
{
    const struct forest *f = model->state;
    struct sl_scorer scorer = {f, f->d, 0, score_rows};

    (void)kind;
    return sl_scorer_rows(&scorer, rows, sl_step_pool(step), out, err);
}

static const struct sl_model_class forest_class = {
    .scores = scores,
    .open = open,
    .score = score,
};

/* ---- training ----------------------------------------------------------------------- */

struct learning {
    struct sl_forest_plan plan;
    struct sl_stream stream;
    size_t trees, room;           /* room: nodes a tree may have */
    struct sl_forest_node *nodes; /* trees x room */
    int32_t *sizes;               /* trees */
    bool *failed;                 /* trees */
};

static void
grow_tree(void *context, size_t tree)
{
    const struct learning *l = context;
    struct sl_stream stream = sl_stream_at(&l->stream, tree);
    struct sl_arena arena;
    uint32_t *order, *columns;

    sl_arena_init(&arena);
    order = sl_arena_array(&arena, l->plan.n, sizeof *order);
    columns = sl_arena_array(&arena, l->plan.d, sizeof *columns);
    l->failed[tree] = !order || !columns;
    if (order && columns)
        l->sizes[tree] = (int32_t)sl_forest_grow(&l->plan, &stream, order, columns,
                                                 l->nodes + tree * l->room);
    sl_arena_release(&arena);
}

static enum sl_status
grow_all(struct sl_step *step, struct learning *l, struct sl_error *err)
{
    struct sl_arena *arena = sl_step_arena(step);

    l->room = 2 * l->plan.rows - 1;
    l->nodes = sl_arena_array(arena, l->trees * l->room, sizeof *l->nodes);
    l->sizes = sl_arena_array(arena, l->trees, sizeof *l->sizes);
    l->failed = sl_arena_array(arena, l->trees, sizeof *l->failed);
    if (!l->nodes || !l->sizes || !l->failed)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu trees", l->trees);
    l->stream = sl_step_stream(step, "trees");
    sl_parallel(step, l->trees, grow_tree, l);
    for (size_t t = 0; t < l->trees; t++)
        if (l->failed[t])
            return sl_fail(err, SL_ERR_MEMORY, "no memory for the order of %zu rows",
                           l->plan.n);
    return SL_OK;
}

/* Nodes of all trees, array by array. */
struct arrays {
    double *thresholds, *lengths;
    int32_t *columns, *lefts;
    size_t n;
};

static enum sl_status
flatten(const struct learning *l, struct sl_arena *arena, struct arrays *a,
        struct sl_error *err)
{
    a->thresholds = sl_arena_array(arena, l->trees * l->room, sizeof(double));
    a->lengths = sl_arena_array(arena, l->trees * l->room, sizeof(double));
    a->columns = sl_arena_array(arena, l->trees * l->room, sizeof(int32_t));
    a->lefts = sl_arena_array(arena, l->trees * l->room, sizeof(int32_t));
    if (!a->thresholds || !a->lengths || !a->columns || !a->lefts)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu trees", l->trees);
    for (size_t t = 0; t < l->trees; t++)
        for (size_t i = 0; i < (size_t)l->sizes[t]; i++, a->n++) {
            const struct sl_forest_node *node = &l->nodes[t * l->room + i];

            a->thresholds[a->n] = node->threshold;
            a->lengths[a->n] = node->length;
            a->columns[a->n] = node->column;
            a->lefts[a->n] = node->left;
        }
    return SL_OK;
}

static enum sl_status
output(struct sl_step *step, const struct learning *l, struct sl_error *err)
{
    struct arrays a = {.n = 0};
    double rows = (double)l->plan.rows;
    struct sl_item items[6];
    struct sl_bundle parameters = {.items = items, .n = 6};

    SL_TRY(flatten(l, sl_step_arena(step), &a, err));
    sl_metric(step, "nodes", (double)a.n);
    items[0] = sl_parameter("rows", 0, NULL, &rows, "that each tree was grown from");
    items[1] = sl_parameter_integers("sizes", l->trees, l->sizes, "nodes of each tree");
    items[2] = sl_parameter("thresholds", 1, &a.n, a.thresholds, "of each node");
    items[3] = sl_parameter("lengths", 1, &a.n, a.lengths, "of paths that end in a leaf");
    items[4] = sl_parameter_integers("columns", a.n, a.columns, "that is compared");
    items[5] = sl_parameter_integers("lefts", a.n, a.lefts,
                                     "the node below; the one above is behind it");
    return sl_output_model(step, &parameters, err);
}

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;
    struct sl_train_rows rows;
    struct learning l = {.trees = (size_t)c->trees};

    SL_TRY(sl_train_rows_take(step, 2, &rows, err));
    l.plan = (struct sl_forest_plan){rows.n, rows.d, (size_t)c->rows, rows.x};
    if (l.plan.rows > rows.n)
        l.plan.rows = rows.n;
    SL_TRY(grow_all(step, &l, err));
    return output(step, &l, err);
}

static void
check(const void *config, const struct sl_check *check)
{
    (void)config;
    sl_train_rows_check(check, NULL, 2);
}

static void
estimate(const void *config, const struct sl_schema *schema, struct sl_demand *estimate)
{
    const struct config *c = config;
    size_t rows = sl_schema_rows(schema, SL_TRAIN_ROWS);
    double nodes = (double)c->trees * (double)c->rows;

    estimate->bytes =
        rows * schema->d * sizeof(double) +
        (size_t)c->trees * 4 * (size_t)c->rows * sizeof(struct sl_forest_node);
    estimate->work = 50 * nodes;
    estimate->score = 10 * (double)c->trees;
}

const struct sl_module train_isolation_forest = {
    .entry = {.name = "isolation-forest",
              .summary = "how soon random cuts isolate a row",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .inputs = inputs,
    .outputs = outputs,
    .results = results,
    .model = &forest_class,
    .draws = SL_DRAWS,
    .check = check,
    .estimate = estimate,
    .run = run,
};
