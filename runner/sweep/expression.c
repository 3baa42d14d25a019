/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "runner/sweep/keys.h"
#include "runner/sweep/reading.h"

/* ---- grid and zip ------------------------------------------------------------------- */

/* A mapping of paths that is not empty; false, and a problem, if it is none. */
static bool
check_map(struct sl_reading *reading, const struct sl_node *node)
{
    if (node->kind == SL_NODE_MAP && node->count > 0)
        return true;
    sl_reading_refuse(reading, node,
                      node->kind == SL_NODE_MAP ? "paths with their values"
                                                : "a mapping {PATH: VALUES, ...}");
    return false;
}

/* n points with one pick each for a place; their values follow. */
static void
make_points(struct sl_reading *reading, size_t n, const uint32_t *places, size_t width,
            struct sl_drafts *drafts)
{
    struct sl_pick *picks = sl_arena_alloc(reading->scratch, n * width * sizeof *picks);

    drafts->n = n;
    drafts->at = sl_arena_alloc(reading->scratch, n * sizeof *drafts->at);
    drafts->place_count = width;
    drafts->places = sl_arena_alloc(reading->scratch, width * sizeof *drafts->places);
    for (size_t j = 0; j < width; j++)
        drafts->places[j] = places[j];
    for (size_t i = 0; i < n; i++) {
        drafts->at[i].picks = picks + i * width;
        drafts->at[i].n = (uint32_t)width;
        for (size_t j = 0; j < width; j++)
            drafts->at[i].picks[j].place = places[j];
    }
}

/* One path of a grid. */
static void
read_axis(struct sl_reading *reading, const struct sl_node *node,
          struct sl_drafts *drafts)
{
    const uint32_t *numbers = NULL;
    struct sl_values values;
    uint32_t place;

    if (sl_reading_path(reading, node, &place) && sl_values_read(reading, node, &values))
        numbers = sl_values_number(reading, place, &values);
    drafts->bad = !numbers;
    if (!numbers)
        return;
    make_points(reading, values.n, &place, 1, drafts);
    for (size_t i = 0; i < values.n; i++) {
        drafts->at[i].picks->value = numbers[i];
        drafts->at[i].mark = values.at[i]->mark;
    }
}

void
sl_grid_read(struct sl_reading *reading, const struct sl_node *node, const char *where,
             struct sl_drafts *drafts)
{
    struct sl_drafts *sets;
    size_t n = 0;

    (void)where;
    *drafts = (struct sl_drafts){.bad = true};
    if (!check_map(reading, node))
        return;
    sets = sl_arena_alloc(reading->scratch, node->count * sizeof *sets);
    for (const struct sl_node *child = node->first; child; child = child->next)
        read_axis(reading, child, &sets[n++]);
    sl_drafts_combine(reading, sets, n, node->key_mark, drafts);
}

/* The lists of a zip, which must have one length. */
struct zipped {
    uint32_t *places;
    struct sl_values *values;
};

static bool
read_lists(struct sl_reading *reading, const struct sl_node *node, struct zipped *zipped)
{
    bool sound = true;
    size_t i = 0;

    zipped->places = sl_arena_alloc(reading->scratch, node->count * sizeof(uint32_t));
    zipped->values =
        sl_arena_alloc(reading->scratch, node->count * sizeof *zipped->values);
    for (const struct sl_node *child = node->first; child; child = child->next, i++) {
        bool read = sl_reading_path(reading, child, &zipped->places[i]) &&
                    sl_values_read(reading, child, &zipped->values[i]);

        sound = sound && read;
        if (!sound || zipped->values[i].n == zipped->values[0].n)
            continue;
        sl_report_add(reading->report, SL_ERROR, child->mark,
                      "zip pairs lists of one length: '%s' has %zu values, '%s' %zu",
                      child->key, zipped->values[i].n, node->first->key,
                      zipped->values[0].n);
        sound = false;
    }
    return sound;
}

static void
read_zip(struct sl_reading *reading, const struct sl_node *node, const char *where,
         struct sl_drafts *drafts)
{
    struct zipped zipped;
    size_t n;

