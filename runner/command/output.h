/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_OUTPUT_H
#define SL_COMMAND_OUTPUT_H

#include "runner/base/error.h"

/*
 * Hands what was printed to whoever reads standard output. SL_ERR_CANCELLED where nobody
 * does any more (| head -1): that is no mistake, and no word is lost on it. SL_ERR_IO where
 * it can't be written for another reason.
 */
enum sl_status sl_output_flush(struct sl_error *err);

#endif
