/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "runner/store/cache.h"
#include "tests/unit/sample_outcome.h"
#include "tests/unit/workspace.h"
#include "tests/unit/scalar.h"

static void
ok(enum sl_status status, const struct sl_error *err)
{
    if (status != SL_OK)
        fail_msg("%s", err->text);
}

/* What a test works with: a cache that counts what it is told of. */
struct room {
    struct sl_arena arena;
    struct sl_cache cache;
    struct sl_digest key;
    struct sl_error err;
    unsigned told;
    char text[500];
};

static void
count_damage(void *context, const char *text)
{
    struct room *room = context;

    room->told++;
    snprintf(room->text, sizeof room->text, "%s", text);
}

static void
room_open(struct room *room)
{
    memset(room, 0, sizeof *room);
    sl_arena_init(&room->arena);
    room->cache =
        (struct sl_cache){.folder = "cache", .damaged = count_damage, .context = room};
    room->key = sl_digest_of("step", 4);
}

static const char *
entry_path(struct room *room, const char *folder, const char *suffix)
{
    char hex[SL_DIGEST_HEX];

    sl_digest_hex(&room->key, hex);
    return sl_arena_format(&room->arena, "cache/%s/%s%s", folder, hex, suffix);
}

static bool
is_file(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0;
}

static void
read_outcome(struct room *room, struct sl_outcome *outcome, bool *found)
{
    sl_outcome_init(outcome, &room->arena);
    ok(sl_cache_read(&room->cache, &room->key, outcome, found, &room->err), &room->err);
}

static void
an_outcome_is_kept(void **state)
{
    struct sl_outcome outcome, again;
    struct room room;
    bool found;

    (void)state;
    room_open(&room);
    read_outcome(&room, &again, &found);
    assert_false(found);
    assert_false(sl_cache_has(&room.cache, &room.key));

    sample_outcome(&outcome, &room.arena);
    ok(sl_cache_write(&room.cache, &room.key, &outcome, &room.err), &room.err);
    assert_true(sl_cache_has(&room.cache, &room.key));
    read_outcome(&room, &again, &found);
    assert_true(found);
    assert_same_outcome(&again, &outcome);

    room.key.bytes[31] ^= 1;
    assert_false(sl_cache_has(&room.cache, &room.key));
    assert_int_equal(room.told, 0);
    sl_arena_release(&room.arena);
}

/* path's bytes, which are put back changed: one bit of byte `at`, or cut at `at`. */
static void
damage(struct room *room, const char *path, size_t at, bool cut)
{
    size_t count;
    char *bytes;

    ok(sl_file_read(path, 1 << 24, &room->arena, &bytes, &count, &room->err), &room->err);
    assert_true(at < count);
    bytes[at] ^= 0x10;
    ok(sl_publish(path, bytes, cut ? at : count, &room->err), &room->err);
}

static size_t
size_of(const char *path)
{
    struct stat info;

    assert_int_equal(stat(path, &info), 0);
    return (size_t)info.st_size;
}

static void
a_damaged_outcome_is_missing(void **state)
{
    struct sl_outcome outcome, again;
    struct room room;
    const char *path;
    unsigned want = 0;
    size_t count;
    bool found;

    (void)state;
    room_open(&room);
    path = entry_path(&room, "steps", ".h5");
    sample_outcome(&outcome, &room.arena);
    ok(sl_cache_write(&room.cache, &room.key, &outcome, &room.err), &room.err);
    count = size_of(path);
    for (size_t at = 0; at < count; at += at < 40 || at + 40 > count ? 13 : 1171)
        for (int cut = 0; cut < 2; cut++) {
            ok(sl_cache_write(&room.cache, &room.key, &outcome, &room.err), &room.err);
            damage(&room, path, at, cut != 0);
            read_outcome(&room, &again, &found);
            assert_false(found);
            assert_int_equal(again.metrics.n, 0);
            assert_int_equal(room.told, ++want);
            assert_non_null(strstr(room.text, path));
            assert_false(is_file(path));
        }
    read_outcome(&room, &again, &found);
    assert_false(found);
    assert_int_equal(room.told, want);
    sl_arena_release(&room.arena);
}

/* Whole, sealed, and of a version that had another layout. */
static void
what_cannot_be_understood_is_missing(void **state)
{
    struct sl_outcome again;
    struct sl_digest seal;
    struct room room;
    char bytes[100 + sizeof seal.bytes] = "an outcome of a later version";
    bool found;

    (void)state;
    room_open(&room);
    room.cache.damaged = NULL;
    seal = sl_digest_of(bytes, 100);
    memcpy(bytes + 100, seal.bytes, sizeof seal.bytes);
    ok(sl_publish(entry_path(&room, "steps", ".h5"), bytes, sizeof bytes, &room.err),
       &room.err);
    read_outcome(&room, &again, &found);
    assert_false(found);
    assert_false(sl_cache_has(&room.cache, &room.key));
    sl_arena_release(&room.arena);
}

