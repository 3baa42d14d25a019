/* SPDX-License-Identifier: MIT */
#include "tests/unit/sweep_desk.h"

#include <string.h>

#include "runner/config/yaml.h"

#define SEED 7

void
desk_open(struct desk *desk)
{
    *desk = (struct desk){0};
    sl_arena_init(&desk->arena);
    sl_report_init(&desk->report, &desk->arena);
    desk->compose = (struct sl_compose){
        .arena = &desk->arena, .report = &desk->report, .registry = &toolbox};
}

void
desk_close(struct desk *desk)
{
    sl_text_release(&desk->out);
    sl_arena_release(&desk->arena);
}

struct sl_node *
desk_parse(struct desk *desk, const char *yaml)
{
    const char *text = sl_arena_string(&desk->arena, yaml);
    struct sl_node *node = NULL;

    sl_yaml_parse("s.yaml", text, strlen(text), &desk->arena, &desk->report, &node);
    return node;
}

struct sl_sweep
desk_sweep(struct desk *desk, const char *block, const char *const *words, size_t n)
{
    struct sl_sweep_call call = {.compose = &desk->compose, .n = n, .axes = words};
    struct sl_sweep sweep;

    sl_report_init(&desk->report, &desk->arena);
    if (block)
        call.block = desk_parse(desk, block);
    call.seed = SEED;
    sl_sweep_read(&call, &sweep);
    return sweep;
}

const char *
desk_points(struct desk *desk, const struct sl_sweep *sweep)
{
    if (desk->report.n > 0)
        return desk_report(desk);
    sl_text_clear(&desk->out);
    sl_text_append(&desk->out, "");
    for (size_t i = 0; i < sweep->n; i++) {
        const struct sl_point *point = &sweep->points[i];

        sl_text_append(&desk->out, i > 0 ? ";" : "");
        for (size_t j = 0; j < point->n; j++)
            sl_text_format(&desk->out, "%s%s=%s", j > 0 ? " " : "", point->at[j].path,
                           sl_point_text(point, point->at[j].path, &desk->arena));
    }
    return desk->out.bytes;
}

const char *
desk_report(struct desk *desk)
{
    sl_text_clear(&desk->out);
    sl_text_append(&desk->out, "");
    sl_report_render(&desk->report, false, &desk->out);
    return desk->out.bytes;
}
