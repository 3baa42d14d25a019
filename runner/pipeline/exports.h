/* SPDX-License-Identifier: MIT */
#ifndef SL_PIPELINE_EXPORTS_H
#define SL_PIPELINE_EXPORTS_H

#include "runner/pipeline/stage.h"

/*
 * What a shared object exports to be a module from outside: one constant, sl_exports, with
 * rows for the same tables that modules/modules.def fills. A file ends in
 *
 *     SL_EXPORT("1.0", SL_ROW(SL_DETECT, detect_quantile));
 *
 * or, if it is written for `real` and compiled twice (runner/tensor/real.h), in
 *
 *     SL_EXPORT_REAL("1.0", SL_ACTIVATION, sl_layer_class, layer_swish);
 *
 * Several rows in one object stand behind each other. The version is the author's; it goes
 * into the record, and with it the SHA-256 of the object.
 */

/* Counted up whenever something in a public header changes its meaning or its shape. */
#define SL_INTERFACE 4

/* The shapes of the public structs, so that a change that forgot to count is noticed. */
#define SL_LAYOUT_1(sum, type) ((sum)*31u + (uint32_t)sizeof(struct type))
#define SL_LAYOUT_2(sum, a, b) SL_LAYOUT_1(SL_LAYOUT_1(sum, a), b)
#define SL_LAYOUT_4(sum, a, b, c, d) SL_LAYOUT_2(SL_LAYOUT_2(sum, a, b), c, d)
#define SL_LAYOUT                                                                        \
    SL_LAYOUT_4(SL_LAYOUT_4(SL_LAYOUT_4(SL_LAYOUT_4(1u, sl_entry, sl_field, sl_choice,   \
                                                    sl_module),                          \
                                        sl_port, sl_result, sl_schema, sl_check),        \
                            sl_scores, sl_model, sl_model_class, sl_dataset),            \
                sl_tensor, sl_item, sl_error, sl_stream)

/* interface stays the first member for ever: it says how the rest is to be read. */
struct sl_exports {
    uint32_t interface, layout; /* SL_INTERFACE and SL_LAYOUT of the headers it saw */
    const char *version;        /* the author's */
    size_t n;
    const struct sl_row *rows; /* origin NULL */
};
#define SL_EXPORTS_NAME "sl_exports"
extern const struct sl_exports sl_exports __attribute__((visibility("default")));

#define SL_ROW(table_, constant)                                                         \
    {                                                                                    \
        .table = (table_), .as = {&constant.entry}, .size = sizeof constant              \
    }
#define SL_ROW_REAL(table_, constant)                                                    \
    {                                                                                    \
        .table = (table_), .as = {&constant##_f32.entry, &constant##_f64.entry},         \
        .size = sizeof constant##_f32                                                    \
    }

/* Once in an object; the float64 build of a file leaves it to the float32 one. */
#ifdef SL_FLOAT64
#define SL_EXPORT(version_, ...) extern const struct sl_exports sl_exports
#else
#define SL_EXPORT(version_, ...)                                                         \
    static const struct sl_row sl_exported[] = {__VA_ARGS__};                            \
    const struct sl_exports sl_exports = {                                               \
        SL_INTERFACE, SL_LAYOUT, (version_), sizeof sl_exported / sizeof *sl_exported,   \
        sl_exported,                                                                     \
    }
#endif
#define SL_EXPORT_REAL(version_, table_, type_, constant)                                \
    extern const struct type_ constant##_f32, constant##_f64;                            \
    SL_EXPORT(version_, SL_ROW_REAL(table_, constant))

#endif
