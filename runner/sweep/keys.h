/* SPDX-License-Identifier: MIT */
#ifndef SL_SWEEP_KEYS_H
#define SL_SWEEP_KEYS_H

#include "runner/base/text.h"
#include "runner/config/field.h"

/* The keys of a sweep block, for what explains, completes and checks files from outside.
 * What stands behind them is told in sweep.h. */
enum sl_sweep_shape {
    SL_SWEEP_AXES,        /* {PATH: VALUES} */
    SL_SWEEP_POINTS,      /* [{PATH: VALUE}] */
    SL_SWEEP_DRAWS,       /* {count: N, space: {PATH: SPACE}}, see sl_draw_fields */
    SL_SWEEP_EXPRESSIONS, /* [EXPRESSION] */
    SL_SWEEP_CONDITION,   /* CONDITION or a list of these */
    SL_SWEEP_REPEATS,     /* a number, as sl_repeat_fields has it */
    SL_SWEEP_OBJECTIVE,   /* {minimize: STAGE.METRIC} or a list of these */
    SL_SWEEP_HALVING,     /* sl_halving_fields */
    SL_SWEEP_SEARCH,      /* {tpe: {space: ..., and sl_round_fields}} */
    SL_SWEEP_FIGURES      /* [NAME, {NAME: METRICS}] */
};

struct sl_sweep_key {
    const char *name, *help;
    enum sl_sweep_shape shape;
    bool outermost; /* only directly below `sweep` */
};

/* Key i; NULL behind the last. */
const struct sl_sweep_key *sl_sweep_key(size_t i);

extern const struct sl_field sl_repeat_fields[], sl_halving_fields[], sl_draw_fields[],
    sl_round_fields[];

/* By enum sl_space_kind, NULL-terminated: all take [lowest, highest], but for the last,
 * which takes VALUES. */
extern const char *const sl_space_names[];
extern const char *const sl_space_helps[];
/* Values that are made of three numbers; name i, or NULL behind the last. */
const char *sl_made_name(size_t i);
/* The three numbers of values i, and which values they make. */
const char *sl_made_shape(size_t i);
const char *sl_made_help(size_t i);

/* All of it, for a reader. */
void sl_sweep_describe(const struct sl_registry *registry, struct sl_text *out);

#endif
