/* SPDX-License-Identifier: MIT */
/*
 * Points of a model of one column by its map f to the base alone, where f is strictly
 * increasing: z ~ N(0, 1), and x with f(x) = z by halving the bracket, all points at once,
 * in float64. The high end moves where f(m) >= z; x is the middle of what is left. Halvings
 * whose end is known beforehand are not made one by one (modules/learn/cell_search.h).
 *
 * A z is out of reach where it lies below f(low) or above f(high). `redraw` draws another
 * in its place, `drop` leaves the point out, `clamp` lets the halving run into the end of
 * the bracket.
 *
 * ks_model compares the samples with the model's own distribution function,
 *
 *     F(x) = (Phi(f(x)) - Phi(f(a))) / (Phi(f(b)) - Phi(f(a))),
 *
 * a and b lying 100 widths of the bracket beyond its ends: what the bracket cuts off counts
 * as an error of the samples; that f may not reach all of the base does not. It is
 * sup |F_n - F|, and NaN where f is not finite at a or b, or not greater at b.
 */
#include <math.h>
#include <stdatomic.h>

#include "modules/learn/cell_search.h"
#include "modules/learn/sampled.h"
#include "modules/learn/sort.h"

struct config {
    int64_t count, iterations;
    struct sl_double_list bracket;
    int outside;
    const char *compare;
};

enum { REDRAW, DROP, CLAMP };
static const char *const outsides[] = {"redraw", "drop", "clamp", NULL};

static const struct sl_field fields[] = {
    SL_INT(struct config, count, 5000, 1, 1e8, "points"),
    SL_FIELD(struct config, bracket, struct sl_double_list, SL_TYPE_DOUBLE_LIST,
             .text = "[-3, 3]", .help = "low and high end of where points are sought"),
    SL_INT(struct config, iterations, 30, 1, 1000, "halvings of the bracket"),
    SL_WORD(struct config, outside, REDRAW, outsides,
            "what becomes of a z that the bracket does not reach"),
    SL_SAMPLED_COMPARE(struct config, compare),
    SL_FIELD_END,
};

static const struct sl_port inputs[] = {
    {
        .name = "model",
        .type = SL_PORT_MODEL,
        .needs = SL_NEEDS_FORWARD,
        .help = "of one column, with an increasing map to the base",
    },
    SL_SAMPLED_DATA,
    SL_PORT_END,
};

static const struct sl_result results[] = {
    {"out_of_reach", SL_RESULT_METRIC, NULL,
     "share of the first z that the bracket does not reach"},
    {"ks_model", SL_RESULT_METRIC, NULL,
     "Kolmogorov-Smirnov statistic against the model's own distribution"},
    {"z", SL_RESULT_TENSOR, NULL, "the base's values that the samples were sought for"},
    SL_SAMPLED_RESULTS,
    SL_RESULT_END,
};

/* A search under way. */
struct search {
    const struct config *config;
    const struct sl_model *model;
    struct sl_step *step;
    double low, high;     /* the bracket */
    double f_low, f_high; /* its images */
    size_t n;
    double *z, *x; /* n */
};

/* Points of a tile. */
enum { TILE = 1280 };

static size_t
tiles_of(size_t n)
{
    return (n + TILE - 1) / TILE;
}

static size_t
end_of(size_t tile, size_t n)
{
    return n - tile * TILE < TILE ? n : (tile + 1) * TILE;
}

/* Points under way through the model's map. */
struct mapping {
    const struct search *search;
    size_t n;
    const double *x;
    double *z;
    struct sl_error *errors; /* of each tile; status SL_OK: none */
};

static void
map_tile(void *context, size_t tile)
{
    const struct mapping *m = context;
    const struct sl_model *model = m->search->model;
    size_t first = tile * TILE, n = end_of(tile, m->n) - first;

    (void)model->module->model->forward(model, NULL, n, m->x + first, m->z + first, NULL,
                                        &m->errors[tile]);
}

/* In smaller tiles than a model's own, which count on rows of a data set. */
static enum sl_status
map(const struct search *s, size_t n, const double *x, double *z, struct sl_error *err)
{
    struct mapping m = {.search = s, .n = n, .x = x, .z = z};
    enum sl_status status = SL_OK;
    struct sl_arena arena;

    sl_arena_init(&arena);
    m.errors = sl_arena_alloc(&arena, tiles_of(n) * sizeof *m.errors);
    sl_parallel(s->step, tiles_of(n), map_tile, &m);
    for (size_t i = 0; i < tiles_of(n) && status == SL_OK; i++) {
        status = m.errors[i].status;
        if (status)
            *err = m.errors[i];
    }
    sl_arena_release(&arena);
    return status;
}