/* ---- data sets --------------------------------------------------------------------- */

#define N 7
#define D 3
static const uint32_t rows[] = {6, 2, 0};
static const struct sl_split splits[] = {{"train", 3, rows}};

/* Stores an outcome with N x D bytes, 21 that labels can't stand right behind. */
static void
store_rows(struct room *room, bool labelled, struct sl_dataset *data)
{
    struct sl_data_draft draft;
    struct sl_outcome outcome;

    *data = (struct sl_dataset){.n = N, .d = D, .type = SL_U8, .scale = 255};
    data->splits = splits;
    data->split_count = 1;
    ok(sl_cache_data_open(&room->cache, N, D, SL_U8, labelled, &draft, &room->err),
       &room->err);
    for (int i = 0; i < N * D; i++)
        ((uint8_t *)draft.x)[i] = (uint8_t)(200 + 3 * i);
    assert_int_equal(draft.labels != NULL, labelled);
    for (int i = 0; labelled && i < N; i++)
        draft.labels[i] = i * i - 4;
    ok(sl_cache_data_commit(&room->cache, &room->key, &draft, data, &room->err),
       &room->err);
    sl_outcome_init(&outcome, &room->arena);
    outcome.dataset = data;
    ok(sl_cache_write(&room->cache, &room->key, &outcome, &room->err), &room->err);
}

static void
assert_rows(const struct sl_dataset *data, bool labelled)
{
    for (int i = 0; i < N * D; i++)
        assert_int_equal(((const uint8_t *)data->x)[i], (uint8_t)(200 + 3 * i));
    assert_int_equal(data->labels != NULL, labelled);
    for (int i = 0; labelled && i < N; i++)
        assert_int_equal(data->labels[i], i * i - 4);
}

static void
rows_are_kept(void **state)
{
    (void)state;
    for (int labelled = 0; labelled < 2; labelled++) {
        struct sl_dataset data;
        struct sl_outcome again;
        struct room room;
        bool found;

        room_open(&room);
        store_rows(&room, labelled != 0, &data);
        assert_rows(&data, labelled != 0);
        assert_int_equal(size_of(entry_path(&room, "data", ".bin")),
                         (labelled ? 24 + 4 * N : N * D) + 32);
        read_outcome(&room, &again, &found);
        assert_true(found);
        assert_rows(again.dataset, labelled != 0);
        assert_int_equal(again.dataset->splits[0].rows[1], 2);
        assert_int_equal(room.told, 0);
        sl_arena_release(&room.arena);
    }
}

static void
an_outcome_without_its_rows_is_missing(void **state)
{
    (void)state;
    /* The rows are gone, cut by a byte, cut to none, or longer by one. */
    for (int how = 0; how < 4; how++) {
        struct sl_dataset data;
        struct sl_outcome again;
        struct room room;
        const char *path;
        bool found;

        room_open(&room);
        store_rows(&room, true, &data);
        path = entry_path(&room, "data", ".bin");
        if (how == 0)
            assert_int_equal(unlink(path), 0);
        if (how == 1)
            damage(&room, path, size_of(path) - 1, true);
        if (how == 2)
            ok(sl_publish(path, "", 0, &room.err), &room.err);
        if (how == 3)
            ok(sl_publish(path, data.x, 24 + 4 * N + 32 + 1, &room.err), &room.err);
        read_outcome(&room, &again, &found);
        assert_false(found);
        assert_null(again.dataset);
        assert_int_equal(room.told, 1);
        assert_false(is_file(path));
        assert_false(sl_cache_has(&room.cache, &room.key));
        sl_arena_release(&room.arena);
    }
}

/* Of the same size, with a bit that is another: in a value, a label, the seal. */
static void
rows_that_changed_are_dropped(void **state)
{
    static const size_t places[] = {
        0, 20, 24, 24 + 4 * N - 1, 24 + 4 * N, 24 + 4 * N + 31};

    (void)state;
    for (size_t i = 0; i < 2 * (sizeof places / sizeof *places); i++) {
        struct sl_dataset data, other = {.n = N, .d = D, .type = SL_U8};
        struct sl_outcome again;
        struct room room;
        const char *path;
        bool found;

        room_open(&room);
        store_rows(&room, true, &data);
        path = entry_path(&room, "data", ".bin");
        damage(&room, path, places[i / 2], false);
        if (i % 2) /* by a loader that finds another's rows */
            ok(sl_cache_data_map(&room.cache, &room.key, true, &other, &found, &room.err),
               &room.err);
        else
            read_outcome(&room, &again, &found);
        assert_false(found);
        assert_null(other.x);
        assert_int_equal(room.told, 1);
        assert_non_null(strstr(room.text, "its bytes are not those that were written"));
        assert_false(is_file(path));
        store_rows(&room, true, &data);
        read_outcome(&room, &again, &found);
        assert_true(found);
        assert_rows(again.dataset, true);
        sl_arena_release(&room.arena);
    }
}

