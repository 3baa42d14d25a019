/* SPDX-License-Identifier: MIT */
/*
 * A linear map as its LU factors (Kingma and Dhariwal 2018, "Glow", section 3.2): with L
 * unit lower and U upper triangular, and a permutation p that stays,
 *
 *     w = L U x        y_j = w_p(j)        ln |det| = sum of ln |U_ii|
 *
 * theta is one d x d matrix: L below its diagonal, U above, and on it ln |U_ii|; the signs
 * of U_ii stay as they were at the start. It starts as a random permutation of the columns
 * or a random rotation, which the seed and the layer's name decide.
 */
#include <math.h>
#include <string.h>

#include "modules/learn/index_set.h"
#include "runner/tensor/linalg.h"
#include "runner/tensor/special.h"

enum { PERMUTATION, ROTATION };
static const char *const starts[] = {"permutation", "rotation", NULL};

struct config {
    int start;
    uint64_t seed;
};

static const struct sl_field fields[] = {
    SL_WORD(struct config, start, PERMUTATION, starts, "the map that it starts from"),
    SL_FIELD(struct config, seed, uint64_t, SL_TYPE_SEED, .number = 1,
             .help = "of the start; the layer's name enters as well"),
    SL_FIELD_END,
};

/* ---- the start ----------------------------------------------------------------------- */

struct factors {
    const uint32_t *order; /* p */
    const real *sign;      /* d, 1 or -1 */
    const double *theta;   /* d x d */
};

/* Takes from row i of q what lies along the rows before it, and makes it 1 long. Twice is
 * enough for rows that are orthogonal to rounding. */
static void
orthogonalise(size_t d, size_t i, double *q)
{
    double *row = q + i * d, norm = 0;

    for (size_t k = 0; k < 2 * i; k++) {
        const double *other = q + k % i * d;
        double along = 0;
        for (size_t j = 0; j < d; j++)
            along += row[j] * other[j];
        for (size_t j = 0; j < d; j++)
            row[j] -= along * other[j];
    }
    for (size_t j = 0; j < d; j++)
        norm += row[j] * row[j];
    for (size_t j = 0; j < d; j++)
        row[j] /= sqrt(norm);
}

/* Rows of a normal sample, made orthonormal: uniform among the orthogonal matrices. */
static double *
rotation(const struct sl_layer *layer, uint64_t seed)
{
    size_t d = layer->in;
    double *q = sl_arena_alloc(layer->arena, d * d * sizeof *q);
    struct sl_stream stream;

    sl_stream_init(&stream, seed, layer->name, "rotation");
    for (size_t i = 0; i < d * d; i++)
        q[i] = sl_stream_normal(&stream);
    for (size_t i = 0; i < d; i++)
        orthogonalise(d, i, q);
    return q;
}

static void
swap_rows(size_t d, double *a, uint32_t *rows, size_t i, size_t k)
{
    uint32_t row = rows[i];

    rows[i] = rows[k];
    rows[k] = row;
    for (size_t j = 0; j < d; j++) {
        double value = a[i * d + j];
        a[i * d + j] = a[k * d + j];
        a[k * d + j] = value;
    }
}

/* a becomes L and U by elimination with row pivoting; rows[i]: where row i of them came
 * from. */
static void
factorise(size_t d, double *a, uint32_t *rows)
{
    for (size_t i = 0; i < d; i++) {
        size_t pivot = i;
        for (size_t k = i + 1; k < d; k++)
            pivot = fabs(a[k * d + i]) > fabs(a[pivot * d + i]) ? k : pivot;
        swap_rows(d, a, rows, i, pivot);
        for (size_t k = i + 1; k < d; k++) {
            double factor = a[k * d + i] /= a[i * d + i];
            for (size_t j = i + 1; j < d; j++)
                a[k * d + j] -= factor * a[i * d + j];
        }
    }
}

static void
start_rotation(const struct sl_layer *layer, uint64_t seed, struct factors *f, real *sign)
{
    size_t d = layer->in;
    double *a = rotation(layer, seed);
    uint32_t *rows = sl_arena_alloc(layer->arena, d * sizeof *rows);
    uint32_t *order = sl_arena_alloc(layer->arena, d * sizeof *order);

    for (size_t i = 0; i < d; i++)
        rows[i] = (uint32_t)i;
    factorise(d, a, rows);
    for (size_t i = 0; i < d; i++) {
        order[rows[i]] = (uint32_t)i;
        sign[i] = a[i * d + i] < 0 ? -1 : 1;
        a[i * d + i] = log(fabs(a[i * d + i]));
    }
    f->theta = a;
    f->order = order;
}

/* The largest d of which d x d matrices are at hand more than once. */
#define COLUMNS_MAX 4096

static enum sl_status
shape(struct sl_layer *layer, struct sl_error *err)
{
    const struct config *c = layer->config;
    size_t d = layer->in;
    struct factors *f = SL_NEW(layer->arena, struct factors);
    real *sign = sl_arena_alloc(layer->arena, d * sizeof *sign);

    if (d > COLUMNS_MAX)
        return sl_fail(err, SL_ERR_SHAPE, "%zu columns are more than the %d there can be",
                       d, COLUMNS_MAX);
    for (size_t i = 0; i < d; i++)
        sign[i] = 1;
    f->sign = sign;
    if (c->start == ROTATION)
        start_rotation(layer, c->seed, f, sign);
    else
        f->order = sl_index_shuffle(c->seed, layer);
    layer->out = d;
    layer->parameters = d * d;
    layer->scratch = 4 * d * d;
    layer->kept = 3 * d;
    layer->state = f;
    return SL_OK;
}

