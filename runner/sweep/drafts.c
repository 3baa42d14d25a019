/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "runner/sweep/reading.h"

/* Points in the making: combined, joined, and equal ones left out. */

/* ---- combinations ------------------------------------------------------------------- */

/* A point has each path once. */
static bool
check_paths(struct sl_reading *reading, const struct sl_drafts *a,
            const struct sl_drafts *b)
{
    const struct sl_place *places = reading->places;

    for (size_t i = 0; i < a->place_count; i++)
        for (size_t j = 0; j < b->place_count; j++) {
            struct sl_place first = places[a->places[i]], second = places[b->places[j]];

            if (first.axis != second.axis)
                continue;
            sl_report_add(reading->report, SL_ERROR, second.mark,
                          "'%s' is set by two generators, so that a point would have two "
                          "values for it",
                          reading->axes[second.axis]->path);
            sl_report_add(reading->report, SL_NOTE, first.mark, "it is set here, too");
            return false;
        }
    return true;
}

/* Whether the sets can be combined, and how many points that gives. */
static bool
check_sets(struct sl_reading *reading, const struct sl_drafts *sets, size_t n,
           struct sl_mark mark, double *count)
{
    bool sound = true;

    *count = 1;
    for (size_t i = 0; i < n; i++) {
        *count *= (double)sets[i].n;
        sound = sound && !sets[i].bad;
        for (size_t j = 0; j < i; j++)
            sound = check_paths(reading, &sets[j], &sets[i]) && sound;
    }
    if (sound && *count > SL_SWEEP_MAX) {
        sl_reading_refuse_count(reading, mark, "points", *count);
        sound = false;
    }
    return sound;
}

static void
join_places(struct sl_reading *reading, const struct sl_drafts *sets, size_t n,
            struct sl_drafts *all)
{
    size_t most = 0, j;

    for (size_t i = 0; i < n; i++)
        most += sets[i].place_count;
    all->places = sl_arena_alloc(reading->scratch, most * sizeof *all->places);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sets[i].place_count; k++) {
            uint32_t axis = reading->places[sets[i].places[k]].axis;

            for (j = 0; j < all->place_count; j++)
                if (reading->places[all->places[j]].axis == axis)
                    break;
            if (j == all->place_count)
                all->places[all->place_count++] = sets[i].places[k];
        }
}

/* Picks of all combinations together. */
static size_t
count_picks(const struct sl_drafts *sets, size_t n, size_t count)
{
    size_t picks = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < sets[i].n; j++)
            picks += count / sets[i].n * sets[i].at[j].n;
    return picks;
}

/* Combination `index`, its picks written at `picks`. */
static struct sl_draft
combine_one(const struct sl_drafts *sets, size_t n, size_t index, struct sl_pick *picks)
{
    struct sl_draft draft = {.picks = picks};
    size_t stride = 1;

    for (size_t i = 0; i < n; i++)
        stride *= sets[i].n;
    for (size_t i = 0; i < n; i++) {
        const struct sl_draft *part;

        stride /= sets[i].n;
        part = &sets[i].at[index / stride % sets[i].n];
        if (part->n > 0)
            memcpy(picks + draft.n, part->picks, part->n * sizeof *picks);
        draft.n += part->n;
        draft.drawn = draft.drawn || part->drawn;
        if (i == 0)
            draft.mark = part->mark;
    }
    return draft;
}

void
sl_drafts_combine(struct sl_reading *reading, const struct sl_drafts *sets, size_t n,
                  struct sl_mark mark, struct sl_drafts *all)
{
    struct sl_pick *picks;
    double count;

    *all = (struct sl_drafts){0};
    join_places(reading, sets, n, all);
    all->bad = !check_sets(reading, sets, n, mark, &count);
    if (all->bad || count == 0)
        return;
    all->n = (size_t)count;
    all->at = sl_arena_alloc(reading->scratch, all->n * sizeof *all->at);
    picks =
        sl_arena_alloc(reading->scratch, count_picks(sets, n, all->n) * sizeof *picks);
    for (size_t i = 0; i < all->n; i++) {
        all->at[i] = combine_one(sets, n, i, picks);
        picks += all->at[i].n;
    }
    if (n == 0)
        all->at[0].mark = mark;
}

void
sl_drafts_join(struct sl_reading *reading, const struct sl_drafts *sets, size_t n,
               struct sl_mark mark, struct sl_drafts *all)
{
    size_t count = 0;

