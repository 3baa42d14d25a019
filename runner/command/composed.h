/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_COMPOSED_H
#define SL_COMMAND_COMPOSED_H

#include "runner/command/command.h"
#include "runner/config/compose.h"
#include "runner/pipeline/outline.h"

/* How a command composes files, with the report for its problems. In the call's arena. */
const struct sl_compose *sl_call_composing(const struct sl_call *call,
                                           struct sl_report *report);

/* The outline of words[0] with the overrides words[first], words[first + 1], ..., and with
 * its references made where that is possible. Problems of the composition are told; SL_ERR_CONFIG when there are errors among them. */
enum sl_status sl_call_outline(struct sl_call *call, size_t first,
                               struct sl_outline *outline, struct sl_error *err);

/* "configs/model/vae.yaml:3", "command line"; "default" for a node without a place. */
const char *sl_origin_of(const struct sl_node *node, struct sl_arena *arena);

#endif
