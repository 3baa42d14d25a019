/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_LOAD_H
#define SL_COMMAND_LOAD_H

#include "runner/command/command.h"
#include "runner/pipeline/experiment.h"

/* What the commands that take an experiment's file share: composes words[0] with the
 * overrides words[1..], binds and checks it, and checks that its figures exist. Problems
 * are in call->report, and told; SL_ERR_CONFIG when there are errors among them. */
enum sl_status sl_call_load(struct sl_call *call, struct sl_experiment *experiment,
                            struct sl_error *err);

#endif
