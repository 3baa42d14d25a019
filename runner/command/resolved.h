/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_RESOLVED_H
#define SL_COMMAND_RESOLVED_H

#include "runner/base/text.h"
#include "runner/pipeline/outline.h"

/* A line of a resolved file. */
struct sl_resolved_line {
    unsigned indent;
    bool dash;                  /* begins an entry of a list, two columns to the left */
    const char *text;           /* "epochs: 10", "train:" */
    const char *path;           /* "train.epochs" */
    const struct sl_node *node; /* of a value; NULL: the line says none */
};

/* What a file comes to: what it says, and the defaults for what it does not say, but those
 * that depend on the run: split_seed, which is the seed of each repeat. A file that a step
 * reads is named by its absolute path, if it is there. interpolated: the tree has no
 * references any more, and "${" in it is text. Memory is the outline's arena's. */
size_t sl_resolve(const struct sl_outline *outline, bool interpolated,
                  struct sl_resolved_line **lines);

/* As YAML that reads back as the same experiment, with comments that say where each value
 * came from. */
void sl_resolved_print(const struct sl_resolved_line *lines, size_t n,
                       struct sl_arena *arena, struct sl_text *out);

#endif
