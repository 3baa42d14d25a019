/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_SWEEPFILE_H
#define SL_STORE_SWEEPFILE_H

#include "runner/base/arena.h"
#include "runner/base/error.h"
#include "runner/store/table.h"

/*
 * sweep.h5: what a sweep came to, the same bytes however it came about.
 *
 *     /runs       one row a run: a compound table, packed, fixed-length UTF-8 strings
 *                 folder (from the results folder), key, state ("done", "failed" or
 *                 "missing"), reason, point, repeat, seed, then a column for each swept path
 *                 (float64 where all its values are numbers, else text) and a float64 column
 *                 STAGE.METRIC for each metric (NaN where there is none)
 *     /points     one row a point: point, runs (that are done), the swept columns, and for
 *                 each metric STAGE.METRIC.mean, .std, .low, .high, .n
 *     /rungs      of halving: one row a point and rung: point, rung, horizon, value, kept
 *     attributes of /   key (of the plan), name, description, program, platform, repeats,
 *                 axes (the swept paths, one a line), objectives ("minimize STAGE.METRIC",
 *                 one a line), figures ("NAME STAGE.METRIC...", one a line; "" where
 *                 the sweep does not name any), format
 *
 * Points count from 0 by their place in the sweep. h5py reads a table as a structured
 * array, pandas.DataFrame(f["runs"][:]) as a frame. HDF5 keeps 64 KiB for the description
 * of a row, which end at some 500 columns: 100 metrics with their summaries.
 */
struct sl_sweep_record {
    const char *key, *name, *description, *program, *platform, *axes, *objectives,
        *figures;
    uint64_t repeats;
    struct sl_table runs, points, rungs; /* rungs.rows 0: no halving */
};

enum sl_status sl_sweep_write(const struct sl_sweep_record *sweep, struct sl_arena *arena,
                              char **bytes, size_t *count, struct sl_error *err);
/* path: a sweep.h5. Texts that were not written read as "", a table as no rows. */
enum sl_status sl_sweep_file_read(const char *path, struct sl_arena *arena,
                                  struct sl_sweep_record *sweep, struct sl_error *err);

#endif
