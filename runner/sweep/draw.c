/* SPDX-License-Identifier: MIT */
#include "runner/sweep/keys.h"
#include "runner/sweep/sobol.h"
#include "runner/sweep/space.h"

/*
 * Points that are drawn. Each parameter has a stream of its own, named by where its space
 * stands in the block, and point i its substream i: so neither another parameter nor a
 * larger count moves a value.
 */
struct parameter {
    struct sl_space space;
    uint32_t place;
    struct sl_stream stream;
    uint32_t directions[SL_SOBOL_BITS], shift; /* of Sobol points */
};

struct parameters {
    size_t n;
    struct parameter *at;
};

typedef const struct sl_node *draw_value(const struct parameter *parameter, size_t i,
                                         struct sl_number *number);

/* ---- spaces ------------------------------------------------------------------------- */

static bool
read_space(struct sl_reading *reading, const struct sl_node *node, const char *where,
           struct parameter *parameter)
{
    const char *purpose =
        sl_arena_format(reading->scratch, "%s.space.%s", where, node->key);

    sl_stream_init(&parameter->stream, reading->seed, "sweep", purpose);
    return sl_space_read(reading, node, &parameter->space, &parameter->place);
}

/* holder: the mapping that has `space`. */
static bool
read_spaces(struct sl_reading *reading, const struct sl_node *holder, const char *where,
            struct parameters *parameters)
{
    const struct sl_node *space = sl_node_get(holder, "space");
    bool sound = true;

    *parameters = (struct parameters){0};
    if (!space) {
        sl_report_add(reading->report, SL_ERROR, holder->key_mark,
                      "required key 'space' is missing, with the paths to draw for");
        return false;
    }
    if (space->kind != SL_NODE_MAP || space->count == 0) {
        sl_reading_refuse(reading, space, "paths with their spaces");
        return false;
    }
    parameters->at =
        sl_arena_alloc(reading->scratch, space->count * sizeof *parameters->at);
    for (const struct sl_node *child = space->first; child; child = child->next)
        sound =
            read_space(reading, child, where, &parameters->at[parameters->n++]) && sound;
    return sound;
}

/* ---- points ------------------------------------------------------------------------- */

static void
draw_point(struct sl_reading *reading, const struct parameters *parameters, size_t i,
           draw_value *draw, struct sl_draft *draft)
{
    for (size_t j = 0; j < parameters->n; j++) {
        const struct parameter *parameter = &parameters->at[j];
        struct sl_number number;
        const struct sl_node *value = draw(parameter, i, &number);

        draft->picks[j] = (struct sl_pick){
            parameter->place, value == &number.node
                                  ? sl_reading_number(reading, parameter->place, &number)
                                  : sl_reading_value(reading, parameter->place, value)};
    }
}

static void
draw_points(struct sl_reading *reading, const struct parameters *parameters, size_t count,
            draw_value *draw, struct sl_drafts *drafts)
{
    size_t n = parameters->n;
    struct sl_pick *picks = sl_arena_alloc(reading->scratch, count * n * sizeof *picks);

    drafts->n = count;
    drafts->at = sl_arena_alloc(reading->scratch, count * sizeof *drafts->at);
    drafts->place_count = n;
    drafts->places = sl_arena_alloc(reading->scratch, n * sizeof *drafts->places);
    for (size_t j = 0; j < n; j++)
        drafts->places[j] = parameters->at[j].place;
    for (size_t i = 0; i < count; i++) {
        drafts->at[i] = (struct sl_draft){picks + i * n, parameters->at[0].space.mark,
                                          (uint32_t)n, true};
        draw_point(reading, parameters, i, draw, &drafts->at[i]);
    }
    sl_drafts_distinct(reading, drafts);
}

/* ---- how many ----------------------------------------------------------------------- */

struct draws {
    int64_t count;
};

const struct sl_field sl_draw_fields[] = {
    SL_FIELD(struct draws, count, int64_t, SL_TYPE_INT, .flags = SL_REQUIRED, .low = 1,
             .high = SL_SWEEP_MAX, .help = "points to draw"),
    SL_FIELD_END,
};

/* Binds what stands beside `space`; false, and problems, where it is wrong. */
static bool
bind(struct sl_reading *reading, const struct sl_field *fields,
     const struct sl_node *node, const char *shape, void *config)
{
    static const char *const skip[] = {"space", NULL};
    struct sl_binder binder = {reading->arena, reading->report,
                               reading->compose->registry};
    size_t errors = reading->report->errors;

    if (node->kind != SL_NODE_MAP) {
        sl_reading_refuse(reading, node, shape);
        return false;
    }
    sl_fields_bind(&binder, fields, node, node->key_mark, skip, config);
    return reading->report->errors == errors;
}

