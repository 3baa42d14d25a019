/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/config/yaml.h"
#include "tests/unit/toolbox.h"

static struct sl_arena arena;
static struct sl_report report;

static int
set_up(void **state)
{
    (void)state;
    sl_arena_init(&arena);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    sl_arena_release(&arena);
    return 0;
}

static struct sl_node *
parse(const char *name, const char *text)
{
    struct sl_node *node;

    sl_yaml_parse(name, sl_arena_string(&arena, text), strlen(text), &arena, &report,
                  &node);
    assert_int_equal(report.errors, 0);
    return node;
}

/* Binds a text; problems stay in report. */
static struct bench
bind(const char *text)
{
    struct bench bench = {0};
    struct sl_binder binder = {&arena, &report, &toolbox};

    sl_report_init(&report, &arena);
    sl_fields_bind(&binder, bench_fields, *text ? parse("t", text) : NULL,
                   (struct sl_mark){"t", 1, 1}, NULL, &bench);
    return bench;
}

static struct bench
bind_well(const char *text)
{
    struct bench bench = bind(text);

    if (report.errors > 0)
        fail_msg("%s: %s", text, report.problems[0].text);
    return bench;
}

static void
defaults_are_set(void **state)
{
    struct bench bench = bind_well("");
    const struct drill *drill = bench.tool.config;

    (void)state;
    assert_false(bench.lit);
    assert_int_equal(bench.shared.epochs, 10);
    assert_int_equal(bench.seed, 1);
    assert_true(bench.rate == 0.125);
    assert_string_equal(bench.title, "work: bench");
    assert_null(bench.note);
    assert_null(bench.plan.path);
    assert_int_equal(bench.sizes.n, 2);
    assert_int_equal(bench.sizes.at[1], 19);
    assert_int_equal(bench.weights.n, 0);
    assert_string_equal(bench.splits.at[1], "test");
    assert_string_equal(bench.tool.row->as[0]->name, "drill");
    assert_int_equal(drill->speed, 30);
    assert_true(drill->torque == 12.25);
    assert_true(drill->hammer);
    assert_null(bench.spare.row);
    assert_null(bench.part.file);
    assert_int_equal(bench.part.weight, 2);
}

static void
every_type_is_bound(void **state)
{
    struct bench bench = bind_well(
        "{lit: true, epochs: 37, seed: 18446744073709551615, rate: -2.5e-3, share: 1,\n"
        " room: +12, title: 2026, note: \"no\", grain: coarse, sizes: [4096, 1],\n"
        " weights: [.5, -1E0], splits: [a, 7], tool: {saw: {grain: fine}}, spare: rest,\n"
        " layers: [plank, drill: {speed: 5, torque: 90.5}],\n"
        " part: {file: f}, parts: [{file: g, weight: -5}, {file: h, label: z}],\n"
        " shelf: {b.1: {file: i}, a-2: {file: j, weight: 3}}}");
    const struct part *parts = bench.parts.at, *shelf = bench.shelf.at;

    (void)state;
    assert_true(bench.lit);
    assert_int_equal(bench.shared.epochs, 37);
    assert_true(bench.seed == UINT64_MAX);
    assert_true(bench.rate == -2.5e-3);
    assert_int_equal(bench.room, 12);
    assert_string_equal(bench.title, "2026");
    assert_string_equal(bench.note, "no");
    assert_int_equal(bench.grain, TOOLBOX_COARSE);
    assert_int_equal(bench.sizes.at[0], 4096);
    assert_true(bench.weights.at[0] == 0.5 && bench.weights.at[1] == -1);
    assert_string_equal(bench.splits.at[1], "7");
    assert_int_equal(bench.splits.marks[1].line, 3);
    assert_int_equal(((const struct saw *)bench.tool.config)->grain, TOOLBOX_FINE);
    assert_string_equal(bench.spare.row->as[0]->name, "rest");
    assert_int_equal(bench.layers.n, 2);
    assert_int_equal(bench.layers.at[1].row->table, SL_LAYER);
    assert_int_equal(((const struct drill *)bench.layers.at[1].config)->speed, 5);
    assert_string_equal(bench.part.file, "f");
    assert_int_equal(parts[0].weight, -5);
    assert_string_equal(parts[1].label, "z");
    assert_string_equal(bench.shelf.names[1], "a-2");
    assert_int_equal(shelf[1].weight, 3);
    assert_int_equal(bench.shelf.marks[0].column, 10);
}