    (void)where;
    *drafts = (struct sl_drafts){.bad = true};
    if (!check_map(reading, node) || !read_lists(reading, node, &zipped))
        return;
    n = zipped.values[0].n;
    drafts->bad = false;
    make_points(reading, n, zipped.places, node->count, drafts);
    for (size_t i = 0; i < n; i++) {
        drafts->at[i].mark = zipped.values[0].at[i]->mark;
        for (size_t j = 0; j < node->count; j++)
            drafts->at[i].picks[j].value =
                sl_reading_value(reading, zipped.places[j], zipped.values[j].at[i]);
    }
}

/* ---- list --------------------------------------------------------------------------- */

static void
read_point(struct sl_reading *reading, const struct sl_node *node,
           struct sl_drafts *drafts)
{
    uint32_t *places = sl_arena_alloc(reading->scratch, node->count * sizeof *places);
    size_t i = 0;

    drafts->bad = node->kind != SL_NODE_MAP;
    if (drafts->bad)
        sl_reading_refuse(reading, node, "a point, {PATH: VALUE, ...}");
    for (const struct sl_node *child = node->first; child && !drafts->bad;
         child = child->next)
        drafts->bad = !sl_reading_path(reading, child, &places[i++]);
    if (drafts->bad)
        return;
    make_points(reading, 1, places, node->count, drafts);
    drafts->at->mark = node->mark;
    i = 0;
    for (const struct sl_node *child = node->first; child; child = child->next, i++)
        drafts->at->picks[i].value = sl_reading_value(reading, places[i], child);
}

/* A list that is not empty; false, and a problem, if it is none. */
static bool
check_list(struct sl_reading *reading, const struct sl_node *node, const char *what)
{
    if (node->kind != SL_NODE_LIST)
        sl_reading_refuse(reading, node, what);
    else if (node->count == 0)
        sl_report_add(reading->report, SL_ERROR, node->mark,
                      "an empty list; the sweep comes to nothing");
    return node->kind == SL_NODE_LIST && node->count > 0;
}

static void
read_list(struct sl_reading *reading, const struct sl_node *node, const char *where,
          struct sl_drafts *drafts)
{
    struct sl_drafts *sets;
    size_t n = 0;

    (void)where;
    *drafts = (struct sl_drafts){.bad = true};
    if (!check_list(reading, node, "a list of points, [{PATH: VALUE, ...}, ...]"))
        return;
    sets = sl_arena_alloc(reading->scratch, node->count * sizeof *sets);
    for (const struct sl_node *child = node->first; child; child = child->next)
        read_point(reading, child, &sets[n++]);
    sl_drafts_join(reading, sets, n, node->mark, drafts);
}

/* ---- expressions of expressions ----------------------------------------------------- */

/* "all.0" */
static const char *
below(struct sl_reading *reading, const char *where, const char *key)
{
    return sl_arena_format(reading->scratch, "%s%s%s", where, *where ? "." : "", key);
}

static struct sl_drafts *
read_each(struct sl_reading *reading, const struct sl_node *node, const char *where)
{
    struct sl_drafts *sets = sl_arena_alloc(reading->scratch, node->count * sizeof *sets);
    char index[24];
    size_t n = 0;

    for (const struct sl_node *child = node->first; child; child = child->next, n++) {
        snprintf(index, sizeof index, "%zu", n);
        sl_expression_read(reading, child, below(reading, where, index), &sets[n]);
    }
    return sets;
}

static void
read_all(struct sl_reading *reading, const struct sl_node *node, const char *where,
         struct sl_drafts *drafts)
{
    *drafts = (struct sl_drafts){.bad = true};
    if (check_list(reading, node, "a list of expressions"))
        sl_drafts_combine(reading, read_each(reading, node, where), node->count,
                          node->key_mark, drafts);
}

static void
read_any(struct sl_reading *reading, const struct sl_node *node, const char *where,
         struct sl_drafts *drafts)
{
    *drafts = (struct sl_drafts){.bad = true};
    if (check_list(reading, node, "a list of expressions"))
        sl_drafts_join(reading, read_each(reading, node, where), node->count, node->mark,
                       drafts);
}

/* ---- an expression ------------------------------------------------------------------ */

