/* SPDX-License-Identifier: MIT */
#include "modules/learn/frame_duplicates.h"

#include <stdlib.h>
#include <string.h>

#include "runner/base/arena.h"

enum { TILE = 512 };

static uint64_t
word_at(const char *at, size_t bytes)
{
    uint64_t word = 0;

    memcpy(&word, at, bytes < sizeof word ? bytes : sizeof word);
    return word;
}

/* Both halves of the product of 64 by 64 bits. */
static uint64_t
folded(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Multiplies and folds, two words at a time: two different rows of a data set meet with a
 * chance of about n^2 / 2^57. */
static uint64_t
hash_row(const char *row, size_t bytes)
{
    const uint64_t odd = 0xff51afd7ed558ccdu, other = 0xc4ceb9fe1a85ec53u;
    uint64_t hash = 0x9e3779b97f4a7c15u ^ bytes;
    size_t i = 0;

    for (; bytes - i >= 16; i += 16)
        hash = folded(word_at(row + i, 8) ^ odd, word_at(row + i + 8, 8) ^ hash);
    for (; i < bytes; i += 8)
        hash = folded(word_at(row + i, bytes - i) ^ odd, hash);
    return folded(hash ^ other, odd);
}

/* A bit for each value of a hash's first bits. */
struct filter {
    uint64_t *words;
    unsigned shift;
};

/* What a row is marked with: whose it is, and whether its hash may be one of both. */
enum { TRAIN = 1, OTHER = 2, MAYBE = 4 };

struct search {
    const struct sl_dataset *data;
    uint8_t *marks; /* n */
    struct filter train, other;
    size_t *begins; /* of each tile's hashes, */
    uint64_t
        *hashes; /* of the rows that are MAYBE; the last bit says whose: 0 of train */
};

/* The hashes of a tile's rows with that mark, which a filter is about to be asked about:
 * n of them, and whose. The filter's words are on their way when they are used. */
struct batch {
    size_t n;
    uint64_t hashes[TILE];
    uint16_t rows[TILE]; /* from the tile's first */
};

static uint64_t
hash_at(const struct search *s, size_t row)
{
    size_t bytes = s->data->d * sl_dtype_size(s->data->type);

    return hash_row((const char *)s->data->x + row * bytes, bytes);
}

static size_t
tile_end(const struct search *s, size_t tile)
{
    return (tile + 1) * TILE < s->data->n ? (tile + 1) * TILE : s->data->n;
}

static void
batch_take(struct batch *batch, const struct search *s, size_t tile, uint8_t mark,
           const struct filter *filter)
{
    batch->n = 0;
    for (size_t row = tile * TILE; row < tile_end(s, tile); row++) {
        uint64_t hash;

        if (s->marks[row] != mark)
            continue;
        hash = hash_at(s, row);
        __builtin_prefetch(&filter->words[hash >> filter->shift >> 6]);
        batch->hashes[batch->n] = hash;
        batch->rows[batch->n++] = (uint16_t)(row - tile * TILE);
    }
}

static bool
holds(const struct filter *f, uint64_t hash)
{
    size_t bit = (size_t)(hash >> f->shift);

    return __atomic_load_n(&f->words[bit / 64], __ATOMIC_RELAXED) >> bit % 64 & 1;
}

/* From any thread: bits only come to be set. */
static void
enter(struct filter *f, uint64_t hash)
{
    size_t bit = (size_t)(hash >> f->shift);

    __atomic_fetch_or(&f->words[bit / 64], (uint64_t)1 << bit % 64, __ATOMIC_RELAXED);
}

static void
enter_train(void *context, size_t tile)
{
    struct search *s = context;
    struct batch batch;

    batch_take(&batch, s, tile, TRAIN, &s->train);
    for (size_t i = 0; i < batch.n; i++)
        enter(&s->train, batch.hashes[i]);
}

/* A row of the batch whose hash may be one of both. */
static void
mark_maybe(struct search *s, size_t tile, size_t row)
{
    s->marks[tile * TILE + row] |= MAYBE;
    s->begins[tile + 1]++;
}

static void
find_others(void *context, size_t tile)
{
    struct search *s = context;
    struct batch batch;

    batch_take(&batch, s, tile, OTHER, &s->train);
    for (size_t i = 0; i < batch.n; i++)
        if (holds(&s->train, batch.hashes[i])) {
            mark_maybe(s, tile, batch.rows[i]);
            enter(&s->other, batch.hashes[i]);
        }
}

static void
find_train(void *context, size_t tile)
{
    struct search *s = context;
    struct batch batch;

    batch_take(&batch, s, tile, TRAIN, &s->other);
    for (size_t i = 0; i < batch.n; i++)
        if (holds(&s->other, batch.hashes[i]))
            mark_maybe(s, tile, batch.rows[i]);
}

static void
hash_tile(void *context, size_t tile)
{
    struct search *s = context;
    uint64_t *at = s->hashes + s->begins[tile];

    for (size_t row = tile * TILE; row < tile_end(s, tile); row++)
        if (s->marks[row] & MAYBE)
            *at++ = (hash_at(s, row) & ~1ull) | (s->marks[row] & OTHER ? 1 : 0);
}

/* In place, by the highest byte first, then each range by the next. */
static void
sort_hashes(uint64_t *at, size_t n, unsigned shift)
{
    size_t begin[257] = {0}, next[256];

    if (n < 64 || shift == 0) {
        for (size_t i = 1; i < n; i++) {
            uint64_t value = at[i];
            size_t k = i;

            for (; k > 0 && at[k - 1] > value; k--)
                at[k] = at[k - 1];
            at[k] = value;
        }
        return;
    }
    shift -= 8;
    for (size_t i = 0; i < n; i++)
        begin[(at[i] >> shift & 255) + 1]++;
    for (size_t b = 0; b < 256; b++) {
        begin[b + 1] += begin[b];
        next[b] = begin[b];
    }
    for (size_t b = 0; b < 256; b++)
        while (next[b] < begin[b + 1]) {
            uint64_t value = at[next[b]];
            size_t home = value >> shift & 255;

            at[next[b]] = at[next[home]];
            at[next[home]++] = value;
        }
    for (size_t b = 0; b < 256; b++)
        sort_hashes(at + begin[b], begin[b + 1] - begin[b], shift);
}

/* Marked hashes that stand with an unmarked one. */
static size_t
count_shared(const uint64_t *at, size_t n)
{
    size_t shared = 0;

    for (size_t i = 0, end; i < n; i = end) {
        size_t marked = 0;

        for (end = i; end < n && at[end] >> 1 == at[i] >> 1; end++)
            marked += at[end] & 1;
        shared += marked < end - i ? marked : 0;
    }
    return shared;
}

static void
mark_rows(struct search *s, const struct sl_split *train)
{
    for (size_t k = 0; k < s->data->split_count; k++) {
        const struct sl_split *split = &s->data->splits[k];

        for (size_t i = 0; i < split->n; i++)
            s->marks[split->rows[i]] = split == train ? TRAIN : OTHER;
    }
}

/* At least eight bits for each of n rows. */
static bool
filter_new(struct filter *f, size_t n, struct sl_arena *arena)
{
    unsigned bits = 12;

    while (bits < 40 && (size_t)1 << bits < 8 * n)
        bits++;
    f->shift = 64 - bits;
    f->words = sl_arena_rows(arena, (size_t)1 << (bits - 6), sizeof *f->words);
    return f->words != NULL;
}

static enum sl_status
search(struct search *s, struct sl_pool *pool, const struct sl_split *train,
       struct sl_arena *arena, size_t *shared, struct sl_error *err)
{
    size_t n = s->data->n, tiles = (n + TILE - 1) / TILE;

    s->marks = sl_arena_rows(arena, n, 1);
    s->begins = sl_arena_array(arena, tiles + 1, sizeof *s->begins);
    if (!s->marks || !s->begins || !filter_new(&s->train, train->n, arena) ||
        !filter_new(&s->other, train->n, arena))
        return sl_fail(err, SL_ERR_MEMORY, "no memory to look for equal rows among %zu",
                       n);
    mark_rows(s, train);
    sl_pool_tiles(pool, tiles, enter_train, s);
    sl_pool_tiles(pool, tiles, find_others, s);
    sl_pool_tiles(pool, tiles, find_train, s);
    for (size_t t = 0; t < tiles; t++)
        s->begins[t + 1] += s->begins[t];
    s->hashes = sl_arena_rows(arena, s->begins[tiles] + 1, sizeof *s->hashes);
    if (!s->hashes)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for the hashes of %zu rows",
                       s->begins[tiles]);
    sl_pool_tiles(pool, tiles, hash_tile, s);
    sort_hashes(s->hashes, s->begins[tiles], 64);
    *shared = count_shared(s->hashes, s->begins[tiles]);
    return SL_OK;
}

enum sl_status
sl_frame_duplicates(struct sl_pool *pool, const struct sl_dataset *data,
                    const struct sl_split *train, const char *folder, size_t *shared,
                    struct sl_error *err)
{
    struct search s = {.data = data};
    struct sl_arena arena;
    enum sl_status status;

    sl_arena_init_in(&arena, folder);
    status = search(&s, pool, train, &arena, shared, err);
    sl_arena_release(&arena);
    return status;
}
