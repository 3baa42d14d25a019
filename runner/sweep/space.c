/* SPDX-License-Identifier: MIT */
#include "runner/sweep/space.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/sweep/keys.h"

/* ---- reading ------------------------------------------------------------------------ */

const char *const sl_space_names[] = {
    [SL_UNIFORM] = "uniform",
    [SL_LOG_UNIFORM] = "log-uniform",
    [SL_INTEGER] = "integer",
    [SL_SPACE_CHOICE] = "choice",
    NULL,
};
const char *const sl_space_helps[] = {
    [SL_UNIFORM] = "any number between, evenly",
    [SL_LOG_UNIFORM] = "any number between, evenly by factors",
    [SL_INTEGER] = "a whole number, the ends included",
    [SL_SPACE_CHOICE] = "one of them",
    NULL,
};
#define NAMES (sizeof sl_space_names / sizeof *sl_space_names - 1)

static bool
find_kind(struct sl_reading *reading, const struct sl_node *node,
          enum sl_space_kind *kind)
{
    size_t i = 0;

    if (node->kind != SL_NODE_MAP || node->count != 1) {
        sl_reading_refuse(reading, node,
                          "{uniform: [a, b]}, {log-uniform: [a, b]}, {integer: [a, b]} "
                          "or {choice: [...]}");
        return false;
    }
    while (i < NAMES && strcmp(sl_space_names[i], node->first->key) != 0)
        i++;
    if (i == NAMES)
        sl_report_unknown_key(reading->report, node->first, sl_space_names, NAMES);
    *kind = (enum sl_space_kind)i;
    return i < NAMES;
}

/* So far doubles count exactly, and there is no need to go further. */
static bool
is_whole(double number)
{
    return number == floor(number) && fabs(number) <= 1e15;
}

static bool
check_ends(struct sl_reading *reading, const struct sl_node *node,
           const struct sl_space *space)
{
    if (space->kind == SL_INTEGER && !(is_whole(space->low) && is_whole(space->high)))
        sl_reading_refuse(reading, is_whole(space->low) ? node->last : node->first,
                          "a whole number");
    else if (space->kind == SL_LOG_UNIFORM && space->low <= 0)
        sl_reading_refuse(reading, node->first,
                          "a number above 0, since log-uniform goes by factors");
    else if (space->low >= space->high)
        sl_report_add(reading->report, SL_ERROR, node->mark,
                      "the space is empty: %s is not below %s", node->first->text,
                      node->last->text);
    else if (!isfinite(space->high - space->low))
        sl_report_add(reading->report, SL_ERROR, node->mark,
                      "the space is wider than numbers reach");
    else
        return true;
    return false;
}

static bool
read_choices(struct sl_reading *reading, const struct sl_node *node, uint32_t place,
             struct sl_space *space)
{
    struct sl_values values;
    const struct sl_node **choices;

    if (!sl_values_read(reading, node, &values) ||
        !sl_values_number(reading, place, &values))
        return false;
    choices = sl_arena_alloc(reading->arena, values.n * sizeof *choices);
    memcpy(choices, values.at, values.n * sizeof *choices);
    space->n = values.n;
    space->choices = choices;
    return true;
}

bool
sl_space_read(struct sl_reading *reading, const struct sl_node *node,
              struct sl_space *space, uint32_t *place)
{
    double ends[2];

    *space = (struct sl_space){.mark = node->key_mark};
    if (!sl_reading_path(reading, node, place) || !find_kind(reading, node, &space->kind))
        return false;
    space->path = sl_reading_axis(reading, *place)->path;
    node = node->first;
    if (space->kind == SL_SPACE_CHOICE)
        return read_choices(reading, node, *place, space);
    if (!sl_numbers_read(reading, node, "[lowest, highest]", 2, ends))
        return false;
    space->low = ends[0];
    space->high = ends[1];
    return check_ends(reading, node, space);
}

/* ---- values ------------------------------------------------------------------------- */

/* Values of an integer or a choice. */
static double
count_values(const struct sl_space *space)
{
    return space->kind == SL_SPACE_CHOICE ? (double)space->n
                                          : space->high - space->low + 1;
}

/* The value of that index, of an integer or a choice. */
static const struct sl_node *
indexed(const struct sl_space *space, double index, struct sl_number *number)
{
    if (space->kind == SL_SPACE_CHOICE)
        return space->choices[(size_t)index];
    sl_number_init(number, space->low + index, space->mark);
    return &number->node;
}

/* Rounding to 12 digits must not lead out of the space. */
static const struct sl_node *
continuous(const struct sl_space *space, double value, struct sl_number *number)
{
    sl_number_init(number, value, space->mark);
    value = strtod(number->text, NULL);
    if (value < space->low || value > space->high)
        sl_number_exact(number, value < space->low ? space->low : space->high);
    return &number->node;
}

const struct sl_node *
sl_space_at(const struct sl_space *space, double u, struct sl_number *number)
{
    double low = space->low, high = space->high;

    if (space->kind == SL_UNIFORM)
        return continuous(space, low + u * (high - low), number);
    if (space->kind == SL_LOG_UNIFORM)
        return continuous(space, low * pow(high / low, u), number);
    return indexed(space, fmin(floor(u * count_values(space)), count_values(space) - 1),
                   number);
}

/* Uniform on 0..n-1: draws as many bits as n - 1 has until they are below n. */
static double
draw_below(struct sl_stream *stream, uint64_t n)
{
    uint64_t mask = n - 1, index;

    for (unsigned shift = 1; shift < 64; shift *= 2)
        mask |= mask >> shift;
    do {
        index = sl_stream_u32(stream);
        index = (index << 32 | sl_stream_u32(stream)) & mask;
    } while (index >= n);
    return (double)index;
}

const struct sl_node *
sl_space_draw(const struct sl_space *space, struct sl_stream *stream,
              struct sl_number *number)
{
    if (space->kind == SL_UNIFORM || space->kind == SL_LOG_UNIFORM)
        return sl_space_at(space, sl_stream_uniform(stream), number);
    return indexed(space, draw_below(stream, (uint64_t)count_values(space)), number);
}
