/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_BOOTSTRAP_H
#define SL_LEARN_BOOTSTRAP_H

#include "modules/learn/metric.h"
#include "runner/base/rng.h"

struct sl_pool;

/*
 * Percentile intervals (Efron and Tibshirani 1993) of several metrics at once. A replicate
 * gives each row a weight drawn from the Poisson distribution of mean 1 (Chamandy et al.
 * 2012), so that rows need not be gone through one by one: rows whose scores are tied share
 * one draw. Beyond SL_BOOTSTRAP_CUTS cuts, neighbours are merged until no more are left,
 * evenly on the scale of asin(sqrt(rate)), on which a rate's error is the same everywhere;
 * what that moves a metric by is taken off again. So the cost is bounded whatever the rows.
 *
 * Replicate i draws from substream i of the stream: not a bit depends on threads.
 */
#define SL_BOOTSTRAP_CUTS 1024

struct sl_bootstrap {
    const struct sl_detection *detection;
    size_t n;
    const struct sl_metric_class *const *metrics; /* n, all `resampled` */
    size_t replicates;                            /* at least 40 */
    struct sl_stream stream;
    struct sl_pool *pool;
    struct sl_arena *arena; /* scratch */
};

/* intervals: n. One without a method is undefined: the metric is, or no replicate differs
 * from another, as in perfect separation, of which resampling can't tell how sure it is.
 * SL_ERR_MEMORY. */
enum sl_status sl_bootstrap(const struct sl_bootstrap *bootstrap,
                            struct sl_interval *intervals, struct sl_error *err);

#endif
