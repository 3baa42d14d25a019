/* SPDX-License-Identifier: MIT */
/*
 * A block of c, ROWS rows of a panel, stays in registers while k goes by: each step takes
 * the panel's vectors of b and one number of a for each row, spread over a vector. A panel
 * of b is used by all rows before the next one is touched. On a Zen 4 core, 95 % of what
 * fused multiplications alone reach, for 32 to 64 units and 128 rows of a batch.
 */
#include "modules/learn/unit_product.h"

#include <assert.h>

#include "modules/learn/turn.h"
#include "runner/parallel/pool.h"
#include "runner/parallel/profile.h"

/* What a function that is compiled for several processors calls has to be part of it. */
#define PART static inline __attribute__((always_inline))

typedef real lanes __attribute__((vector_size(32), aligned(sizeof(real)), may_alias));

/* Registers: 12 vectors of sums, and the rest for operands. */
enum { LANES = 32 / sizeof(real), PANEL = SL_UNIT_PANEL, VECTORS = PANEL / LANES };
enum { ROWS = 12 / VECTORS };

/* Multiplications that are worth a thread's waking. */
#define TILE_WORK ((size_t)1 << 20)

struct call {
    const struct sl_product *product;
    const real *a, *b, *bias;
    real *c;
    size_t row, column; /* how far the elements of a's rows and columns are apart */
    size_t panels;      /* of a tile */
};

static struct call
call_of(const struct sl_product *p, const real *bias)
{
    struct call call = {.product = p, .a = p->a, .b = p->b, .bias = bias, .c = p->c};

    assert(!p->b_transposed && !p->add);
    call.row = p->a_transposed ? 1 : p->k;
    call.column = p->a_transposed ? p->m : 1;
    return call;
}

/* ---- the plain version --------------------------------------------------------------- */

SL_FUSING_CLONES static void
multiply_rows(const struct call *call)
{
    const struct sl_product *p = call->product;
    const size_t n = p->n;

    for (size_t i = 0; i < p->m; i++) {
        real *restrict c = call->c + i * n;
        for (size_t j = 0; j < n; j++)
            c[j] = call->bias ? call->bias[i] : 0;
        for (size_t k = 0; k < p->k; k++) {
            const real a = call->a[i * call->row + k * call->column];
            const real *restrict b = call->b + k * n;
            for (size_t j = 0; j < n; j++)
                c[j] += a * b[j];
        }
    }
}

void
SL_R(sl_unit_multiply_plain)(const struct sl_product *product, const real *bias)
{
    struct call call = call_of(product, bias);

    multiply_rows(&call);
}

/* ---- panels -------------------------------------------------------------------------- */

/* Rows from `first` on of the panel that begins at column `at`. rows is a constant where
 * this is put in place. */
PART void
block(const struct call *call, size_t rows, size_t first, size_t at)
{
    const size_t n = call->product->n, count = call->product->k;
    const size_t row = call->row, column = call->column;
    const real *a = call->a + first * row, *b = call->b + at;
    real *c = call->c + first * n + at;
    lanes sum[ROWS][VECTORS];

    for (size_t r = 0; r < rows; r++)
        for (size_t v = 0; v < VECTORS; v++)
            sum[r][v] = (lanes){0} + (call->bias ? call->bias[first + r] : 0);
    for (size_t k = 0; k < count; k++) {
        lanes value[VECTORS];
        for (size_t v = 0; v < VECTORS; v++)
            value[v] = *(const lanes *)(b + v * LANES);
        for (size_t r = 0; r < rows; r++)
            for (size_t v = 0; v < VECTORS; v++)
                sum[r][v] += a[r * row] * value[v];
        a += column;
        b += n;
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t v = 0; v < VECTORS; v++)
            *(lanes *)(c + r * n + v * LANES) = sum[r][v];
}

SL_FUSING_CLONES static void
multiply_panel(const struct call *call, size_t at)
{
    size_t m = call->product->m, whole = m - m % ROWS;

    for (size_t i = 0; i < whole; i += ROWS)
        block(call, ROWS, i, at);
    switch (m - whole) {
    case 1:
        block(call, 1, whole, at);
        break;
    case 2:
        block(call, 2, whole, at);
        break;
    case 3:
        block(call, 3, whole, at);
        break;
    case 4:
        block(call, 4, whole, at);
        break;
    case 5:
        block(call, 5, whole, at);
        break;
    }
}

/* The columns that fill no panel are the end of one that begins earlier, whose others are
 * computed twice: by the same thread, and to the same bits. */
static void
multiply_tile(void *context, size_t i)
{
    const struct call *call = context;
    size_t n = call->product->n, panels = n / PANEL;
    size_t first = i * call->panels, end = first + call->panels;

    end = end < panels ? end : panels;
    for (size_t panel = first; panel < end; panel++)
        multiply_panel(call, panel * PANEL);
    if (end == panels && n % PANEL)
        multiply_panel(call, n - PANEL);
}

static void
multiply(struct sl_pool *pool, const struct sl_product *p, const real *bias)
{
    struct call call = call_of(p, bias);
    size_t work = PANEL * p->m * p->k;

    if (p->n < PANEL) {
        multiply_rows(&call);
        return;
    }
    call.panels = 1 + TILE_WORK / (work + 1);
    sl_pool_tiles(pool, (p->n / PANEL + call.panels - 1) / call.panels, multiply_tile,
                  &call);
}

void
SL_R(sl_unit_multiply)(struct sl_pool *pool, const struct sl_product *p, const real *bias)
{
    struct sl_profile_span span;

    sl_profile_begin(sl_pool_profile(pool), &span, SL_OPERATION_PRODUCT, "units");
    multiply(pool, p, bias);
    sl_profile_end(&span, sl_product_amount(p, sizeof(real)));
}

/* ---- turning ------------------------------------------------------------------------- */

SL_CLONES static void
turn(size_t m, size_t n, const real *x, real *out)
{
    sl_turn(m, n, x, n, out, m);
}

void
SL_R(sl_unit_turn)(size_t m, size_t n, const real *x, real *out)
{
    turn(m, n, x, out);
}

/* ---- correlation --------------------------------------------------------------------- */

/* The operand with more rows is turned, so that its rows fill panels: c, or c the other way
 * round. */
void
SL_R(sl_unit_correlate)(struct sl_pool *pool, const struct sl_product *p, real *room)
{
    struct sl_product call = *p;

    call.b_transposed = false;
    call.b = room;
    if (!sl_unit_is_narrow(p->m, p->n)) {
        turn(p->n, p->k, p->b, room);
        SL_R(sl_unit_multiply)(pool, &call, NULL);
        return;
    }
    turn(p->m, p->k, p->a, room);
    call.m = p->n;
    call.n = p->m;
    call.a = p->b;
    call.c = room + p->m * p->k;
    SL_R(sl_unit_multiply)(pool, &call, NULL);
    turn(call.m, call.n, call.c, p->c);
}
