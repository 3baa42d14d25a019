/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/philox.h"
#include "runner/base/rng.h"

/* The known answers of the Random123 distribution. */
static const struct {
    uint32_t counter[4], key[2], want[4];
} answers[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

static void
philox_gives_the_known_answers(void **state)
{
    uint32_t out[4];

    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        sl_philox(answers[i].counter, answers[i].key, out);
        assert_memory_equal(out, answers[i].want, sizeof out);
    }
}

static void
a_stream_walks_its_counter(void **state)
{
    struct sl_stream stream = {.key = {0xa4093822, 0x299f31d0},
                               .substream = 0x0370734413198a2e,
                               .position = 0x85a308d3243f6a88};

    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(sl_stream_u32(&stream), answers[2].want[i]);
    sl_stream_u32(&stream);
    assert_int_equal(stream.position, 0x85a308d3243f6a8a);
}

/* What a stream is must never change: results of years depend on it. */
static void
streams_stay_what_they_are(void **state)
{
    static const uint32_t want[] = {0x54e68f9f, 0x0ee5fc82, 0x0db217e7, 0x0d3a0796,
                                    0x7b659ad2};
    struct sl_stream stream;

    (void)state;
    sl_stream_init(&stream, 1, "train", "shuffle");
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        assert_int_equal(sl_stream_u32(&stream), want[i]);
}

/* The counter's low half runs over on the way. */
static void
words_ahead_are_the_same_words(void **state)
{
    static const size_t counts[] = {1, 3, 64, 65, 0, 63, 200, 5};
    struct sl_stream one = {.key = {1, 2}, .substream = 3, .position = 0xffffffe0};
    struct sl_stream many = one;
    uint32_t words[200];

    (void)state;
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        sl_stream_fill(&many, words, counts[c]);
        for (size_t i = 0; i < counts[c]; i++)
            assert_int_equal(words[i], sl_stream_u32(&one));
        assert_int_equal(many.position, one.position);
        assert_int_equal(many.left, one.left);
    }
}

static void
streams_differ_by_every_part_of_their_name(void **state)
{
    static const struct {
        uint64_t seed;
        const char *stage, *purpose;
    } names[] = {
        {1, "train", "shuffle"}, {2, "train", "shuffle"},
        {1, "train", "init"},    {1, "load", "shuffle"},
        {1, "trains", "huffle"}, {(uint64_t)1 << 32, "train", "shuffle"},
    };
    enum { NAMES = sizeof names / sizeof *names };
    struct sl_stream streams[NAMES];

    (void)state;
    for (size_t i = 0; i < NAMES; i++) {
        sl_stream_init(&streams[i], names[i].seed, names[i].stage, names[i].purpose);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(streams[i].key, streams[j].key, 8);
    }
}

static void
substreams_do_not_depend_on_use(void **state)
{
    struct sl_stream stream, fresh, used, other;

    (void)state;
    sl_stream_init(&stream, 77, "train", "dropout");
    fresh = sl_stream_at(&stream, 5);
    for (int i = 0; i < 7; i++)
        sl_stream_u32(&stream);
    used = sl_stream_at(&stream, 5);
    other = sl_stream_at(&used, 6);
    assert_int_not_equal(sl_stream_u32(&other), sl_stream_u32(&fresh));
    sl_stream_u32(&used);
    for (int i = 0; i < 9; i++)
        assert_int_equal(sl_stream_u32(&fresh), sl_stream_u32(&used));
}

/* Pearson's statistic over n equally likely classes. */
static double
chi_square(const unsigned *counts, size_t n, double draws)
{
    double sum = 0, expected = draws / (double)n;

    for (size_t i = 0; i < n; i++)
        sum += (counts[i] - expected) * (counts[i] - expected) / expected;
    return sum;
}

static void
below_is_fair(void **state)
{
    enum { N = 13, DRAWS = 130000 };
    unsigned counts[N] = {0};
    struct sl_stream stream;

    (void)state;
    sl_stream_init(&stream, 3, "test", "below");
    for (int i = 0; i < DRAWS; i++) {
        uint32_t value = sl_stream_below(&stream, N);

        assert_true(value < N);
        counts[value]++;
    }
    /* 12 degrees of freedom: above 37.7 once in 6,000 streams; this one is fixed. */
    assert_true(chi_square(counts, N, DRAWS) < 37.7);
    assert_int_equal(sl_stream_below(&stream, 1), 0);
}

/* Of 3 * 2^30 values a plain modulo or product takes some twice as often. */
static void
below_is_fair_for_large_ranges(void **state)
{
    enum { DRAWS = 60000 };
    unsigned thirds[3] = {0};
    struct sl_stream stream;

    (void)state;
    sl_stream_init(&stream, 4, "test", "below");
    for (int i = 0; i < DRAWS; i++) {
        uint32_t value = sl_stream_below(&stream, 3u << 30);

        thirds[value % 3]++;
    }
    assert_true(chi_square(thirds, 3, DRAWS) < 19.0);
}

