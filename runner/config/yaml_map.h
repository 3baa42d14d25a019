/* SPDX-License-Identifier: MIT */
#ifndef SL_CONFIG_YAML_MAP_H
#define SL_CONFIG_YAML_MAP_H

#include "runner/config/node.h"
#include "runner/config/report.h"

/* What makes a mapping of the pairs that YAML has, in any number and with any keys. */

/* Whether a node may be a key; if not, that is told. */
bool sl_yaml_check_key(const struct sl_node *key, struct sl_report *report);

/* `<<: *base` or `<<: [*a, *b]`: moves the children of those maps, whose keys stand in for
 * missing ones, to merged. */
void sl_yaml_merge_key(const struct sl_node *value, struct sl_node *merged,
                       struct sl_report *report);

/* Gives the map its own children and those merged ones whose keys it lacks. Of two with
 * the same key the first stays; two of its own are told. */
void sl_yaml_finish_map(struct sl_node *map, const struct sl_node *own,
                        const struct sl_node *merged, struct sl_arena *arena,
                        struct sl_report *report);

#endif
