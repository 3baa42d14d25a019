/* SPDX-License-Identifier: MIT */
#ifndef SL_TEST_SAMPLE_SWEEP_H
#define SL_TEST_SAMPLE_SWEEP_H

#include "runner/store/sweepfile.h"

/*
 * A sweep over train.optimizer.adam.lr (0.001, 0.003, 0.01, ...), calibrate.k (2, 2.5) and
 * train.activation (relu, sigmoid, by turns): points x repeats runs, of which every failing-th
 * has failed, none for 0. detect.auroc depends on k, train.loss on lr; both on the seed.
 */
void sample_sweep(struct sl_sweep_record *sweep, size_t points, size_t repeats,
                  size_t failing, struct sl_arena *arena);

/* Writes it to PATH/plans/0011aabb/sweep.h5 with PATH/latest pointing there. */
void sample_sweep_publish(const char *path, const struct sl_sweep_record *sweep,
                          struct sl_arena *arena);

#endif
