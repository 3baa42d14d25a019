/* SPDX-License-Identifier: MIT */
#ifndef SL_PLOT_PICTURE_H
#define SL_PLOT_PICTURE_H

#include <stddef.h>

#include "runner/base/error.h"

/* Whether a picture is whole: that an SVG ends in </svg>, a PNG in its IEND, and that it
 * shows something at all. name: what SL_ERR_IO calls it; its ending says what it is. */
enum sl_status sl_picture_check(const char *name, const char *bytes, size_t count,
                                struct sl_error *err);

#endif
