/* SPDX-License-Identifier: MIT */
#include "runner/store/zip_calls.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

static bool
find(void *library, const char *name, void *call, size_t size)
{
    void *symbol = dlsym(library, name);

    memcpy(call, &symbol, size); /* C has no cast from an object to a function */
    return symbol;
}

enum sl_status
sl_zip_calls_open(struct sl_zip_calls *calls, struct sl_error *err)
{
    void *library = dlopen(SL_ZIP_LIBRARY, RTLD_NOW | RTLD_LOCAL);

    if (!library)
        return sl_fail(err, SL_ERR_IO, "archives need libzip, which can't be opened: %s",
                       dlerror());
#define SL_ZIP_CALL(name)                                                                \
    if (!find(library, #name, &calls->name, sizeof calls->name))                         \
        return sl_fail(err, SL_ERR_IO, "archives need another libzip: %s", dlerror());
    SL_ZIP_CALLS(SL_ZIP_CALL)
#undef SL_ZIP_CALL
    return SL_OK;
}
