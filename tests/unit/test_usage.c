/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "runner/base/text.h"
#include "runner/command/usage.h"

/* Words that may stand at the first four places of a line, those of a place joined by '|'. */
static void
words_stand_where_the_usage_has_them(void **state)
{
    static const struct {
        const char *arguments, *allowed[4];
    } cases[] = {
        {"", {"", "", "", ""}},
        {"PATH", {"PATH", "", "", ""}},
        {"[NAME]", {"NAME", "", "", ""}},
        {"A B", {"A", "B", "", ""}},
        {"list|prune", {"list|prune", "", "", ""}},
        {"[PATH | configs]", {"PATH|configs", "", "", ""}},
        {"FILE [KEY=VALUE]...", {"FILE", "KEY=VALUE", "KEY=VALUE", "KEY=VALUE"}},
        {"FILE KEY [KEY=VALUE]...", {"FILE", "KEY", "KEY=VALUE", "KEY=VALUE"}},
        {"fetch|list [NAME]...", {"fetch|list", "NAME", "NAME", "NAME"}},
        {"FILE... [KEY=VALUE]...",
         {"FILE", "FILE|KEY=VALUE", "FILE|KEY=VALUE", "FILE|KEY=VALUE"}},
        {"-- WORD...", {"--", "WORD", "WORD", "WORD"}},
    };
    struct sl_arena arena;

    (void)state;
    sl_arena_init(&arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sl_usage usage = sl_usage_parse(cases[i].arguments, &arena);
        for (size_t position = 0; position < 4; position++) {
            struct sl_text found = {0};
            for (size_t j = 0; j < usage.n; j++)
                if (sl_usage_allows(&usage, j, position))
                    sl_text_format(&found, "%s%s", found.count ? "|" : "",
                                   usage.words[j].text);
            assert_string_equal(found.count ? found.bytes : "",
                                cases[i].allowed[position]);
            sl_text_release(&found);
        }
    }
    sl_arena_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_stand_where_the_usage_has_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