/* Texts of one line and the only problem they have. */
static const struct {
    const char *text, *place, *want;
} bad[] = {
    /* bool */
    {"lit: no", "1:6", "expected true or false, got 'no'; write false"},
    {"lit: on", "1:6", "expected true or false, got 'on'; write true"},
    {"lit: Yes", "1:6", "expected true or false, got 'Yes'; write true"},
    {"lit: 'true'", "1:6", "expected true or false, got 'true'; write true"},
    {"lit: maybe", "1:6", "expected true or false, got 'maybe'"},
    {"lit: [true]", "1:6", "expected true or false, got a list"},
    /* integers */
    {"epochs: 0", "1:9", "expected an integer in 1..1000000, got '0'"},
    {"epochs: 010", "1:9",
     "expected an integer in 1..1000000, got '010'; integers are decimal, without "
     "leading "
     "zeros"},
    {"epochs: 0o7", "1:9",
     "expected an integer in 1..1000000, got '0o7'; integers are decimal, without "
     "leading "
     "zeros"},
    {"epochs: 0x1F", "1:9",
     "expected an integer in 1..1000000, got '0x1F'; integers are decimal, without "
     "leading zeros"},
    {"epochs: 1_000", "1:9",
     "expected an integer in 1..1000000, got '1_000'; integers are decimal, without "
     "leading zeros"},
    {"epochs: 12:30", "1:9",
     "expected an integer in 1..1000000, got '12:30'; integers are decimal, without "
     "leading zeros"},
    {"epochs: 1.5", "1:9", "expected an integer in 1..1000000, got '1.5'"},
    {"epochs: 1e3", "1:9", "expected an integer in 1..1000000, got '1e3'"},
    {"epochs: -1", "1:9", "expected an integer in 1..1000000, got '-1'"},
    {"epochs: 99999999999999999999", "1:9",
     "expected an integer in 1..1000000, got '99999999999999999999'"},
    {"epochs: '10'", "1:9",
     "expected an integer in 1..1000000, got '10'; write it without quotes"},
    {"room: -3", "1:7", "expected an integer at least -2, got '-3'"},
    {"seed: 18446744073709551616", "1:7",
     "expected an integer in 0..2^64-1, got '18446744073709551616'"},
    {"seed: -1", "1:7", "expected an integer in 0..2^64-1, got '-1'"},
    /* numbers */
    {"rate: 0.1x", "1:7", "expected a finite decimal number, got '0.1x'"},
    {"rate: 1,5", "1:7",
     "expected a finite decimal number, got '1,5'; the decimal mark is a point"},
    {"rate: nan", "1:7", "expected a finite decimal number, got 'nan'"},
    {"rate: .inf", "1:7", "expected a finite decimal number, got '.inf'"},
    {"rate: 1e999", "1:7", "expected a finite decimal number, got '1e999'"},
    {"rate: 0x1p-3", "1:7", "expected a finite decimal number, got '0x1p-3'"},
    {"rate: 0x1F", "1:7", "expected a finite decimal number, got '0x1F'"},
    {"rate: '1'", "1:7",
     "expected a finite decimal number, got '1'; write it without quotes"},
    {"share: 1.5", "1:8", "expected a number in 0..1, got '1.5'"},
    {"tool: {drill: {speed: 1, torque: 0}}", "1:34",
     "expected a number above 0, at most 90.5, got '0'"},
    /* text */
    {"title: [x]", "1:8", "expected a string, got a list"},
    {"grain: fin", "1:8",
     "expected one of fine, coarse, got 'fin'; did you mean 'fine'?"},
    {"grain: 0", "1:8", "expected one of fine, coarse, got '0'"},
    {"plan: ''", "1:7", "expected a file name, got ''"},
    /* lists */
    {"sizes: 7", "1:8", "expected a list of integers, got '7'; put it in [ ]"},
    {"sizes: {a: 7}", "1:8", "expected a list of integers, got a mapping"},
    {"sizes: [7, 0]", "1:12", "expected an integer in 1..4096, got '0'"},
    {"weights: [0, x]", "1:14", "expected a finite decimal number, got 'x'"},
    {"splits: [a, ~]", "1:13", "expected a string, got '~'"},
    /* choices */
    {"tool: dril", "1:7", "unknown optimizer 'dril'; did you mean 'drill'?"},
    {"tool: hammer", "1:7", "unknown optimizer 'hammer'; there are drill, saw, rest"},
    {"tool: drill", "1:7", "required key 'speed' is missing (an integer)"},
    {"tool: {drill: }", "1:8", "required key 'speed' is missing (an integer)"},
    {"tool: {drill: 3}", "1:15", "expected a mapping, got '3'"},
    {"tool: {drill: {speed: 3, turbo: 1}}", "1:26",
     "unknown key 'turbo'; known keys are speed, torque, hammer"},
    {"tool: {rest: {speed: 3}}", "1:15", "unknown key 'speed'"},
    {"tool: [drill]", "1:7",
     "expected one optimizer, as NAME or {NAME: {...}}, got a list"},
    {"tool: {drill: , speed: 3}", "1:7",
     "expected one optimizer, as NAME or {NAME: {...}}, got a mapping; indent the "
     "fields "
     "of 'drill' below it"},
    {"tool: {saw: {}, rest: {}}", "1:7",
     "expected one optimizer, as NAME or {NAME: {...}}, got a mapping of 2 keys"},
    {"layers: plank", "1:9", "expected a list, got 'plank'; put it in [ ]"},
    {"layers: [plank, saw]", "1:17", "unknown layer 'saw'; there are drill, plank"},
    /* records */
    {"part: {}", "1:1", "required key 'file' is missing (a string)"},
    {"part: file:x", "1:7",
     "expected a mapping, got 'file:x'; is a space missing after ':'?"},
    {"parts: [{file: x}, {label: y}]", "1:20",
     "required key 'file' is missing (a string)"},
    {"parts: {file: x}", "1:8", "expected a list of mappings, got a mapping"},
    {"shelf: {-x: {file: y}}", "1:9",
     "name '-x' must match [A-Za-z0-9][A-Za-z0-9._-]{0,99}"},
    {"shelf: {a/b: {file: y}}", "1:9",
     "name 'a/b' must match [A-Za-z0-9][A-Za-z0-9._-]{0,99}"},
    {"shelf: {a: }", "1:9", "required key 'file' is missing (a string)"},
    {"shelf: [a]", "1:8", "expected a mapping of names, got a list"},
    /* keys and missing values */
    {"rat: 1", "1:1", "unknown key 'rat'; did you mean 'rate'?"},
    {"epochs_: 1", "1:1", "unknown key 'epochs_'; did you mean 'epochs'?"},
    {"zzzzzzzz: 1", "1:1", "unknown key 'zzzzzzzz'"},
    {"rate:", "1:6", "value missing for 'rate' (a number expected)"},
    {"lit: null", "1:6", "value missing for 'lit' (true or false expected)"},
    {"note:", "1:6", "value missing for 'note' (a string expected)"},
    {"title: ~", "1:8", "value missing for 'title' (a string expected)"},
    {"part:", "1:6", "value missing for 'part' (a mapping expected)"},
    {"tool: ~", "1:7", "value missing for 'tool' (one optimizer expected)"},
};