static void
uniforms_fill_the_interval(void **state)
{
    enum { DRAWS = 200000, BINS = 50 };
    unsigned counts[BINS] = {0};
    double sum = 0, least = 1, most = 0;
    struct sl_stream stream;

    (void)state;
    sl_stream_init(&stream, 5, "test", "uniform");
    for (int i = 0; i < DRAWS; i++) {
        double u = sl_stream_uniform(&stream);

        assert_true(u >= 0 && u < 1);
        counts[(size_t)(u * BINS)]++;
        sum += u;
        least = fmin(least, u);
        most = fmax(most, u);
    }
    assert_true(fabs(sum / DRAWS - 0.5) < 5 * sqrt(1.0 / 12 / DRAWS));
    assert_true(least < 1e-4 && most > 1 - 1e-4);
    assert_true(chi_square(counts, BINS, DRAWS) < 99.0);
}

static void
a_uniform_is_made_of_53_bits(void **state)
{
    struct sl_stream ones = {.words = {~0u, ~0u, 0x20, 0}, .left = 4};

    (void)state;
    assert_true(sl_stream_uniform(&ones) == 1 - 0x1p-53);
    assert_true(sl_stream_uniform(&ones) == 0x1p-27);
}

static void
normals_have_their_moments(void **state)
{
    enum { DRAWS = 200000 };
    double sums[5] = {0};
    struct sl_stream stream;

    (void)state;
    sl_stream_init(&stream, 6, "test", "normal");
    for (int i = 0; i < DRAWS; i++) {
        double z = sl_stream_normal(&stream);

        assert_true(isfinite(z));
        for (int k = 1; k <= 4; k++)
            sums[k] += pow(z, k);
    }
    assert_int_equal(stream.position, DRAWS);
    /* Five standard errors: the variance of z^k is E z^2k - (E z^k)^2. */
    assert_true(fabs(sums[1] / DRAWS) < 5 * sqrt(1.0 / DRAWS));
    assert_true(fabs(sums[2] / DRAWS - 1) < 5 * sqrt(2.0 / DRAWS));
    assert_true(fabs(sums[3] / DRAWS) < 5 * sqrt(15.0 / DRAWS));
    assert_true(fabs(sums[4] / DRAWS - 3) < 5 * sqrt(96.0 / DRAWS));
}

static void
a_shuffle_is_a_permutation(void **state)
{
    enum { N = 1000 };
    uint32_t values[N];
    bool seen[N] = {false};
    size_t moved = 0;
    struct sl_stream stream;

    (void)state;
    sl_stream_init(&stream, 7, "train", "shuffle");
    for (uint32_t i = 0; i < N; i++)
        values[i] = i;
    sl_stream_shuffle(&stream, values, N);
    for (size_t i = 0; i < N; i++) {
        assert_true(values[i] < N && !seen[values[i]]);
        seen[values[i]] = true;
        moved += values[i] != i;
    }
    assert_true(moved > N - 10);
    sl_stream_shuffle(&stream, values, 0);
    sl_stream_shuffle(&stream, values, 1);
}

static void
shuffles_are_equally_likely(void **state)
{
    enum { DRAWS = 24000 };
    unsigned counts[64] = {0}, orders[24];
    struct sl_stream stream;
    size_t n = 0;

    (void)state;
    sl_stream_init(&stream, 8, "train", "shuffle");
    for (int i = 0; i < DRAWS; i++) {
        uint32_t v[4] = {0, 1, 2, 3};

        sl_stream_shuffle(&stream, v, 4);
        counts[v[0] * 16 + v[1] * 4 + v[2]]++;
    }
    for (size_t i = 0; i < 64; i++)
        if (counts[i] > 0)
            orders[n++] = counts[i];
    assert_int_equal(n, 24);
    /* 23 degrees of freedom. */
    assert_true(chi_square(orders, 24, DRAWS) < 55.0);
}

/* As Fisher and Yates have it, word by word; a word of zero is drawn again by any place
 * that isn't a power of 2. */
static void
a_shuffle_draws_a_word_for_each_place(void **state)
{
    enum { MOST = 3000 };
    static const size_t sizes[] = {0, 1, 2, 3, 17, 255, 256, 257, 258, MOST};
    static uint32_t got[MOST], want[MOST];

    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        struct sl_stream plain = {.key = {5, (uint32_t)s}, .left = 3}, ahead = plain;

        for (size_t i = 0; i < sizes[s]; i++)
            got[i] = want[i] = (uint32_t)(7 * i);
        for (size_t i = sizes[s]; i > 1; i--) {
            uint32_t j = sl_stream_below(&plain, (uint32_t)i), value = want[i - 1];
            want[i - 1] = want[j];
            want[j] = value;
        }
        sl_stream_shuffle(&ahead, got, sizes[s]);
        assert_memory_equal(got, want, sizes[s] * sizeof *got);
        assert_int_equal(ahead.position, plain.position);
        assert_int_equal(ahead.left, plain.left);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_known_answers),
        cmocka_unit_test(a_stream_walks_its_counter),
        cmocka_unit_test(streams_stay_what_they_are),
        cmocka_unit_test(words_ahead_are_the_same_words),
        cmocka_unit_test(a_shuffle_draws_a_word_for_each_place),
        cmocka_unit_test(streams_differ_by_every_part_of_their_name),
        cmocka_unit_test(substreams_do_not_depend_on_use),
        cmocka_unit_test(below_is_fair),
        cmocka_unit_test(below_is_fair_for_large_ranges),
        cmocka_unit_test(uniforms_fill_the_interval),
        cmocka_unit_test(a_uniform_is_made_of_53_bits),
        cmocka_unit_test(normals_have_their_moments),
        cmocka_unit_test(a_shuffle_is_a_permutation),
        cmocka_unit_test(shuffles_are_equally_likely),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
