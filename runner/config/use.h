/* SPDX-License-Identifier: MIT */
#ifndef SL_CONFIG_USE_H
#define SL_CONFIG_USE_H

#include <stdbool.h>

#include "runner/base/text.h"
#include "runner/config/compose.h"

/* The file that an entry of `use:` means; user is the file that it stands in. */

/* A path: beside the file, in the current folder, on the search path. NULL, and the places
 * that were looked at appended to looked, if it is nowhere. */
const char *sl_use_path(const struct sl_compose *compose, const char *user,
                        const char *path, struct sl_text *looked);

/* Whether the file that an entry of `use:` was found at may be read: one that leads up or is
 * absolute must end below a root (compose.h). first: the experiment's file. */
bool sl_use_is_inside(const struct sl_compose *compose, const char *first,
                      const char *entry, const char *found);

/* A name of a group: GROUP/NAME.yaml in the configs folder beside the file, in that of the
 * current folder, on the search path. NULL, and what there is instead appended to
 * instead, if there is none. */
const char *sl_use_group(const struct sl_compose *compose, const char *user,
                         const char *group, const char *name, struct sl_text *instead);

#endif