static void
wrong_values_are_told_at_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *text = bad[i].text;
        char place[40];
        struct bench bench;

        /* "- x" is told by the YAML reader: keys are quoted to come this far. */
        if (strstr(text, "{-x"))
            text = "shelf: {'-x': {file: y}}";
        bench = bind(text);
        (void)bench;
        assert_int_equal(report.n, 1);
        snprintf(place, sizeof place, "%u:%u", (unsigned)report.problems[0].mark.line,
                 (unsigned)report.problems[0].mark.column);
        assert_string_equal(report.problems[0].text, bad[i].want);
        assert_string_equal(place, bad[i].place);
    }
}

static void
all_problems_are_told_at_once(void **state)
{
    struct bench bench = bind("{lit: 3, epochs: x, colour: red, sizes: [0, 1, 0]}");

    (void)state;
    (void)bench;
    assert_int_equal(report.errors, 5);
}

static void
null_takes_away_what_may_be_absent(void **state)
{
    struct bench bench = bind_well("{note: null, spare: ~, plan: null}");

    (void)state;
    assert_null(bench.note);
    assert_null(bench.spare.row);
    assert_null(bench.plan.path);
}

static void
all_spellings_of_a_number_are_equal(void **state)
{
    static const char *const spellings[] = {"1e-3", "1.e-3", ".001", "0.001",
                                            "1E-3", "+1e-3", "10e-4"};
    char text[40];

    (void)state;
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        snprintf(text, sizeof text, "rate: %s", spellings[i]);
        assert_true(bind_well(text).rate == 1e-3);
    }
}

static void
keys_of_others_are_skipped(void **state)
{
    static const char *const skip[] = {"module", "score", NULL};
    struct sl_binder binder = {&arena, &report, &toolbox};
    struct saw saw = {0};
    const struct sl_node *map;
    const struct sl_field *fields =
        sl_registry_find(&toolbox, SL_OPTIMIZER, "saw")->as[0]->fields;

    (void)state;
    sl_report_init(&report, &arena);
    map = parse("t", "{module: x, grain: fine, scor: y}");
    sl_fields_bind(&binder, fields, map, map->mark, skip, &saw);
    assert_int_equal(saw.grain, TOOLBOX_FINE);
    assert_int_equal(report.n, 1);
    assert_string_equal(report.problems[0].text,
                        "unknown key 'scor'; did you mean 'score'?");
}