static bool
read_draws(struct sl_reading *reading, const struct sl_node *node, const char *where,
           struct draws *draws, struct parameters *parameters)
{
    bool sound = bind(reading, sl_draw_fields, node,
                      "{count: N, space: {PATH: SPACE, ...}}", draws);

    return node->kind == SL_NODE_MAP && read_spaces(reading, node, where, parameters) &&
           sound;
}

/* ---- the generators ----------------------------------------------------------------- */

static const struct sl_node *
draw_random(const struct parameter *parameter, size_t i, struct sl_number *number)
{
    struct sl_stream stream = sl_stream_at(&parameter->stream, i);

    return sl_space_draw(&parameter->space, &stream, number);
}

void
sl_random_read(struct sl_reading *reading, const struct sl_node *node, const char *where,
               struct sl_drafts *drafts)
{
    struct draws draws = {0};
    struct parameters parameters;

    *drafts = (struct sl_drafts){0};
    drafts->bad = !read_draws(reading, node, where, &draws, &parameters);
    if (!drafts->bad)
        draw_points(reading, &parameters, (size_t)draws.count, draw_random, drafts);
}

/* The middle of the 2^-32 that a coordinate stands for. */
static const struct sl_node *
draw_sobol(const struct parameter *parameter, size_t i, struct sl_number *number)
{
    uint32_t x = sl_sobol_coordinate(parameter->directions, (uint32_t)i);

    return sl_space_at(&parameter->space,
                       ((double)(x ^ parameter->shift) + 0.5) * 0x1p-32, number);
}

/* A random digital shift: other seeds give other points, as evenly spread, and the origin
 * is not always the first of them. */
void
sl_sobol_read(struct sl_reading *reading, const struct sl_node *node, const char *where,
              struct sl_drafts *drafts)
{
    struct draws draws = {0};
    struct parameters parameters;

    *drafts = (struct sl_drafts){0};
    drafts->bad = !read_draws(reading, node, where, &draws, &parameters);
    if (!drafts->bad && parameters.n > SL_SOBOL_DIMENSIONS) {
        sl_report_add(reading->report, SL_ERROR, node->key_mark,
                      "sobol has %d dimensions, got %zu; 'random' has no limit",
                      SL_SOBOL_DIMENSIONS, parameters.n);
        drafts->bad = true;
    }
    if (drafts->bad)
        return;
    for (size_t j = 0; j < parameters.n; j++) {
        sl_sobol_directions((unsigned)j, parameters.at[j].directions);
        parameters.at[j].shift = sl_stream_u32(&parameters.at[j].stream);
    }
    draw_points(reading, &parameters, (size_t)draws.count, draw_sobol, drafts);
}

/* ---- the first round of a search ---------------------------------------------------- */

struct rounds {
    int64_t rounds, size, start;
};

const struct sl_field sl_round_fields[] = {
    SL_FIELD(struct rounds, rounds, int64_t, SL_TYPE_INT, .flags = SL_REQUIRED, .low = 1,
             .high = SL_SWEEP_MAX, .help = "rounds, the first one included"),
    SL_FIELD(struct rounds, size, int64_t, SL_TYPE_INT, .flags = SL_REQUIRED, .low = 1,
             .high = SL_SWEEP_MAX, .help = "points of a round"),
    SL_FIELD(struct rounds, start, int64_t, SL_TYPE_INT, .low = 0, .high = SL_SWEEP_MAX,
             .help = "points of the first round, drawn at random; 0: size of them"),
    SL_FIELD_END,
};

static void
keep_space(struct sl_reading *reading, const struct parameters *parameters,
           struct sl_search *search)
{
    struct sl_space *space =
        sl_arena_alloc(reading->arena, parameters->n * sizeof *space);

    for (size_t i = 0; i < parameters->n; i++)
        space[i] = parameters->at[i].space;
    search->n = parameters->n;
    search->space = space;
}

void
sl_search_read(struct sl_reading *reading, const struct sl_node *node, const char *where,
               struct sl_search *search, struct sl_drafts *drafts)
{
    struct rounds rounds = {0};
    struct parameters parameters;
    bool sound =
        bind(reading, sl_round_fields, node,
             "{rounds: N, size: N, start: N, space: {PATH: SPACE, ...}}", &rounds);

    *drafts = (struct sl_drafts){.bad = true};
    if (node->kind != SL_NODE_MAP || !read_spaces(reading, node, where, &parameters) ||
        !sound)
        return;
    search->rounds = rounds.rounds;
    search->size = rounds.size;
    search->start = rounds.start > 0 ? rounds.start : rounds.size;
    search->mark = node->key_mark;
    keep_space(reading, &parameters, search);
    drafts->bad = false;
    draw_points(reading, &parameters, (size_t)search->start, draw_random, drafts);
}
