/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_TRACE_H
#define SL_COMMAND_TRACE_H

#include "runner/parallel/profile.h"

/*
 * A profile as JSON of the Trace Event Format (Chromium's, "JSON Object Format"), which
 * chrome://tracing and ui.perfetto.dev open: process 1, a track for each thread ("M"), a
 * complete event ("X", microseconds) for each span with what it did as its args, and a
 * counter ("C") of what is resident.
 *
 * title: of the process. The file appears whole or not at all.
 */
enum sl_status sl_trace_write(const struct sl_profile *profile,
                              const struct sl_profile_sum *sum, const char *path,
                              const char *title, struct sl_error *err);

#endif
