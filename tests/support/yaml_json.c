/* SPDX-License-Identifier: MIT */
/* Prints files, as this program reads YAML, one line of JSON each: {"file": ..., "tree":
 * ...}; a file that is no YAML has the tree null. usage: yaml_json FILE... */
#include <stdio.h>

#include "runner/config/node_json.h"
#include "runner/config/report.h"
#include "runner/config/yaml.h"

static void
print(const char *path)
{
    struct sl_arena arena;
    struct sl_report report;
    struct sl_node *tree = NULL;
    struct sl_error ignored;
    json_t *line;

    sl_arena_init(&arena);
    sl_report_init(&report, &arena);
    (void)sl_yaml_read(path, NULL, &arena, &report, &tree, &ignored);
    line = json_pack("{s:s, s:o}", "file", path, "tree",
                     tree && report.errors == 0 ? sl_node_json(tree) : json_null());
    json_dumpf(line, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(line);
    sl_arena_release(&arena);
}

int
main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        print(argv[i]);
    return 0;
}
