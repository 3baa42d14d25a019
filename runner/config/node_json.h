/* SPDX-License-Identifier: MIT */
#ifndef SL_CONFIG_NODE_JSON_H
#define SL_CONFIG_NODE_JSON_H

#include <jansson.h>

#include "runner/config/node.h"

/* A value as JSON, by YAML's core schema: 1e-3 is a number, "1" and no are texts. Integers
 * beyond 64 bits become reals; .inf and .nan, which JSON lacks, texts. The caller owns it. */
json_t *sl_node_json(const struct sl_node *node);

#endif
