/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_METRIC_H
#define SL_LEARN_METRIC_H

#include "modules/learn/interval.h"
#include "modules/learn/ranking.h"
#include "runner/config/table.h"

/* P-values of the rows of a detection, of each kind ascending. */
struct sl_p_values {
    size_t n, m;
    const double *normal, *anomalous;
};

/* What a detection comes to: two samples of scores and a threshold. A row is flagged when
 * its score is above the threshold. */
struct sl_detection {
    struct sl_cuts cuts;
    const struct sl_p_values *p; /* NULL: the calibration gives none */
};

/* One number about a detection, in the table SL_METRIC. The anomalous rows are the
 * positive ones. */
struct sl_metric_class {
    struct sl_entry entry;
    const char *unit; /* NULL: a pure number */
    /* NaN where it is undefined (no row of a kind, no p-values). */
    double (*of)(const struct sl_detection *detection);
    /* Its 95 % interval in closed form, or NULL. */
    struct sl_interval (*interval)(const struct sl_detection *detection);
    /* Its interval comes from the bootstrap: `of` looks at cuts alone, and lies in [0, 1]. */
    bool resampled;
    bool of_p_values; /* NaN without them */
};

#endif
