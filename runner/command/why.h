/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_WHY_H
#define SL_COMMAND_WHY_H

#include "runner/pipeline/plan.h"
#include "runner/store/cache.h"

/* Prints which inputs make a step's key differ from that of the nearest step in the cache:
 * the one that shares most of what went into it. name: of a stage of the first run, "score
 * SPLIT", or the first digits of a key. SL_ERR_CONFIG if the plan has no such step. */
enum sl_status sl_why(const struct sl_plan *plan, const struct sl_cache *cache,
                      const char *name, struct sl_arena *arena, struct sl_error *err);

#endif
