/* SPDX-License-Identifier: MIT */
#include "modules/learn/labels.h"

#include <inttypes.h>

static bool
contains(const struct sl_int_list *list, int32_t label)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->at[i] == label)
            return true;
    return false;
}

/* Room for a part of the scores. */
struct part {
    struct sl_scores *scores;
    double *at;
    uint32_t *ids;
};

static bool
make_room(struct part *part, const struct sl_scores *all, struct sl_scores *scores,
          struct sl_arena *arena)
{
    *scores = *all;
    scores->n = 0;
    part->scores = scores;
    scores->at = part->at = sl_arena_rows(arena, all->n, sizeof *part->at);
    scores->ids = part->ids = sl_arena_rows(arena, all->n, sizeof *part->ids);
    return part->at && part->ids;
}

enum sl_status
sl_scores_by_label(const struct sl_scores *scores,
                   const struct sl_int_list *normal_labels, struct sl_arena *arena,
                   struct sl_scores *normal, struct sl_scores *anomalous,
                   struct sl_error *err)
{
    struct part parts[2];

    if (!scores->data || !scores->data->labels)
        return sl_fail(err, SL_ERR_SHAPE,
                       "the rows of split '%s' have no labels that tell normal from "
                       "anomalous ones",
                       scores->split);
    if (!make_room(&parts[0], scores, normal, arena) ||
        !make_room(&parts[1], scores, anomalous, arena))
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu scores", scores->n);
    for (size_t i = 0; i < scores->n; i++) {
        int32_t label = scores->data->labels[scores->ids[i]];
        struct part *part = &parts[!contains(normal_labels, label)];

        if (label == SL_NO_LABEL)
            return sl_fail(err, SL_ERR_SHAPE,
                           "row %" PRIu32 " of the data, in split '%s', has no label",
                           scores->ids[i], scores->split);
        part->at[part->scores->n] = scores->at[i];
        part->ids[part->scores->n++] = scores->ids[i];
    }
    return SL_OK;
}

void
sl_labels_check(const struct sl_check *check, struct sl_mark mark)
{
    if (check->schema && check->schema->labels == SL_LABELS_NONE)
        sl_report_add(check->report, SL_ERROR, mark,
                      "the data has no labels that tell normal from anomalous rows");
}
