/* SPDX-License-Identifier: MIT */
#ifndef SL_CONFIG_INTERPOLATE_WORK_H
#define SL_CONFIG_INTERPOLATE_WORK_H

#include "runner/config/interpolate.h"

/* What interpolate.c, which follows references, and interpolate_scalar.c, which reads them,
 * share; private to them. */
struct sl_slot;

struct sl_interpolating {
    const struct sl_interpolation *call;
    struct sl_arena scratch;
    struct sl_slot *root;
    bool early;                   /* sl_interpolate_early */
    const struct sl_slot **chain; /* the scalars whose references are being followed */
    size_t depth;                 /* of them */
    size_t nodes, bytes;          /* made so far */
    size_t steps;                 /* keys that were looked at */
    struct sl_cursor cursor;      /* for places */
};

/* One `${...}` in a scalar. */
struct sl_reference {
    struct sl_interpolating *work;
    struct sl_slot *slot; /* of the scalar */
    size_t offset;        /* of "${" in its text */
    const char *text;     /* between the braces */
};

const struct sl_node *sl_slot_node(const struct sl_slot *slot);

/* An error at a byte of the reference's text, as near as it can be told. */
void sl_reference_tell(const struct sl_reference *reference, ptrdiff_t at,
                       const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The value at a path, which lies in the reference's text; NULL, and told, if there is none
 * or it is wrong itself. */
const struct sl_node *sl_reference_find(const struct sl_reference *reference,
                                        const char *path);
/* Another value in the place of the reference. */
struct sl_node *sl_reference_take(const struct sl_reference *reference,
                                  const struct sl_node *other);

/* The scalar of a slot, or what it is made to. */
struct sl_node *sl_scalar_interpolate(struct sl_interpolating *work,
                                      struct sl_slot *slot);

#endif
