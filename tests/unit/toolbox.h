/* SPDX-License-Identifier: MIT */
#ifndef SL_TESTS_TOOLBOX_H
#define SL_TESTS_TOOLBOX_H

#include "runner/config/field.h"

/* A registry of things that exist in tests alone, with every type of field in them. */
enum { TOOLBOX_FINE, TOOLBOX_COARSE };

struct drill {
    int64_t speed; /* 1..1000, required */
    double torque; /* above 0, at most 90.5; 12.25 */
    bool hammer;   /* true */
};

struct saw {
    int grain; /* TOOLBOX_COARSE */
};

/* optimizers: drill, saw, rest (no fields); layers: drill, plank */
extern const struct sl_registry toolbox;

struct part {
    const char *file; /* required */
    const char *label;
    int64_t weight; /* -5..5, 2; unkeyed */
};

struct shared {
    int64_t epochs; /* 1..1000000, 10; a horizon */
};

struct bench {
    bool lit;
    int64_t epochs, room;
    uint64_t seed;
    double rate, share;
    const char *title, *note;
    int grain;
    struct sl_file plan;
    struct sl_int_list sizes;
    struct sl_double_list weights;
    struct sl_string_list splits;
    struct sl_choice tool, spare;
    struct sl_choice_list layers;
    struct part part;
    struct sl_record_list parts;
    struct sl_record_map shelf;
    struct shared shared;
};

extern const struct sl_field bench_fields[];

#endif