static enum sl_status
look_at_ends(struct search *s, struct sl_error *err)
{
    double ends[2] = {s->low, s->high}, images[2];

    SL_TRY(map(s, 2, ends, images, err));
    s->f_low = images[0];
    s->f_high = images[1];
    if (!isnan(s->f_low) && !isnan(s->f_high) && s->f_low < s->f_high)
        return SL_OK;
    return sl_fail(err, SL_ERR_NUMERIC,
                   "the model's map does not increase on the bracket: f(%g) is %g, f(%g) "
                   "is %g",
                   s->low, s->f_low, s->high, s->f_high);
}

static bool
in_reach(const struct search *s, double z)
{
    return z >= s->f_low && z <= s->f_high;
}

/* ---- the base ----------------------------------------------------------------------- */

/* Enough for a bracket that reaches but a thousandth of the base. */
#define REDRAWS 100000

struct drawing {
    const struct search *search;
    struct sl_stream stream;
    bool *missed;         /* of each point: the first draw was out of reach */
    atomic_bool hopeless; /* and so were all others of some point */
};

static bool
redraw(const struct search *s, struct sl_stream *stream, double *z)
{
    for (size_t i = 0; i < REDRAWS; i++) {
        *z = sl_stream_normal(stream);
        if (in_reach(s, *z))
            return true;
    }
    return false;
}

/* Point i draws from substream i, however often. */
static void
draw_tile(void *context, size_t tile)
{
    struct drawing *d = context;
    const struct search *s = d->search;
    size_t end = end_of(tile, (size_t)s->config->count);

    for (size_t i = tile * TILE; i < end && !atomic_load(&d->hopeless); i++) {
        struct sl_stream own = sl_stream_at(&d->stream, i);

        s->z[i] = sl_stream_normal(&own);
        d->missed[i] = !in_reach(s, s->z[i]);
        if (d->missed[i] && s->config->outside == REDRAW && !redraw(s, &own, &s->z[i]))
            atomic_store(&d->hopeless, true);
    }
}

/* Closes ranks where points are left out. */
static void
take_drawn(struct search *s, const bool *missed)
{
    size_t count = (size_t)s->config->count, n = 0;

    for (size_t i = 0; i < count; i++) {
        n += missed[i];
        if (!missed[i] || s->config->outside != DROP)
            s->z[s->n++] = s->z[i];
    }
    sl_metric(s->step, "out_of_reach", (double)n / (double)count);
}

static enum sl_status
draw_base(struct search *s, struct sl_error *err)
{
    struct drawing d = {.search = s, .stream = sl_step_stream(s->step, "z")};
    size_t count = (size_t)s->config->count;

    d.missed = sl_arena_array(sl_step_arena(s->step), count, sizeof *d.missed);
    if (!d.missed)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu draws", count);
    sl_parallel(s->step, tiles_of(count), draw_tile, &d);
    if (d.hopeless)
        return sl_fail(err, SL_ERR_NUMERIC,
                       "none of %d draws of z lies between the images of the bracket's "
                       "ends, %g and %g",
                       REDRAWS, s->f_low, s->f_high);
    take_drawn(s, d.missed);
    return SL_OK;
}

/* ---- the search --------------------------------------------------------------------- */

struct halving {
    double *low, *high, *image;
};

static void
halve(const struct search *s, struct halving *h)
{
    for (size_t i = 0; i < s->n; i++) {
        if (h->image[i] >= s->z[i])
            h->high[i] = s->x[i];
        else
            h->low[i] = s->x[i];
        s->x[i] = (h->low[i] + h->high[i]) / 2;
    }
}

static enum sl_status
map_of(void *context, struct sl_pool *pool, size_t n, const double *x, double *image,
       struct sl_error *err)
{
    const struct search *s = context;

    if (sl_cancelled(s->step))
        return sl_fail(err, SL_ERR_CANCELLED, "stopped while points were sought");
    if (pool)
        return map(s, n, x, image, err);
    return s->model->module->model->forward(s->model, NULL, n, x, image, NULL, err);
}

/* What the search of cells does not count any more. */
static enum sl_status
halve_on(const struct search *s, struct halving *h, int64_t halvings,
         struct sl_error *err)
{
    for (int64_t k = 0; k < halvings && s->n > 0; k++) {
        SL_TRY(map_of((void *)(uintptr_t)s, sl_step_pool(s->step), s->n, s->x, h->image,
                      err));
        halve(s, h);
    }
    return SL_OK;
}

static enum sl_status
bisect(struct search *s, struct sl_error *err)
{
    int64_t halvings = s->config->iterations;
    unsigned first =
        (unsigned)(halvings < SL_CELL_HALVINGS ? halvings : SL_CELL_HALVINGS);
    struct sl_cell_search cells = {
        .low = s->low,
        .high = s->high,
        .f_low = s->f_low,
        .f_high = s->f_high,
        .halvings = first,
        .map = map_of,
        .context = s,
        .pool = sl_step_pool(s->step),
    };
    struct sl_arena *arena = sl_step_arena(s->step);
    struct sl_tensor room;
    struct halving h;

    SL_TRY(sl_tensor_new(&room, arena, SL_F64, 2, (size_t[]){3, s->n}, err));
    h.low = room.data;
    h.high = h.low + s->n;
    h.image = h.high + s->n;
    SL_TRY(sl_cell_search(&cells, s->n, s->z, h.low, h.high, arena, err));
    for (size_t i = 0; i < s->n; i++)
        s->x[i] = (h.low[i] + h.high[i]) / 2;
    return halve_on(s, &h, halvings - first, err);
}

