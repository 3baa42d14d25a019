/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_METRIC_H
#define SL_LEARN_METRIC_H

#include "modules/learn/ranking.h"
#include "runner/config/table.h"

/* What a detection comes to: two samples of scores and a threshold. A row is flagged when
 * its score is above the threshold. */
struct sl_detection {
    struct sl_ranking ranking;
    double threshold;
};

/* One number about a detection, in the table SL_METRIC. The anomalous rows are the
 * positive ones. */
struct sl_metric_class {
    struct sl_entry entry;
    const char *unit; /* NULL: a pure number */
    /* NaN where it is undefined (no row of one kind). */
    double (*of)(const struct sl_detection *detection);
};

#endif
