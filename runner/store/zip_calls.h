/* SPDX-License-Identifier: MIT */
#ifndef SL_STORE_ZIP_CALLS_H
#define SL_STORE_ZIP_CALLS_H

#include <zip.h>

#include "runner/base/error.h"

/*
 * libzip, opened when the first archive is: it brings libcrypto and libbz2 along, which takes
 * a millisecond at every start, and few runs read or write an archive.
 */
/* clang-format off */
#define SL_ZIP_CALLS(CALL) \
    CALL(zip_close) CALL(zip_discard) CALL(zip_error_fini) CALL(zip_error_init) \
    CALL(zip_error_init_with_code) CALL(zip_error_strerror) CALL(zip_fclose) \
    CALL(zip_file_add) CALL(zip_file_set_dostime) CALL(zip_file_strerror) \
    CALL(zip_fopen) CALL(zip_fread) CALL(zip_get_error) CALL(zip_get_name) \
    CALL(zip_get_num_entries) CALL(zip_name_locate) CALL(zip_open) \
    CALL(zip_open_from_source) CALL(zip_set_file_compression) CALL(zip_source_buffer) \
    CALL(zip_source_buffer_create) CALL(zip_source_close) CALL(zip_source_error) \
    CALL(zip_source_free) CALL(zip_source_keep) CALL(zip_source_open) \
    CALL(zip_source_read) CALL(zip_source_stat) CALL(zip_stat) CALL(zip_stat_init) \
    CALL(zip_strerror)
/* clang-format on */

struct sl_zip_calls {
#define SL_ZIP_CALL(name) __typeof__(name) *name;
    SL_ZIP_CALLS(SL_ZIP_CALL)
#undef SL_ZIP_CALL
};

/* SL_ERR_IO where the library is not there. It stays open. */
enum sl_status sl_zip_calls_open(struct sl_zip_calls *calls, struct sl_error *err);

#endif
