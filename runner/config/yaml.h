/* SPDX-License-Identifier: MIT */
#ifndef SL_CONFIG_YAML_H
#define SL_CONFIG_YAML_H

#include "runner/config/node.h"
#include "runner/config/report.h"

/*
 * YAML text to nodes, through libyaml's events. One document; UTF-8 with or without a byte
 * order mark; at most 1 MiB, 64 levels, 100,000 nodes, 10,000 of them from aliases, 64 KiB
 * a scalar. Anchors, aliases and merge keys (<<) are expanded; tags other than !replace and
 * !delete are refused; so are duplicate keys, control characters and invisible ones.
 *
 * Problems go to the report with their place; *node is NULL when the text could not be
 * read as a whole. name is what problems call the text, which is registered with the
 * report: both live as long as that.
 */
void sl_yaml_parse(const char *name, const char *bytes, size_t count,
                   struct sl_arena *arena, struct sl_report *report,
                   struct sl_node **node);

/* The same for a file. A file that is missing, no regular file or too large is a problem
 * at "place" (the `use` that named it), or SL_ERR_IO when place is NULL. */
enum sl_status sl_yaml_read(const char *path, const struct sl_mark *place,
                            struct sl_arena *arena, struct sl_report *report,
                            struct sl_node **node, struct sl_error *err);

#endif
