/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_DENSITY_H
#define SL_LEARN_DENSITY_H

#include "modules/learn/quadrature.h"
#include "runner/base/arena.h"
#include "runner/base/rng.h"
#include "runner/config/field.h"

/*
 * Densities on the plane that are drawn from and whose value is known: the table
 * SL_DENSITY.
 */
struct sl_density {
    const void *state; /* what draw and log_density get */
    struct sl_extent view;
    double margin;  /* beyond the view by so much, next to nothing is left */
    double finest;  /* the length over which the density changes */
    double entropy; /* in nats; NaN: by quadrature */
};

struct sl_density_class {
    struct sl_entry entry;
    /* Memory is the arena's. */
    void (*open)(const void *config, struct sl_arena *arena, struct sl_density *density);
    /* A point, and its label: the arm, ring, ... it belongs to. */
    int32_t (*draw)(const void *state, struct sl_stream *stream, double x[2]);
    sl_log_density *log_density;
};

#endif
