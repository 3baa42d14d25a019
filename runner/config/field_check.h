/* SPDX-License-Identifier: MIT */
#ifndef SL_CONFIG_FIELD_CHECK_H
#define SL_CONFIG_FIELD_CHECK_H

#include "runner/config/field.h"

/*
 * Whether a table that somebody else made can be worked with: its keys, types, ranges,
 * words and tables, that its members lie within a struct of `size` bytes, and that each
 * default is one that the user might have written. SL_ERR_CONFIG names the key. Pointers
 * that point nowhere can't be told: whoever has to fear them asks in a child process.
 * fields may be NULL. Of the binder the report is not used.
 */
enum sl_status sl_fields_check(const struct sl_binder *binder,
                               const struct sl_field *fields, size_t size,
                               struct sl_error *err);

#endif