/* ---- against the model -------------------------------------------------------------- */

static double
normal_cdf(double z)
{
    return 0.5 * erfc(-z * 0.70710678118654752440);
}

/* The differences of the distribution function, from the nearer tail. */
static double
between(double a, double b)
{
    return a > 0 ? normal_cdf(-a) - normal_cdf(-b) : normal_cdf(b) - normal_cdf(a);
}

/* u: ascending, n values of F. */
static double
largest_gap(const double *u, size_t n)
{
    double largest = 0;

    for (size_t i = 0; i < n; i++) {
        largest = fmax(largest, (double)(i + 1) / (double)n - u[i]);
        largest = fmax(largest, u[i] - (double)i / (double)n);
    }
    return largest;
}

/* The model's distribution function. */
struct fit {
    double *u; /* n: images, and what they become */
    double first, whole;
    size_t n;
};

static void
fit_tile(void *context, size_t tile)
{
    const struct fit *fit = context;
    size_t end = end_of(tile, fit->n);

    for (size_t i = tile * TILE; i < end; i++)
        fit->u[i] = between(fit->first, fit->u[i]) / fit->whole;
}

static enum sl_status
tell_fit(struct search *s, struct sl_error *err)
{
    double far = 100 * (s->high - s->low), ends[2] = {s->low - far, s->high + far};
    double images[2], whole;
    double *u = sl_arena_rows(sl_step_arena(s->step), s->n, 2 * sizeof *u);
    struct fit fit = {.u = u, .n = s->n};

    if (!u)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu samples", s->n);
    SL_TRY(map(s, 2, ends, images, err));
    SL_TRY(map(s, s->n, s->x, u, err));
    fit.first = images[0];
    fit.whole = whole = between(images[0], images[1]);
    sl_parallel(s->step, tiles_of(s->n), fit_tile, &fit);
    sl_sort(u, u + s->n, s->n);
    sl_metric(s->step, "ks_model",
              s->n && whole > 0 ? largest_gap(u, s->n) : (double)NAN);
    return SL_OK;
}

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    const struct config *c = config;
    struct search s = {.config = c,
                       .model = sl_input_model(step, "model"),
                       .step = step,
                       .low = c->bracket.at[0],
                       .high = c->bracket.at[1]};
    size_t count = (size_t)c->count;
    struct sl_sampled sampled = {
        .model = s.model, .data = sl_input_dataset(step, "data"), .compare = c->compare};
    struct sl_tensor z, x;

    if (s.model->d != 1)
        return sl_fail(err, SL_ERR_SHAPE,
                       "bisection samples one column; the model has %zu", s.model->d);
    SL_TRY(sl_tensor_new(&z, sl_step_arena(step), SL_F64, 1, &count, err));
    SL_TRY(sl_tensor_new(&x, sl_step_arena(step), SL_F64, 1, &count, err));
    s.z = z.data;
    s.x = x.data;
    SL_TRY(look_at_ends(&s, err));
    SL_TRY(draw_base(&s, err));
    SL_TRY(bisect(&s, err));
    SL_TRY(tell_fit(&s, err));
    z.shape[0] = sampled.n = s.n;
    sampled.x = s.x;
    SL_TRY(sl_record(step, "z", &z, err));
    return sl_sampled_record(step, &sampled, err);
}

/* ---- what can be told before -------------------------------------------------------- */

static void
check(const void *config, const struct sl_check *check)
{
    const struct config *c = config;
    const struct sl_node *node = sl_node_get(check->node, "bracket");
    struct sl_mark mark = node ? node->mark : check->mark;

    if (c->bracket.n != 2)
        sl_report_add(check->report, SL_ERROR, mark,
                      "a bracket has a low and a high end, this one %zu numbers",
                      c->bracket.n);
    else if (c->bracket.at[0] >= c->bracket.at[1])
        sl_report_add(check->report, SL_ERROR, mark,
                      "the bracket's low end, %g, is not below its high end, %g",
                      c->bracket.at[0], c->bracket.at[1]);
    if (check->schema && check->schema->d > 1)
        sl_report_add(check->report, SL_ERROR, check->mark,
                      "bisection samples one column; the data has %zu", check->schema->d);
}

const struct sl_module sample_bisection = {
    .entry = {.name = "bisection",
              .summary = "points of a model of one column, by halving a bracket",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .inputs = inputs,
    .results = results,
    .draws = SL_DRAWS,
    .check = check,
    .reads = 1u << SL_DIVERGENCE,
    .run = run,
};
