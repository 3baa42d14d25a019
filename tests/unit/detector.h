/* SPDX-License-Identifier: MIT */
#ifndef SL_TESTS_DETECTOR_H
#define SL_TESTS_DETECTOR_H

#include "tests/unit/fake_step.h"

/*
 * A train module that learns from rows in memory, and the model it yields, for tests. Link
 * fake_step.c and detector.c.
 */
struct detector {
    struct sl_step step;
    struct sl_model model;
};

/* The built-in train module of that name; fails the test where there is none. */
const struct sl_module *detector_module(const char *name);

/* n rows of d columns, of which the values are float64 or, as `type` says, float32. */
struct detector_rows {
    size_t n, d;
    const void *x;
    enum sl_dtype type;
};
struct sl_dataset detector_data(struct detector_rows rows, const char *split,
                                struct sl_arena *arena);

/* Learns and opens. SL_OK, or what the module says; detector_release either way. */
enum sl_status detector_try(struct detector *detector, const struct sl_module *module,
                            const char *yaml, struct detector_rows rows,
                            struct sl_pool *pool, struct sl_error *err);
/* The same; fails the test where it does not go well. */
void detector_fit(struct detector *detector, const char *module, const char *yaml,
                  struct detector_rows rows);
void detector_release(struct detector *detector);

/* out: n scores of that kind. */
void detector_score(struct detector *detector, struct detector_rows rows, size_t kind,
                    double *out);

#endif
