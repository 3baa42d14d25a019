/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_PROFILE_REPORT_H
#define SL_COMMAND_PROFILE_REPORT_H

#include <stdbool.h>

#include "runner/parallel/profile.h"

/* What a profile came to, once all its spans are closed. */
struct sl_profile_ending {
    const char *folder; /* that gets profile.json */
    const char *title;  /* of the trace */
    unsigned threads;   /* of the pool */
    bool quiet;         /* prints nothing on standard output */
    bool json;          /* tells each step and operation as an event on standard error */
};

/* Writes the trace (trace.h), but over no earlier one where no step was done; prints a table of
 * the steps, those of one label together, and one of the operations. */
enum sl_status sl_profile_conclude(struct sl_profile *profile,
                                   const struct sl_profile_ending *ending,
                                   struct sl_error *err);

#endif
