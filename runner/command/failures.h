/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_FAILURES_H
#define SL_COMMAND_FAILURES_H

#include "runner/pipeline/execute.h"

/* SL_OK where every run is done; else the error that the command ends with. Those of several
 * runs are listed on standard error with their reasons, if they are to be. */
enum sl_status sl_failures_tell(const struct sl_execution *execution, bool listed,
                                struct sl_error *err);

#endif