    *all = (struct sl_drafts){0};
    join_places(reading, sets, n, all);
    for (size_t i = 0; i < n; i++) {
        count += sets[i].n;
        all->bad = all->bad || sets[i].bad;
    }
    if (count > SL_SWEEP_MAX) {
        sl_reading_refuse_count(reading, mark, "points", (double)count);
        all->bad = true;
        return;
    }
    all->at = sl_arena_alloc(reading->scratch, count * sizeof *all->at);
    for (size_t i = 0; i < n; all->n += sets[i++].n)
        if (sets[i].n > 0)
            memcpy(all->at + all->n, sets[i].at, sets[i].n * sizeof *all->at);
}

/* ---- equal points ------------------------------------------------------------------- */

/* More equal points are only counted. */
#define TOLD 5

struct comparing {
    const struct sl_place *places;
    const struct sl_draft *at;
};

static bool
equal_points(const void *things, uint32_t a, uint32_t b)
{
    const struct comparing *c = things;
    const struct sl_draft *p = &c->at[a], *q = &c->at[b];

    if (p->n != q->n)
        return false;
    for (size_t i = 0; i < p->n; i++)
        if (c->places[p->picks[i].place].axis != c->places[q->picks[i].place].axis ||
            p->picks[i].value != q->picks[i].value)
            return false;
    return true;
}

/* Insertion sort: points are short, and most are in order. */
static void
sort_picks(const struct sl_place *places, struct sl_draft *draft)
{
    struct sl_pick *picks = draft->picks;

    for (size_t i = 1; i < draft->n; i++)
        for (size_t j = i; j > 0; j--) {
            struct sl_pick pick = picks[j];

            if (places[picks[j - 1].place].axis <= places[pick.place].axis)
                break;
            picks[j] = picks[j - 1];
            picks[j - 1] = pick;
        }
}

static uint64_t
hash_point(const struct sl_place *places, const struct sl_draft *draft)
{
    uint64_t hash = draft->n;

    for (size_t i = 0; i < draft->n; i++)
        hash = sl_hash_mix(hash, (uint64_t)places[draft->picks[i].place].axis << 32 |
                                     draft->picks[i].value);
    return hash;
}

/* "k=2.5, lr=0.1". */
static void
print_point(const struct sl_reading *reading, const struct sl_draft *draft,
            struct sl_text *out)
{
    sl_text_append(out, draft->n == 0 ? "no value at all" : "");
    for (size_t i = 0; i < draft->n; i++) {
        const struct sl_swept *axis = sl_reading_axis(reading, draft->picks[i].place);

        sl_text_format(out, "%s%s=", i ? ", " : "", axis->path);
        sl_value_print(axis->values[draft->picks[i].value], out);
    }
}

static void
tell_equal(struct sl_reading *reading, const struct sl_draft *first,
           const struct sl_draft *second)
{
    struct sl_text point = {0};

    print_point(reading, second, &point);
    sl_report_add(reading->report, SL_ERROR, second->mark, "the same point twice: %s",
                  point.bytes);
    sl_report_add(reading->report, SL_NOTE, first->mark, "it is the same as this one");
    sl_text_release(&point);
}

/* An array that a point moves within does not change: points are looked at by their
 * numbers, and those that stay come before those not looked at yet. */
void
sl_drafts_distinct(struct sl_reading *reading, struct sl_drafts *drafts)
{
    struct comparing comparing = {reading->places, drafts->at};
    struct sl_index index = {
        .arena = reading->scratch, .equal = equal_points, .things = &comparing};
    size_t kept = 0, equal = 0;

    for (size_t i = 0; i < drafts->n; i++) {
        struct sl_draft draft = drafts->at[i];
        uint32_t other;

        sort_picks(reading->places, &draft);
        drafts->at[kept] = draft;
        other = sl_index_add(&index, hash_point(reading->places, &draft), (uint32_t)kept);
        if (other == kept)
            kept++;
        else if (draft.drawn || drafts->at[other].drawn)
            reading->dropped++;
        else if (equal++ < TOLD)
            tell_equal(reading, &drafts->at[other], &draft);
    }
    if (equal > TOLD)
        sl_report_add(reading->report, SL_NOTE, drafts->at[0].mark,
                      "%zu more points are equal to others", equal - TOLD);
    drafts->n = kept;
    drafts->bad = drafts->bad || equal > 0;
}
