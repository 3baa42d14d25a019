/* SPDX-License-Identifier: MIT */
#include "modules/learn/index_set.h"

enum { EVEN, ODD, FIRST_HALF, RANDOM };
static const char *const words[] = {"even", "odd", "first-half", "random", NULL};

const struct sl_field sl_index_set_fields[] = {
    SL_FIELD(struct sl_index_set_config, set, struct sl_word_or_ints,
             SL_TYPE_WORD_OR_INTS, .text = "even", .words = words, .low = 0, .high = 1e6,
             .help = "columns that stay and decide how the others move, counted from 0"),
    SL_FIELD(struct sl_index_set_config, seed, uint64_t, SL_TYPE_SEED, .number = 1,
             .help = "of a random set; the layer's name enters as well"),
    SL_FIELD_END,
};

uint32_t *
sl_index_shuffle(uint64_t seed, const struct sl_layer *layer)
{
    uint32_t *order = sl_arena_alloc(layer->arena, layer->in * sizeof *order);
    struct sl_stream stream;

    for (size_t i = 0; i < layer->in; i++)
        order[i] = (uint32_t)i;
    sl_stream_init(&stream, seed, layer->name, "columns");
    sl_stream_shuffle(&stream, order, layer->in);
    return order;
}

static enum sl_status
mark_list(const struct sl_word_or_ints *list, size_t d, bool *member,
          struct sl_error *err)
{
    for (size_t i = 0; i < list->list.n; i++) {
        int64_t column = list->list.at[i];
        if ((uint64_t)column >= d)
            return sl_fail_at(err, list->mark,
                              "index set has column %lld; there are columns 0..%zu",
                              (long long)column, d - 1);
        if (member[column])
            return sl_fail_at(err, list->mark, "index set has column %lld twice",
                              (long long)column);
        member[column] = true;
    }
    return SL_OK;
}

static void
mark_random(uint64_t seed, const struct sl_layer *layer, bool *member)
{
    const uint32_t *order = sl_index_shuffle(seed, layer);

    for (size_t i = 0; i < layer->in / 2; i++)
        member[order[i]] = true;
}

static void
mark_word(int word, size_t d, bool *member)
{
    for (size_t i = 0; i < d; i++)
        member[i] = word == FIRST_HALF ? i < d / 2 : i % 2 == (size_t)(word == ODD);
}

static void
list_members(const bool *member, const struct sl_layer *layer, struct sl_index_set *set)
{
    uint32_t *in = sl_arena_alloc(layer->arena, layer->in * sizeof *in);
    uint32_t *out = sl_arena_alloc(layer->arena, layer->in * sizeof *out);

    *set = (struct sl_index_set){.in = in, .out = out};
    for (size_t i = 0; i < layer->in; i++) {
        if (member[i])
            in[set->n++] = (uint32_t)i;
        else
            out[set->m++] = (uint32_t)i;
    }
}

enum sl_status
sl_index_set_make(const struct sl_index_set_config *config, const struct sl_layer *layer,
                  struct sl_index_set *set, struct sl_error *err)
{
    bool *member = sl_arena_alloc(layer->arena, layer->in * sizeof *member);

    if (config->set.word < 0)
        SL_TRY(mark_list(&config->set, layer->in, member, err));
    else if (config->set.word == RANDOM)
        mark_random(config->seed, layer, member);
    else
        mark_word(config->set.word, layer->in, member);
    list_members(member, layer, set);
    if (set->n == 0)
        return sl_fail_at(err, config->set.mark,
                          "index set is empty among %zu column%s: no column would decide "
                          "how the others move",
                          layer->in, layer->in == 1 ? "" : "s");
    if (set->m == 0)
        return sl_fail_at(err, config->set.mark,
                          "index set is full among %zu column%s: no column would move",
                          layer->in, layer->in == 1 ? "" : "s");
    return SL_OK;
}
