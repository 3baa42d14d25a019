/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_CACHE_ROWS_H
#define SL_STORE_CACHE_ROWS_H

#include "runner/store/cache.h"

/* Maps the rows of an outcome that was read from `path`; one without a data set stays as it
 * is. An outcome whose rows are missing or damaged is no outcome: *found is false then, and
 * both files go, so that sl_cache_has and whoever reads next see that. */
enum sl_status sl_cache_rows_join(const struct sl_cache *cache, const char *path,
                                  struct sl_outcome *outcome, bool *found,
                                  struct sl_error *err);

#endif
