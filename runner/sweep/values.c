/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "runner/sweep/keys.h"
#include "runner/sweep/reading.h"

/* VALUES: a list, or one that is made from three numbers. */

/* ---- numbers ------------------------------------------------------------------------ */

bool
sl_numbers_read(struct sl_reading *reading, const struct sl_node *node, const char *shape,
                size_t n, double *numbers)
{
    const struct sl_node *child = node->first;

    if (node->kind != SL_NODE_LIST || node->count != n) {
        sl_reading_refuse(reading, node, shape);
        return false;
    }
    for (size_t i = 0; i < n; i++, child = child->next)
        if (!sl_node_double(child, &numbers[i]) || !isfinite(numbers[i])) {
            sl_reading_refuse(reading, child, "a finite number");
            return false;
        }
    return true;
}

/* ---- values that are made ----------------------------------------------------------- */

/* From three numbers: how many values there are, and which. */
struct made {
    const char *name, *shape, *help;
    bool (*check)(struct sl_reading *reading, const struct sl_node *node,
                  const double *at, double *count);
    double (*value)(const double *at, size_t i);
    bool ends; /* the first value and the last are as they are written */
};

static bool
check_range(struct sl_reading *reading, const struct sl_node *node, const double *at,
            double *count)
{
    double steps = (at[1] - at[0]) / at[2];

    if (at[2] == 0) {
        sl_report_add(reading->report, SL_ERROR, node->last->mark,
                      "a step of 0 leads nowhere");
        return false;
    }
    if (steps < 0) {
        sl_report_add(reading->report, SL_ERROR, node->last->mark,
                      "a step of %s leads away from %s", node->last->text,
                      node->first->next->text);
        return false;
    }
    /* The last one counts even if the division falls short of it by rounding. */
    *count = floor(steps + 1e-9) + 1;
    return true;
}

static double
range_value(const double *at, size_t i)
{
    double value = at[0] + (double)i * at[2];

    return fabs(value) < 1e-9 * fabs(at[2]) ? 0 : value;
}

static bool
check_count(struct sl_reading *reading, const struct sl_node *node, const double *at,
            double *count)
{
    *count = at[2];
    if (at[2] >= 2 && at[2] == floor(at[2]))
        return true;
    sl_reading_refuse(reading, node->last, "a number of values, at least 2");
    return false;
}

static double
linear_value(const double *at, size_t i)
{
    double steps = at[2] - 1, k = (double)i;
    double value = at[0] * ((steps - k) / steps) + at[1] * (k / steps);

    return fabs(value) < 1e-9 * fabs(at[1] - at[0]) / steps ? 0 : value;
}

static bool
check_logarithms(struct sl_reading *reading, const struct sl_node *node, const double *at,
                 double *count)
{
    for (size_t i = 0; i < 2; i++)
        if (at[i] <= 0) {
            sl_reading_refuse(reading, i ? node->first->next : node->first,
                              "a number above 0, since logspace goes by factors");
            return false;
        }
    return check_count(reading, node, at, count);
}

static double
logarithmic_value(const double *at, size_t i)
{
    return at[0] * pow(at[1] / at[0], (double)i / (at[2] - 1));
}

static const struct made kinds[] = {
    {"range", "[first, last, step]", "first, first + step, ... up to last", check_range,
     range_value, false},
    {"linspace", "[first, last, number of values]", "evenly spaced, with both ends",
     check_count, linear_value, true},
    {"logspace", "[first, last, number of values]",
     "spaced by one factor, with both ends, which are values, not exponents",
     check_logarithms, logarithmic_value, true},
};
#define KINDS (sizeof kinds / sizeof *kinds)

const char *
sl_made_name(size_t i)
{
    return i < KINDS ? kinds[i].name : NULL;
}

const char *
sl_made_shape(size_t i)
{
    return kinds[i].shape;
}

const char *
sl_made_help(size_t i)
{
    return kinds[i].help;
}

static const struct made *
find_made(const struct sl_node *node)
{
    if (node->kind != SL_NODE_MAP || node->count != 1)
        return NULL;
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(kinds[i].name, node->first->key) == 0)
            return &kinds[i];
    return NULL;
}

bool
sl_values_are_made(const struct sl_node *node)
{
    return find_made(node);
}

