/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_ACTIVATION_CHECK_H
#define SL_LEARN_ACTIVATION_CHECK_H

#include "runner/pipeline/stage.h"

/* Whether what was chosen for `key` can stand behind a dense layer: layers that keep the
 * columns as they are. Reports what can't; where nothing was chosen, that is told already. */
bool sl_activation_check(const struct sl_check *check, const char *key,
                         const struct sl_choice *choice);

#endif
