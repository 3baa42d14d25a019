/* SPDX-License-Identifier: MIT */
#include "modules/learn/generate.h"

#include <string.h>

/* Rows of a tile: a millisecond or two, beside which the start of a thread is little. */
enum { ROWS = 16384 };

/* A split while it is drawn: its rows begin at x and labels. */
struct drawing {
    const struct sl_recipe *recipe;
    size_t split, n;
    struct sl_stream stream;
    double *x;
    int32_t *labels;
};

static void
draw_tile(void *context, size_t tile)
{
    const struct drawing *d = context;
    size_t end = d->n - tile * ROWS < ROWS ? d->n : (tile + 1) * ROWS;

    for (size_t row = tile * ROWS; row < end; row++) {
        struct sl_stream stream = sl_stream_at(&d->stream, row);

        d->labels[row] = d->recipe->draw(d->recipe->context, d->split, row, &stream,
                                         d->x + row * d->recipe->d);
    }
}

static enum sl_status
list_rows(struct sl_arena *arena, const char *name, size_t first, size_t n,
          struct sl_split *split, struct sl_error *err)
{
    uint32_t *rows = sl_arena_rows(arena, n, sizeof *rows);

    if (!rows)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for the %zu rows of split '%s'", n,
                       name);
    for (size_t i = 0; i < n; i++)
        rows[i] = (uint32_t)(first + i);
    *split = (struct sl_split){name, n, rows};
    return SL_OK;
}

static enum sl_status
record_points(struct sl_step *step, const struct drawing *d, const char *name,
              struct sl_error *err)
{
    struct sl_tensor points =
        sl_tensor_matrix(SL_F64, d->x, d->n < SL_POINTS ? d->n : SL_POINTS, d->recipe->d);

    if (d->recipe->d > 2)
        return SL_OK;
    return sl_record(step, sl_arena_format(sl_step_arena(step), "points_%s", name),
                     &points, err);
}

enum sl_status
sl_generate(struct sl_step *step, const struct sl_recipe *recipe, struct sl_error *err)
{
    const struct sl_int_map *map = &recipe->splits;
    struct sl_arena *arena = sl_step_arena(step);
    struct sl_split *splits = sl_arena_alloc(arena, map->n * sizeof *splits);
    struct sl_dataset data = {.d = recipe->d, .type = SL_F64, .scale = 1};
    struct sl_rows_room room;
    size_t first = 0;

    for (size_t i = 0; i < map->n; i++)
        data.n += (size_t)map->at[i];
    SL_TRY(sl_rows_open(step, data.n, data.d, data.type, true, &room, err));
    for (size_t i = 0; i < map->n; i++) {
        size_t n = (size_t)map->at[i];
        const char *purpose = sl_arena_format(arena, "split %s", map->names[i]);
        struct drawing drawing = {recipe,
                                  i,
                                  n,
                                  sl_step_split_stream(step, purpose),
                                  (double *)room.x + first * data.d,
                                  room.labels + first};

        sl_parallel(step, (n + ROWS - 1) / ROWS, draw_tile, &drawing);
        SL_TRY(record_points(step, &drawing, map->names[i], err));
        SL_TRY(list_rows(arena, map->names[i], first, n, &splits[i], err));
        first += n;
    }
    data.split_count = map->n;
    data.splits = splits;
    return sl_output_dataset(step, &data, err);
}

/* ---- before there is data ----------------------------------------------------------- */

void
sl_generate_check(const struct sl_int_map *splits, const struct sl_check *check)
{
    const struct sl_node *node = sl_node_get(check->node, "splits");
    struct sl_mark mark = node ? node->mark : check->mark;
    double rows = 0;

    if (splits->n == 0)
        sl_report_add(check->report, SL_ERROR, mark, "there are no splits");
    for (size_t i = 0; i < splits->n; i++) {
        if (strlen(splits->names[i]) >= SL_SPLIT_NAME_MAX)
            sl_report_add(check->report, SL_ERROR, splits->marks[i],
                          "the name of a split has at most %d letters",
                          SL_SPLIT_NAME_MAX - 1);
        rows += (double)splits->at[i];
    }
    if (rows > UINT32_MAX)
        sl_report_add(check->report, SL_ERROR, mark,
                      "the splits have %.0f rows together, at most %lu are possible",
                      rows, (unsigned long)UINT32_MAX);
}

void
sl_generate_schema(const struct sl_int_map *splits, size_t d, struct sl_arena *arena,
                   struct sl_schema *schema)
{
    size_t *rows = sl_arena_alloc(arena, splits->n * sizeof *rows);

    for (size_t i = 0; i < splits->n; i++)
        rows[i] = (size_t)splits->at[i];
    *schema = (struct sl_schema){
        .d = d, .split_count = splits->n, .splits = splits->names, .rows = rows};
}