static bool
make_values(struct sl_reading *reading, const struct made *made,
            const struct sl_node *node, struct sl_values *values)
{
    double at[3], count;

    if (!sl_numbers_read(reading, node, made->shape, 3, at) ||
        !made->check(reading, node, at, &count))
        return false;
    if (count > SL_SWEEP_MAX) {
        sl_reading_refuse_count(reading, node->mark, "values", count);
        return false;
    }
    values->n = (size_t)count;
    values->at = sl_arena_alloc(reading->scratch, values->n * sizeof *values->at);
    for (size_t i = 0; i < values->n; i++) {
        struct sl_number number;

        sl_number_init(&number, made->value(at, i), node->mark);
        values->at[i] = sl_number_copy(reading->arena, &number);
    }
    if (made->ends) {
        values->at[0] = node->first;
        values->at[values->n - 1] = node->first->next;
    }
    return true;
}

/* ---- lists -------------------------------------------------------------------------- */

/* What people write instead: {train: {epochs: [1, 2]}} and a single value. */
static void
refuse_values(struct sl_reading *reading, const struct sl_node *node)
{
    const struct sl_node *child = node->kind == SL_NODE_MAP ? node->first : NULL;
    const char *names[KINDS];

    for (size_t i = 0; i < KINDS; i++)
        names[i] = kinds[i].name;
    if (child && node->count == 1 && sl_nearest(child->key, names, KINDS))
        sl_report_add(reading->report, SL_ERROR, child->key_mark,
                      "unknown values '%s'; did you mean '%s'?", child->key,
                      sl_nearest(child->key, names, KINDS));
    else if (child && node->key)
        sl_report_add(reading->report, SL_ERROR, node->mark,
                      "expected a list of values, got a mapping; write the path in one, "
                      "'%s.%s: [...]'",
                      node->key, child->key);
    else
        sl_reading_refuse(reading, node,
                          "a list of values, {range: [...]}, {linspace: [...]} or "
                          "{logspace: [...]}");
}

bool
sl_values_read(struct sl_reading *reading, const struct sl_node *node,
               struct sl_values *values)
{
    const struct made *made = find_made(node);
    size_t i = 0;

    *values = (struct sl_values){0};
    if (made)
        return make_values(reading, made, node->first, values);
    if (node->kind != SL_NODE_LIST) {
        refuse_values(reading, node);
        return false;
    }
    if (node->count == 0) {
        sl_report_add(reading->report, SL_ERROR, node->mark,
                      "an empty list; a sweep over no values comes to nothing");
        return false;
    }
    values->n = node->count;
    values->at = sl_arena_alloc(reading->scratch, values->n * sizeof *values->at);
    for (const struct sl_node *child = node->first; child; child = child->next)
        values->at[i++] = child;
    return true;
}

/* Of the list that is being read, the first value that equals this one. */
static const struct sl_node *
find_first(const struct sl_values *values, const struct sl_node *again)
{
    size_t i = 0;

    while (!sl_value_equal(values->at[i], again))
        i++;
    return values->at[i];
}

/* "same value twice: 0.10 is 0.1". */
static void
tell_twice(struct sl_reading *reading, const struct sl_values *values,
           const struct sl_node *again)
{
    const struct sl_node *first = find_first(values, again);
    const char *text = sl_value_text(again, reading->scratch);
    const char *before = sl_value_text(first, reading->scratch);

    if (strcmp(text, before) == 0)
        sl_report_add(reading->report, SL_ERROR, again->mark,
                      "same value twice: %s; two runs would be the same", text);
    else
        sl_report_add(reading->report, SL_ERROR, again->mark,
                      "same value twice: %s is %s; two runs would be the same", text,
                      before);
    sl_report_add(reading->report, SL_NOTE, first->mark, "it is here already");
}

uint32_t *
sl_values_number(struct sl_reading *reading, uint32_t place,
                 const struct sl_values *values)
{
    uint32_t *numbers = sl_arena_alloc(reading->scratch, values->n * sizeof *numbers);
    uint32_t list = ++reading->lists;
    const struct sl_swept *axis;
    size_t equal = 0;

    for (size_t i = 0; i < values->n; i++) {
        numbers[i] = sl_reading_value(reading, place, values->at[i]);
        axis = sl_reading_axis(reading, place);
        if (axis->lists[numbers[i]] == list && equal++ < 5)
            tell_twice(reading, values, values->at[i]);
        axis->lists[numbers[i]] = list;
    }
    return equal == 0 ? numbers : NULL;
}
