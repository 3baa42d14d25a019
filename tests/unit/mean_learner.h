/* SPDX-License-Identifier: MIT */
#ifndef SL_TESTS_MEAN_LEARNER_H
#define SL_TESTS_MEAN_LEARNER_H

#include "modules/learn/fit.h"
#include "tests/unit/fake_step.h"

/* A learner whose loss one can work out by hand: theta is to be the mean of the rows, the
 * loss of a row its mean squared distance from theta. */

/* Column 0 of a row is its id. */
enum { ROWS = 30, COLUMNS = 3, TRAIN = 23, BATCH = 5, BATCHES = 5 };

struct fixture {
    float x[ROWS][COLUMNS];
    uint32_t train[TRAIN], validation[4];
    struct sl_split splits[3];
    struct sl_dataset data;
    bool f64;
    unsigned seen[2000], rows; /* ids in the order in which batches brought them */
    size_t sizes[500], batches;
    uint64_t nan_at;     /* iteration + 1; 0: never */
    double most;         /* of theta's column 0, beyond which losses are NaN; 0: any */
    struct sl_span span; /* of the parameters that decay */
    struct sl_learner learner;
};

/* Training rows are the odd ids and the last ones, so that places are not ids. */
void fixture_init(struct fixture *f, bool f64);

/* A training by the fields of sl_fit, from YAML. */
enum sl_status fit(struct fixture *f, struct sl_step *step, const char *yaml,
                   void **theta, struct sl_error *err);

/* Theta and every series, as bytes. */
void assert_same_result(const struct sl_step *a, const void *theta_a,
                        const struct sl_step *b, const void *theta_b, size_t real);

#endif