static const struct rule {
    struct sl_sweep_key key;
    void (*read)(struct sl_reading *reading, const struct sl_node *node,
                 const char *where, struct sl_drafts *drafts); /* of a generator */
} rules[] = {
    {{"grid", "every combination; the last path runs fastest", SL_SWEEP_AXES, false},
     sl_grid_read},
    {{"zip", "values side by side, from lists of one length", SL_SWEEP_AXES, false},
     read_zip},
    {{"list", "points one by one", SL_SWEEP_POINTS, false}, read_list},
    {{"random", "points drawn at random", SL_SWEEP_DRAWS, false}, sl_random_read},
    {{"sobol", "points of a Sobol sequence", SL_SWEEP_DRAWS, false}, sl_sobol_read},
    {{"all", "every combination of the expressions' points", SL_SWEEP_EXPRESSIONS, false},
     read_all},
    {{"any", "the points of one expression after the other", SL_SWEEP_EXPRESSIONS, false},
     read_any},
    {{"when", "keeps the points for which it holds", SL_SWEEP_CONDITION, false}, NULL},
    {{"exclude", "drops the points for which it holds", SL_SWEEP_CONDITION, false}, NULL},
    {{"repeats", "seeds as replicates: seed, seed + 1, ...", SL_SWEEP_REPEATS, true},
     NULL},
    {{"objective", "what the points are ranked by", SL_SWEEP_OBJECTIVE, true}, NULL},
    {{"halving", "short runs first, and the best go on", SL_SWEEP_HALVING, true}, NULL},
    {{"search", "points drawn in rounds, by what came out before", SL_SWEEP_SEARCH, true},
     NULL},
    {{"figures", "what is drawn of the sweep; by default what fits", SL_SWEEP_FIGURES,
      true},
     NULL},
};
#define RULES (sizeof rules / sizeof *rules)

const struct sl_sweep_key *
sl_sweep_key(size_t i)
{
    return i < RULES ? &rules[i].key : NULL;
}

static const struct rule *
find_rule(const char *name)
{
    for (size_t i = 0; i < RULES; i++)
        if (strcmp(rules[i].key.name, name) == 0)
            return &rules[i];
    return NULL;
}

/* A key that is no generator. */
static void
check_key(struct sl_reading *reading, const struct sl_node *node, bool outermost)
{
    const struct rule *rule = find_rule(node->key);
    const char *words[RULES];
    size_t n = 0;

    for (size_t i = 0; i < RULES; i++)
        if (outermost || !rules[i].key.outermost)
            words[n++] = rules[i].key.name;
    if (!rule)
        sl_report_unknown_key(reading->report, node, words, n);
    else if (rule->key.outermost && !outermost)
        sl_report_add(reading->report, SL_ERROR, node->key_mark,
                      "'%s' belongs to the sweep as a whole; write it directly below "
                      "'sweep'",
                      node->key);
}

static void
read_map(struct sl_reading *reading, const struct sl_node *node, const char *where,
         struct sl_drafts *drafts)
{
    struct sl_drafts *sets = sl_arena_alloc(reading->scratch, node->count * sizeof *sets);
    size_t n = 0, errors = reading->report->errors;

    for (const struct sl_node *child = node->first; child; child = child->next) {
        const struct rule *rule = find_rule(child->key);

        if (rule && rule->read)
            rule->read(reading, child, below(reading, where, child->key), &sets[n++]);
        else
            check_key(reading, child, !*where);
    }
    if (n == 1)
        *drafts = sets[0];
    else
        sl_drafts_combine(reading, sets, n, node->mark, drafts);
    drafts->bad = drafts->bad || reading->report->errors > errors;
    if (sl_node_get(node, "when"))
        sl_drafts_filter(reading, sl_node_get(node, "when"), true, drafts);
    if (sl_node_get(node, "exclude"))
        sl_drafts_filter(reading, sl_node_get(node, "exclude"), false, drafts);
}

void
sl_expression_read(struct sl_reading *reading, const struct sl_node *node,
                   const char *where, struct sl_drafts *drafts)
{
    *drafts = (struct sl_drafts){.bad = true};
    if (node->kind == SL_NODE_MAP)
        read_map(reading, node, where, drafts);
    else if (node->kind == SL_NODE_LIST)
        read_any(reading, node, where, drafts);
    else
        sl_reading_refuse(reading, node,
                          "a sweep: grid, zip, list, random, sobol, all or any");
}
