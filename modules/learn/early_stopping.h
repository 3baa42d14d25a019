/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_EARLY_STOPPING_H
#define SL_LEARN_EARLY_STOPPING_H

#include "runner/config/field.h"

/*
 * When to end a training before its last epoch (Prechelt 1998, "Early stopping - but
 * when?"), by the loss of a split after each epoch. Two things are told apart: the epoch
 * whose parameters are kept is the one with the least loss, the first of equals, by however
 * little; and the training ends when the loss has not fallen by more than min_delta in
 * `patience` epochs.
 */
struct sl_early_stopping_config {
    const char *monitor; /* NULL: the training goes on to its last epoch */
    int64_t patience;
    double min_delta;
};

extern const struct sl_field sl_early_stopping_fields[];

/* What the epochs so far came to: a function of their losses alone. {0} is no epoch. */
struct sl_early_stopping {
    uint64_t epochs, best; /* seen; the one to keep, from 1 */
    double least;          /* loss of `best` */
    double reference;      /* what a loss has to undercut by min_delta ... */
    uint64_t waited;       /* ... and the epochs that did not */
};

/* One more epoch; true if it is the one to keep. */
bool sl_early_stopping_see(struct sl_early_stopping *stopping,
                           const struct sl_early_stopping_config *config, double loss);
bool sl_early_stopping_is_due(const struct sl_early_stopping *stopping,
                              const struct sl_early_stopping_config *config);

#endif