/* The same file once, another one under its name again. */
static void
rows_are_checked_once_a_process(void **state)
{
    struct sl_cache_checked checked;
    struct sl_dataset data;
    struct sl_outcome again;
    struct room room;
    const char *path;
    bool found;

    (void)state;
    room_open(&room);
    sl_cache_checked_init(&checked);
    room.cache.checked = &checked;
    store_rows(&room, true, &data);
    path = entry_path(&room, "data", ".bin");
    for (int i = 0; i < 3; i++)
        read_outcome(&room, &again, &found);
    assert_true(found);
    assert_non_null(checked.first);
    assert_null(checked.first->next);
    damage(&room, path, 5, false);
    read_outcome(&room, &again, &found);
    assert_false(found);
    assert_int_equal(room.told, 1);
    sl_cache_checked_release(&checked);
    sl_arena_release(&room.arena);
}

/* Whoever only looks tells what is damaged, and leaves it there. */
static void
looking_removes_nothing(void **state)
{
    struct sl_dataset data;
    struct sl_outcome again;
    struct room room;
    const char *rows_file, *step;
    bool found;

    (void)state;
    room_open(&room);
    store_rows(&room, true, &data);
    room.cache.looks = true;
    step = entry_path(&room, "steps", ".h5");
    rows_file = entry_path(&room, "data", ".bin");
    damage(&room, rows_file, 3, true);
    read_outcome(&room, &again, &found);
    assert_false(found);
    assert_int_equal(room.told, 1);
    damage(&room, step, 100, false);
    read_outcome(&room, &again, &found);
    assert_false(found);
    assert_int_equal(room.told, 2);
    assert_non_null(strstr(room.text, step));
    assert_true(is_file(step));
    assert_true(is_file(rows_file));
    sl_arena_release(&room.arena);
}

static void
rows_that_do_not_fit_are_refused(void **state)
{
    static const struct {
        size_t n, d;
        const char *want;
    } cases[] = {
        {0, 3, "a data set of 0 x 3 values holds nothing"},
        {3, 0, "a data set of 3 x 0 values holds nothing"},
        {SIZE_MAX / 2, 3, "a data set of 9223372036854775807 x 3 values is too large"},
        {SIZE_MAX / 8, 8, "a data set of 2305843009213693951 x 8 values is too large"},
        {SIZE_MAX / 4, 1, "a data set of 4611686018427387903 x 1 values is too large"},
    };
    struct sl_data_draft draft;
    struct sl_dataset data = {.n = 2, .d = 5, .type = SL_F32};
    struct room room;

    (void)state;
    room_open(&room);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(sl_cache_data_open(&room.cache, cases[i].n, cases[i].d, SL_U8,
                                            true, &draft, &room.err),
                         SL_ERR_SHAPE);
        assert_string_equal(room.err.text, cases[i].want);
    }
    ok(sl_cache_data_open(&room.cache, 2, 4, SL_F32, false, &draft, &room.err),
       &room.err);
    assert_int_equal(
        sl_cache_data_commit(&room.cache, &room.key, &draft, &data, &room.err),
        SL_ERR_SHAPE);
    assert_string_equal(room.err.text,
                        "2 x 5 float32 are not the 2 x 4 float32 that there is room for");
    assert_false(is_file(entry_path(&room, "data", ".bin")));
    assert_int_not_equal(rmdir("cache/data"), -1);
    sl_arena_release(&room.arena);
}

/* ---- checkpoints ------------------------------------------------------------------- */

static double
mark_of(struct sl_place place)
{
    return 1000.5 * (double)place.epoch + (double)place.batch;
}

static void
save(struct room *room, uint64_t epoch, uint64_t batch)
{
    struct sl_place place = {epoch, batch};
    struct sl_bundle content;

    sl_bundle_init(&content, &room->arena);
    bundle_scalar(&content, "mark", mark_of(place));
    ok(sl_checkpoint_write(&room->cache, &room->key, place, &content, &room->err),
       &room->err);
}

/* Fails the test unless the furthest up to `last` is `want`; NULL: there is none. */
static void
assert_furthest(struct room *room, struct sl_place last, const struct sl_place *want)
{
    struct sl_place place = {77, 77};
    struct sl_bundle content;
    bool found;

    sl_bundle_init(&content, &room->arena);
    ok(sl_checkpoint_read(&room->cache, &room->key, last, &place, &content, &found,
                          &room->err),
       &room->err);
    assert_int_equal(found, want != NULL);
    assert_int_equal(content.n, found);
    if (!found)
        return;
    assert_int_equal(place.epoch, want->epoch);
    assert_int_equal(place.batch, want->batch);
    assert_true(sl_tensor_at(&content.items[0].tensor, 0) == mark_of(place));
}