static void
a_problem_notes_what_was_replaced(void **state)
{
    struct sl_binder binder = {&arena, &report, &toolbox};
    struct bench bench = {0};
    struct sl_node *map;

    (void)state;
    sl_report_init(&report, &arena);
    map = parse("t", "{rate: x}");
    map->first->was = parse("u", "\n   0.5");
    sl_fields_bind(&binder, bench_fields, map, map->mark, NULL, &bench);
    assert_int_equal(report.n, 2);
    assert_int_equal(report.errors, 1);
    assert_int_equal(report.problems[1].severity, SL_NOTE);
    assert_string_equal(report.problems[1].mark.file, "u");
    assert_int_equal(report.problems[1].mark.column, 4);
}

static void
print(const struct bench *bench, enum sl_print what, struct sl_text *out)
{
    sl_text_clear(out);
    sl_fields_print(bench_fields, bench, what, 0, out);
}

static const char rich[] =
    "{lit: true, epochs: 37, seed: 9, rate: 1e-8, title: 'a: b', note: 'yes',\n"
    " grain: coarse, plan: x/y.svg, weights: [.5, -1E0, 0.1], splits: ['1', a b, '~'],\n"
    " tool: saw, spare: rest, layers: [plank, drill: {speed: 5}, plank],\n"
    " part: {file: f, label: \"q\\\"\\\\\\n\\t\"}, parts: [{file: g, weight: -5}, {file: "
    "h}],\n"
    " shelf: {b.1: {file: i}, '2': {file: j, label: ''}}}";

static void
printing_is_canonical(void **state)
{
    static const char want[] = "lit: true\n"
                               "epochs: 37\n"
                               "seed: 9\n"
                               "rate: 1e-08\n"
                               "share: 0.75\n"
                               "room: 3\n"
                               "title: \"a: b\"\n"
                               "note: \"yes\"\n"
                               "grain: coarse\n"
                               "plan: x/y.svg\n"
                               "sizes: [7, 19]\n"
                               "weights: [0.5, -1, 0.1]\n"
                               "splits: [\"1\", a b, \"~\"]\n"
                               "tool:\n"
                               "  saw:\n"
                               "    grain: coarse\n"
                               "spare: rest\n"
                               "layers:\n"
                               "  - plank\n"
                               "  - drill:\n"
                               "      speed: 5\n"
                               "      torque: 12.25\n"
                               "      hammer: true\n"
                               "  - plank\n"
                               "part:\n"
                               "  file: f\n"
                               "  label: \"q\\\"\\\\\\n\\x09\"\n"
                               "  weight: 2\n"
                               "parts:\n"
                               "  - file: g\n"
                               "    weight: -5\n"
                               "  - file: h\n"
                               "    weight: 2\n"
                               "shelf:\n"
                               "  b.1:\n"
                               "    file: i\n"
                               "    weight: 2\n"
                               "  \"2\":\n"
                               "    file: j\n"
                               "    label: \"\"\n"
                               "    weight: 2\n";
    struct bench bench = bind_well(rich);
    struct sl_text out = {0};

    (void)state;
    print(&bench, SL_PRINT_ALL, &out);
    assert_string_equal(out.bytes, want);
    sl_text_release(&out);
}

static void
what_is_printed_binds_to_the_same(void **state)
{
    static const char *const texts[] = {rich, "{part: {file: a}}",
                                        "{sizes: [], splits: [], layers: [], parts: [], "
                                        "shelf: {}, part: {file: x}, tool: rest}"};
    struct sl_text first = {0}, second = {0};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct bench bench = bind_well(texts[i]);

        print(&bench, SL_PRINT_ALL, &first);
        bench = bind_well(first.bytes);
        print(&bench, SL_PRINT_ALL, &second);
        assert_string_equal(first.bytes, second.bytes);
    }
    sl_text_release(&first);
    sl_text_release(&second);
}

static void
keys_leave_out_what_decides_nothing(void **state)
{
    struct bench bench = bind_well(rich);
    struct sl_text out = {0};

    (void)state;
    print(&bench, SL_PRINT_KEYED, &out);
    assert_non_null(strstr(out.bytes, "epochs: 37\n"));
    assert_non_null(strstr(out.bytes, "plan: file\n"));
    assert_null(strstr(out.bytes, "weight:"));
    print(&bench, SL_PRINT_TRAJECTORY, &out);
    assert_null(strstr(out.bytes, "epochs"));
    assert_null(strstr(out.bytes, "weight:"));
    assert_non_null(strstr(out.bytes, "rate: 1e-08\n"));
    sl_text_release(&out);
}

