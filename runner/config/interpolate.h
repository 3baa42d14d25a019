/* SPDX-License-Identifier: MIT */
#ifndef SL_CONFIG_INTERPOLATE_H
#define SL_CONFIG_INTERPOLATE_H

#include "runner/config/compose.h"

/*
 * Values that are made of others, in the scalars of a composed tree:
 *
 * ${train.epochs}              another value: what a file, the command line or the point of
 *                              a sweep set, not a default
 * ${.width} ${..width}         one of the mapping that the value stands in, of the one around
 *                              that; lists on the way don't count
 * ${= 2 * train.batch_size}    arithmetic (runner/config/arithmetic.h)
 * ${env:NAME}                  a variable of the environment that some file declares:
 *                              `env: [NAME]`
 * $${                          the text "${"
 *
 * A scalar that is nothing but one reference takes the other value as it is, a list or a
 * mapping, too; within a text a reference stands for the other's text. The environment's
 * values are read by the core schema like any other; they enter keys, run.h5 and plan.yaml
 * in clear, which is what the declaration agrees to; variables that no file declares are
 * never read. `sweep` is left as it is: see sl_interpolate_early.
 *
 * What a reference made has the place of the reference; `written` is what stood there.
 * Bounds: 100 references one from another, 10,000 nodes and 1 MiB of text made, 100 declared
 * variables, 3 million keys looked at.
 */
struct sl_interpolation {
    const struct sl_compose *compose;
    const struct sl_node *env; /* a mapping of the declared names, or NULL */
};

/* Takes `env` out of a tree of sl_compose. */
void sl_interpolation_init(struct sl_interpolation *interpolation,
                           const struct sl_compose *compose, struct sl_node *tree);

/* The tree with everything interpolated, which shares with it what was not changed; the tree
 * itself stays as it is. Problems go to the report; what is wrong is a broken node. */
struct sl_node *sl_interpolate(const struct sl_interpolation *interpolation,
                               struct sl_node *tree);

/* The value of a top-level key, with what it refers to, before points of a sweep change the
 * tree: nodes that are per_point are left as they are. late: paths that nothing in it may
 * refer to, since the points set them, with a NULL behind the last; NULL: none. */
struct sl_node *sl_interpolate_early(const struct sl_interpolation *interpolation,
                                     struct sl_node *tree, const char *key,
                                     const char *const *late);

/* `env: [NAME, ...]` of a file, as the mapping that composition merges. */
void sl_env_normalise(const struct sl_compose *compose, struct sl_node *tree);

#endif
