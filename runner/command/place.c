/* SPDX-License-Identifier: MIT */
#include "runner/command/place.h"

#include <stdlib.h>

const char *
sl_call_cache(const struct sl_call *call)
{
    const char *given = sl_call_option(call, "cache");
    const char *environment = getenv("SLUICE_CACHE");

    if (given)
        return given;
    return environment && *environment ? environment : ".sluice/cache";
}

const char *
sl_call_out(const struct sl_call *call, const char *name)
{
    const char *given = sl_call_option(call, "out");

    return given ? given : sl_arena_format(call->arena, "results/%s", name);
}
