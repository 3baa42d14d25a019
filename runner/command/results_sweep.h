/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_RESULTS_SWEEP_H
#define SL_COMMAND_RESULTS_SWEEP_H

#include "runner/command/view.h"
#include "runner/store/sweepfile.h"

/* The sweep of a results folder, as the commands that read it see it. */
struct sl_results_sweep {
    struct sl_arena *arena;
    const char *file; /* sweep.h5 */
    const char *root; /* the results folder */
    struct sl_sweep_record record;
    const char *const *folders, *const *states, *const *reasons; /* of the runs */
    const int64_t *points, *seeds;                               /* of the runs */
    size_t done, failed, missing;                                /* runs */
    size_t axis_count, metric_count;
    const char *const *axes, *const *metrics; /* STAGE.METRIC; objectives come first */
    size_t objective_count;                   /* metrics of the stated objectives */
};

/* path is a sweep.h5, the folder of a plan, or a results folder, of which the latest plan
 * counts. False where there is no sweep.h5. */
bool sl_results_sweep_find(const char *path, struct sl_arena *arena, const char **file,
                           const char **root);
/* SL_ERR_IO where path has no sweep, or a damaged one. */
enum sl_status sl_results_sweep_open(const char *path, struct sl_arena *arena,
                                     struct sl_results_sweep *sweep,
                                     struct sl_error *err);

/* "PATH#3": a point of the sweep at PATH. False where the word is no such, or a path
 * itself. */
bool sl_point_parse(const char *word, struct sl_arena *arena, const char **path,
                    int64_t *point);

/* The configuration of the first run, as plan.yaml keeps it, or NULL. */
const char *sl_results_sweep_config(const struct sl_results_sweep *sweep);

/* A text that is a list: of its lines, or of what stands between the separators. */
const char *const *sl_lines(const char *text, struct sl_arena *arena, size_t *n);
const char *const *sl_split(const char *text, char separator, struct sl_arena *arena,
                            size_t *n);

/* The row of a command's options that names metrics, separated by commas. */
#define SL_METRICS_OPTION                                                                \
    {                                                                                    \
        "metrics", "A,B,C", "these metrics only", false                                  \
    }

/* Takes the metrics that `list` names in place of all; SL_ERR_CONFIG for one that the sweep
 * has not. */
enum sl_status sl_results_sweep_pick(struct sl_results_sweep *sweep, const char *list,
                                     struct sl_error *err);
/* Which of n names is meant by one that is unknown, as an error. */
enum sl_status sl_unknown_metric(const char *name, const char *const *names, size_t n,
                                 struct sl_error *err);

#endif