static void
an_absent_record_is_not_printed(void **state)
{
    struct bench bench = bind_well("");
    struct sl_text out = {0};

    (void)state;
    print(&bench, SL_PRINT_KEYED, &out);
    assert_null(strstr(out.bytes, "part:"));
    assert_null(strstr(out.bytes, "spare:"));
    assert_non_null(strstr(out.bytes, "layers: []\nparts: []\nshelf: {}\n"));
    sl_text_release(&out);
}

static void
count_file(void *context, const struct sl_file *file)
{
    struct sl_text *all = context;

    sl_text_format(all, "%s;", file->path);
}

static const struct sl_field shelf_fields[] = {
    SL_FIELD(struct bench, shelf, struct sl_record_map, SL_TYPE_RECORD_MAP,
             .fields = bench_fields, .size = sizeof(struct bench)),
    SL_FIELD_END,
};

static void
files_are_found_and_visited(void **state)
{
    char folder[] = "/tmp/sluice-field-XXXXXX", name[64];
    struct sl_binder binder = {&arena, &report, &toolbox};
    struct bench bench = {0};
    const struct bench *inner;
    struct sl_text all = {0};
    const struct sl_node *map;
    FILE *file;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(name, sizeof name, "%s/plan.svg", folder);
    file = fopen(name, "w");
    assert_non_null(file);
    fclose(file);

    sl_report_init(&report, &arena);
    snprintf(name, sizeof name, "%s/x.yaml", folder);
    map = parse(name, "shelf: {a: {plan: plan.svg}, b: {}, c: {plan: nowhere.svg}}");
    sl_fields_bind(&binder, shelf_fields, map, map->mark, NULL, &bench);
    assert_int_equal(report.errors, 0);
    inner = bench.shelf.at;
    assert_string_equal(inner[0].plan.path, "plan.svg");
    snprintf(name, sizeof name, "%s/plan.svg", folder);
    assert_string_equal(inner[0].plan.found, name);
    assert_null(inner[2].plan.found);
    assert_int_equal(inner[2].plan.mark.column, 47);

    sl_fields_files(shelf_fields, &bench, count_file, &all);
    assert_string_equal(all.bytes, "plan.svg;nowhere.svg;");
    sl_text_release(&all);
    unlink(name);
    rmdir(folder);
}

static void
rows_are_found_by_key(void **state)
{
    (void)state;
    assert_string_equal(sl_field_find(bench_fields, "epochs")->help,
                        "passes over the bench");
    assert_null(sl_field_find(bench_fields, "speed"));
    assert_null(sl_field_find(NULL, "speed"));
}

static void
a_name_becomes_a_file_name(void **state)
{
    static const struct {
        const char *name;
        bool valid;
    } cases[] = {
        {"a", true},      {"mnist-anomaly_2.x", true},
        {"7", true},      {"", false},
        {"../x", false},  {"/abs", false},
        {"-rf", false},   {"a/b", false},
        {"con\n", false}, {".hidden", false},
        {"a b", false},   {"caf\xc3\xa9", false},
    };
    char longest[102];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(sl_name_is_valid(cases[i].name), cases[i].valid);
    memset(longest, 'x', sizeof longest);
    longest[100] = '\0';
    assert_true(sl_name_is_valid(longest));
    longest[100] = 'x';
    longest[101] = '\0';
    assert_false(sl_name_is_valid(longest));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_set),
        cmocka_unit_test(every_type_is_bound),
        cmocka_unit_test(wrong_values_are_told_at_their_place),
        cmocka_unit_test(all_problems_are_told_at_once),
        cmocka_unit_test(null_takes_away_what_may_be_absent),
        cmocka_unit_test(all_spellings_of_a_number_are_equal),
        cmocka_unit_test(keys_of_others_are_skipped),
        cmocka_unit_test(a_problem_notes_what_was_replaced),
        cmocka_unit_test(printing_is_canonical),
        cmocka_unit_test(what_is_printed_binds_to_the_same),
        cmocka_unit_test(keys_leave_out_what_decides_nothing),
        cmocka_unit_test(an_absent_record_is_not_printed),
        cmocka_unit_test(files_are_found_and_visited),
        cmocka_unit_test(rows_are_found_by_key),
        cmocka_unit_test(a_name_becomes_a_file_name),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
