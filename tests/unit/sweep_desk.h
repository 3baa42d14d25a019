/* SPDX-License-Identifier: MIT */
#ifndef SL_TESTS_SWEEP_DESK_H
#define SL_TESTS_SWEEP_DESK_H

#include "runner/sweep/sweep.h"
#include "tests/unit/toolbox.h"

/* What the tests of sweeps share: YAML read into a node, and points as text. */
struct desk {
    struct sl_arena arena;
    struct sl_report report;
    struct sl_compose compose;
    struct sl_text out;
};

void desk_open(struct desk *desk);
void desk_close(struct desk *desk);

/* The source is called "s.yaml". */
struct sl_node *desk_parse(struct desk *desk, const char *yaml);

/* Forgets problems; reads the block, NULL for none, with words of the command line. */
struct sl_sweep desk_sweep(struct desk *desk, const char *block, const char *const *words,
                           size_t n);

/* "a=1 b=x;a=2 b=x", or the report, if there is something in it. */
const char *desk_points(struct desk *desk, const struct sl_sweep *sweep);

/* The report's text, "" if there is nothing in it. */
const char *desk_report(struct desk *desk);

#endif
