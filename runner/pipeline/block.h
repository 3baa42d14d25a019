/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_BLOCK_H
#define SL_PIPELINE_BLOCK_H

#include "runner/pipeline/stage.h"

/*
 * Everything that a file may hold, as field tables to read and not to bind: for what
 * explains, completes and checks files from outside. Rows that a module's table lacks are
 * made in the arena; they have no member.
 */

/* What a stage's block may hold: `module`, `kind`, the keys of the module's score ports,
 * `score`, `inputs`, `timeout`, and the module's own keys. row: of a stage module. */
const struct sl_field *sl_block_fields(const struct sl_registry *registry,
                                       const struct sl_row *row, struct sl_arena *arena);

#define SL_TIMEOUT_MAX 1e9 /* seconds */

/* The keys of any block that are the engine's, `module` first; NULL-terminated. Those of
 * score ports come on top. */
extern const char *const sl_block_keys[];

/* The keys of a file's top level that compose it and have done so when an experiment is
 * bound: use, modules, sweep. Their values have a grammar of their own (compose.h, sweep.h), so that the
 * type of a row says little. */
extern const struct sl_field sl_file_fields[];

/* The kind that a block says with `kind:`, or that its name is; SL_STAGE_KINDS if it is
 * none. */
unsigned sl_block_kind(const struct sl_node *block);

#endif
