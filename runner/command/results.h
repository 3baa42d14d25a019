/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_RESULTS_H
#define SL_COMMAND_RESULTS_H

#include <stddef.h>

#include "runner/base/arena.h"
#include "runner/base/error.h"
#include "runner/pipeline/plan.h"
#include "runner/parallel/beside.h"
#include "runner/pipeline/runs.h"

/*
 * The results folder from outside: what PATH of a command means, and the frozen plan that
 * `latest` points to.
 */

/* The run.h5 files that path stands for: itself, that of a run's folder, or those of the
 * latest plan of a results folder. SL_ERR_IO if it is none of these. Memory is the
 * arena's. */
enum sl_status sl_results_find(const char *path, struct sl_arena *arena,
                               const char ***files, size_t *n, struct sl_error *err);

/* The one run that a word means: a run.h5, its folder, a results folder with one run, or
 * NAME#POINT, a point of a sweep with one run that is done. SL_ERR_CONFIG where it is
 * none or several. */
enum sl_status sl_results_run(const char *word, struct sl_arena *arena, const char **file,
                              struct sl_error *err);

/* Writes plans/<hash8>/plan.yaml and points `latest` at it, and puts the names of folders on
 * disk that were made for out, beside what the caller does next, which must wait for it
 * before it records anything. A search appends its rounds to
 * the plan of its first, which names the folder: *folder is NULL then, and set, or what it
 * was set to. In the plan's arena. */
struct sl_freezing {
    struct sl_beside beside;
    const char *path, *link, *target; /* path, link: NULL where there is nothing to do */
    struct sl_text text;
    const char *out;
    unsigned made; /* set by the caller: folders of out, its last ones, that are new */
};
void sl_results_freeze(struct sl_freezing *freezing, const char *out,
                       const struct sl_plan *plan, const struct sl_runs *runs,
                       const char **folder);
enum sl_status sl_results_frozen(struct sl_freezing *freezing, struct sl_error *err);

#endif
