/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_PLACE_H
#define SL_COMMAND_PLACE_H

#include "runner/command/command.h"

/* Where commands find cache and results: the options that say so, and what they mean. */
#define SL_CACHE_OPTION                                                                  \
    {                                                                                    \
        "cache", "DIR", "the cache; by default $SLUICE_CACHE or .sluice/cache", false    \
    }
#define SL_PLACE_OPTIONS                                                                 \
    {"out", "DIR", "the results folder; by default results/NAME", false}, SL_CACHE_OPTION

const char *sl_call_cache(const struct sl_call *call);
/* name: of the experiment. */
const char *sl_call_out(const struct sl_call *call, const char *name);

#endif
