/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_RUNS_H
#define SL_PIPELINE_RUNS_H

#include "runner/config/interpolate.h"
#include "runner/pipeline/experiment.h"
#include "runner/sweep/sweep.h"

/*
 * What a file comes to: the points of its sweep, each bound and checked, times repeats.
 * A file without a sweep is one run.
 */
struct sl_run_config {
    const struct sl_experiment *experiment;
    size_t point; /* index into the sweep's points */
    int64_t repeat;
    const char *label; /* "k=2.5,seed=3", fit for a file name */
};

struct sl_runs {
    bool swept; /* there is more to it than one run */
    struct sl_sweep sweep;
    size_t n, capacity;
    struct sl_run_config *at;       /* point by point, within it repeat by repeat */
    const struct sl_node *tree;     /* the file, without its sweep; not interpolated */
    const struct sl_node *followed; /* the same, interpolated as far as it is right */
    struct sl_bind_memo *memo;
    struct sl_rounds *rounds; /* of a search that goes on (rounds.h), else NULL */
    struct sl_interpolation interpolation; /* of the file */
    const struct sl_runs_call *call;
};

struct sl_runs_call {
    const struct sl_compose *compose;
    const char *path;
    size_t n;
    const char *const *overrides; /* KEY=VALUE */
    size_t axis_count;
    const char *const *axes; /* KEY=A,B,C */
    int64_t repeats;         /* 0: as the file says */
};

/* call lives as long as the runs. Problems go to the report of compose; runs are usable
 * only when it has no errors. SL_ERR_IO when path can't be read. */
enum sl_status sl_runs_read(const struct sl_runs_call *call, struct sl_runs *runs,
                            struct sl_error *err);

/* Adds the runs of n further points, the first of which has the index `first`: for a
 * search that goes on. */
enum sl_status sl_runs_add(struct sl_runs *runs, const struct sl_point *points, size_t n,
                           size_t first, struct sl_error *err);

#endif