static void
init(const struct sl_layer *layer, struct sl_stream *stream, void *theta)
{
    const struct factors *f = layer->state;
    real *at = theta;

    (void)stream;
    for (size_t i = 0; i < layer->parameters; i++)
        at[i] = f->theta ? (real)f->theta[i] : 0;
}

static size_t
parts(const struct sl_layer *layer, struct sl_layer_part *part)
{
    part[0] = (struct sl_layer_part){"lu", layer->in, layer->in};
    return 1;
}

/* ---- passes -------------------------------------------------------------------------- */

/* l, u, dl, du: d x d, of the pass's scratch; v = U x, w = L v and g: n x d. */
struct work {
    size_t n, d;
    real *l, *u, *dl, *du;
    real *v, *w, *g;
};

static struct work
lay(size_t n, size_t d, real *memory)
{
    struct work w = {.n = n, .d = d, .l = memory};

    w.u = w.l + d * d;
    w.dl = w.u + d * d;
    w.du = w.dl + d * d;
    w.v = w.du + d * d;
    w.w = w.v + n * d;
    w.g = w.w + n * d;
    return w;
}

/* The factors in full; returns ln |det|. */
static real
unfold(const struct work *w, const real *theta, const real *sign)
{
    size_t d = w->d;
    real sum = 0;

    for (size_t i = 0; i < d; i++) {
        for (size_t j = 0; j < d; j++) {
            w->l[i * d + j] = j < i ? theta[i * d + j] : 0;
            w->u[i * d + j] = j > i ? theta[i * d + j] : 0;
        }
        w->l[i * d + i] = 1;
        w->u[i * d + i] = sign[i] * sl_exp(theta[i * d + i]);
        sum += theta[i * d + i];
    }
    return sum;
}

/* c (n x d) = a (n x d) b, or b transposed */
static void
multiply(const struct work *w, struct sl_pool *pool, const real *a, const real *b,
         bool transposed, real *c)
{
    struct sl_product product = {
        .m = w->n,
        .n = w->d,
        .k = w->d,
        .b_transposed = transposed,
        .a = a,
        .b = b,
        .c = c,
    };

    SL_R(sl_product)(pool, &product);
}

/* c (d x d) = a' b, of n x d each */
static void
correlate(const struct work *w, struct sl_pool *pool, const real *a, const real *b,
          real *c)
{
    struct sl_product product = {
        .m = w->d,
        .n = w->d,
        .k = w->n,
        .a_transposed = true,
        .a = a,
        .b = b,
        .c = c,
    };

    SL_R(sl_product)(pool, &product);
}

static void
forward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    const struct factors *f = layer->state;
    struct work w = lay(pass->n, layer->in, pass->kept);
    real sum = unfold(&w, pass->theta, f->sign), *log_det = pass->log_det;

    multiply(&w, pass->pool, pass->x, w.u, true, w.v);
    multiply(&w, pass->pool, w.v, w.l, true, w.w);
    SL_R(sl_columns_take)(w.n, w.d, w.w, w.d, f->order, pass->y);
    for (size_t i = 0; i < w.n; i++)
        log_det[i] += sum;
}

static void
fold(const struct work *w, real sum, real *dtheta)
{
    size_t d = w->d;

    for (size_t i = 0; i < d; i++) {
        for (size_t j = 0; j < d; j++)
            dtheta[i * d + j] = j < i ? w->dl[i * d + j] : w->du[i * d + j];
        dtheta[i * d + i] = w->du[i * d + i] * w->u[i * d + i] + sum;
    }
}

/* g is the gradient by w, then w takes that by v. */
static void
backward(const struct sl_layer *layer, const struct sl_pass *pass)
{
    const struct factors *f = layer->state;
    struct work w = lay(pass->n, layer->in, pass->kept);
    const real *dlog_det = pass->dlog_det;
    real sum = 0;

    for (size_t i = 0; i < w.n; i++)
        sum += dlog_det[i];
    SL_R(sl_columns_put)(w.n, w.d, f->order, pass->dy, w.d, w.g);
    correlate(&w, pass->pool, w.g, w.v, w.dl);
    multiply(&w, pass->pool, w.g, w.l, false, w.w);
    correlate(&w, pass->pool, w.w, pass->x, w.du);
    fold(&w, sum, pass->dtheta);
    if (pass->dx)
        multiply(&w, pass->pool, w.w, w.u, false, pass->dx);
}

/* L v = w from the first column on, U x = v from the last. */
static void
solve(size_t d, const real *theta, const real *sign, real *x)
{
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j < i; j++)
            x[i] -= theta[i * d + j] * x[j];
    for (size_t i = d; i-- > 0;) {
        for (size_t j = i + 1; j < d; j++)
            x[i] -= theta[i * d + j] * x[j];
        x[i] *= sign[i] * sl_exp(-theta[i * d + i]);
    }
}

static enum sl_status
inverse(const struct sl_layer *layer, const struct sl_inverse *call, struct sl_error *err)
{
    const struct factors *f = layer->state;
    size_t d = layer->in;

    (void)err;
    SL_R(sl_columns_put)(call->n, d, f->order, call->y, d, call->x);
    for (size_t i = 0; i < call->n; i++)
        solve(d, call->theta, f->sign, (real *)call->x + i * d);
    return SL_OK;
}

const struct sl_layer_class SL_R(layer_lu_linear) = {
    .entry = {.name = "lu-linear",
              .summary = "a linear map by its LU factors",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .by_rows = true,
    .shape = shape,
    .init = init,
    .forward = forward,
    .backward = backward,
    .inverse = inverse,
    .parts = parts,
};
