/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_PRINT_H
#define SL_COMMAND_PRINT_H

#include <jansson.h>
#include <stdio.h>

#include "runner/store/runfile.h"

/* Significant digits of a metric for people: six, enough to tell runs apart and few enough to
 * read; of a count all. */
int sl_metric_digits(double value);

/* What `run` and `show` say about a run. path: where its run.h5 is. */
void sl_print_run(FILE *out, const char *path, const struct sl_run_record *run);
/* One line a metric: run, stage, metric, value, unit. */
void sl_print_run_csv(FILE *out, const char *path, const struct sl_run_record *run);
/* Config, state, metrics and provenance as a jansson object; the caller owns it. */
json_t *sl_run_json(const char *path, const struct sl_run_record *run);

#endif