static const char *
checkpoint_path(struct room *room, const char *name)
{
    return sl_arena_format(&room->arena, "%s/%s", entry_path(room, "checkpoints", ""),
                           name);
}

static void
the_furthest_checkpoint_is_read(void **state)
{
    static const struct {
        struct sl_place last;
        bool found;
        struct sl_place want;
    } cases[] = {
        {{0, 500}, false, {0, 0}},    {{1, 0}, true, {1, 0}},
        {{2, 99}, true, {2, 0}},      {{3, 0}, true, {2, 0}},
        {{10, 0}, true, {10, 0}},     {{10, 119}, true, {10, 0}},
        {{10, 120}, true, {10, 120}}, {{UINT64_MAX, 0}, true, {10, 120}},
    };
    struct room room;

    (void)state;
    room_open(&room);
    assert_furthest(&room, (struct sl_place){9, 0}, NULL);
    save(&room, 1, 0);
    save(&room, 10, 0);
    save(&room, 2, 0);
    save(&room, 10, 120);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_furthest(&room, cases[i].last, cases[i].found ? &cases[i].want : NULL);
    sl_arena_release(&room.arena);
}

static void
checkpoints_inside_an_epoch_are_replaced(void **state)
{
    static const struct {
        const char *name;
        bool want;
    } cases[] = {{"0-40.h5", false}, {"1-0.h5", true},  {"1-20.h5", false},
                 {"2-0.h5", true},   {"2-30.h5", true}, {"5-17.h5", true}};
    struct room room;

    (void)state;
    room_open(&room);
    save(&room, 0, 40);
    save(&room, 1, 0);
    assert_false(is_file(checkpoint_path(&room, "0-40.h5")));
    save(&room, 1, 20);
    save(&room, 2, 0);
    /* Of a longer training, which a shorter one leaves alone. */
    save(&room, 5, 17);
    save(&room, 2, 30);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(is_file(checkpoint_path(&room, cases[i].name)), cases[i].want);
    sl_arena_release(&room.arena);
}

static void
a_damaged_checkpoint_gives_way_to_the_one_before(void **state)
{
    struct sl_place last = {9, 0}, second = {2, 0};
    struct room room;

    (void)state;
    room_open(&room);
    save(&room, 2, 0);
    save(&room, 3, 0);
    save(&room, 3, 55);
    damage(&room, checkpoint_path(&room, "3-55.h5"), 500, false);
    damage(&room, checkpoint_path(&room, "3-0.h5"), 31, true);
    assert_furthest(&room, last, &second);
    assert_int_equal(room.told, 2);
    assert_false(is_file(checkpoint_path(&room, "3-55.h5")));
    assert_false(is_file(checkpoint_path(&room, "3-0.h5")));
    damage(&room, checkpoint_path(&room, "2-0.h5"), 0, false);
    assert_furthest(&room, last, NULL);
    assert_int_equal(room.told, 3);
    sl_arena_release(&room.arena);
}

static void
other_files_are_no_checkpoints(void **state)
{
    static const char *const names[] = {
        "3-0.h5.part", "03-0.h5", "+3-0.h5",
        "3.h5",        "-.h5",    "3-.h5",
        " 3-0.h5",     "3-0",     "99999999999999999999-0.h5"};
    struct room room;

    (void)state;
    room_open(&room);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ok(sl_publish(checkpoint_path(&room, names[i]), "x", 1, &room.err), &room.err);
    assert_furthest(&room, (struct sl_place){UINT64_MAX, UINT64_MAX}, NULL);
    assert_int_equal(room.told, 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_true(is_file(checkpoint_path(&room, names[i])));
    sl_arena_release(&room.arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORKSPACE_TEST(an_outcome_is_kept),
        WORKSPACE_TEST(a_damaged_outcome_is_missing),
        WORKSPACE_TEST(what_cannot_be_understood_is_missing),
        WORKSPACE_TEST(rows_are_kept),
        WORKSPACE_TEST(an_outcome_without_its_rows_is_missing),
        WORKSPACE_TEST(rows_that_changed_are_dropped),
        WORKSPACE_TEST(rows_are_checked_once_a_process),
        WORKSPACE_TEST(looking_removes_nothing),
        WORKSPACE_TEST(rows_that_do_not_fit_are_refused),
        WORKSPACE_TEST(the_furthest_checkpoint_is_read),
        WORKSPACE_TEST(checkpoints_inside_an_epoch_are_replaced),
        WORKSPACE_TEST(a_damaged_checkpoint_gives_way_to_the_one_before),
        WORKSPACE_TEST(other_files_are_no_checkpoints),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
