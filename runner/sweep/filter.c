/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "runner/sweep/condition.h"
#include "runner/sweep/reading.h"

/* Conditions on the points of an expression. */

struct looking {
    const struct sl_reading *reading;
    const struct sl_draft *draft;
};

/* What is left of a path behind the axis that leads to it, or NULL. */
static const char *
behind(const char *path, const char *axis)
{
    size_t n = strlen(axis);

    if (strncmp(path, axis, n) != 0 || (path[n] != '.' && path[n] != '\0'))
        return NULL;
    return path + n + (path[n] == '.');
}

/* The axis that says most of the path counts, and what the path leads to in its value. */
static const struct sl_node *
find_value(const void *context, const char *path)
{
    const struct looking *looking = context;
    const struct sl_node *value = NULL;
    const char *rest = NULL;

    for (size_t i = 0; i < looking->draft->n; i++) {
        struct sl_pick pick = looking->draft->picks[i];
        const struct sl_swept *axis = sl_reading_axis(looking->reading, pick.place);
        const char *left = behind(path, axis->path);

        if (left && (!rest || strlen(left) < strlen(rest))) {
            rest = left;
            value = axis->values[pick.value];
        }
    }
    return value ? sl_value_find(value, rest) : NULL;
}

/* Keeps the points for which the condition is `wanted`. */
static void
filter(struct sl_reading *reading, struct sl_condition *condition, bool wanted,
       struct sl_drafts *drafts)
{
    size_t kept = 0;

    for (size_t i = 0; i < drafts->n; i++) {
        struct looking looking = {reading, &drafts->at[i]};
        struct sl_lookup lookup = {find_value, &looking};

        if (sl_condition_holds(condition, lookup, reading->report) == wanted)
            drafts->at[kept++] = drafts->at[i];
    }
    drafts->n = kept;
}

/* A path that no point has would drop all points, or none. */
struct checking {
    struct sl_reading *reading;
    const struct sl_drafts *drafts;
    bool known;
};

static void
check_condition_path(void *context, const char *path, struct sl_mark mark)
{
    struct checking *checking = context;
    struct sl_reading *reading = checking->reading;
    size_t n = checking->drafts->place_count;
    const char **paths = sl_arena_alloc(reading->scratch, n * sizeof *paths), *near;

    for (size_t i = 0; i < n; i++) {
        paths[i] = sl_reading_axis(reading, checking->drafts->places[i])->path;
        if (behind(path, paths[i]))
            return;
    }
    near = sl_nearest(path, paths, n);
    sl_report_add(reading->report, SL_ERROR, mark, "'%s' is not swept here%s%s%s", path,
                  near ? "; did you mean '" : ", so that no point has a value for it",
                  near ? near : "", near ? "'?" : "");
    checking->known = false;
}

static bool
apply_condition(struct sl_reading *reading, const struct sl_node *node, bool wanted,
                struct sl_drafts *drafts)
{
    struct sl_condition *condition = sl_condition_parse(reading->compose, node);
    struct checking checking = {reading, drafts, true};
    size_t errors = reading->report->errors;

    if (!condition)
        return false;
    if (!drafts->bad)
        sl_condition_paths(condition, check_condition_path, &checking);
    if (!drafts->bad && checking.known)
        filter(reading, condition, wanted, drafts);
    return reading->report->errors == errors;
}

void
sl_drafts_filter(struct sl_reading *reading, const struct sl_node *node, bool wanted,
                 struct sl_drafts *drafts)
{
    const struct sl_node *one = node->kind == SL_NODE_LIST ? node->first : node;
    size_t before = drafts->n;
    bool sound = true;

    for (; one; one = node->kind == SL_NODE_LIST ? one->next : NULL)
        sound = apply_condition(reading, one, wanted, drafts) && sound;
    if (sound && !drafts->bad && before > 0 && drafts->n == 0) {
        sl_report_add(reading->report, SL_ERROR, node->mark,
                      "'%s' leaves none of %zu points; the sweep comes to nothing",
                      node->key, before);
        sound = false;
    }
    drafts->bad = drafts->bad || !sound;
}
