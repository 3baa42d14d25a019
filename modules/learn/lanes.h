/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_LANES_H
#define SL_LEARN_LANES_H

/*
 * Half a panel's row (panel.h) as one value, for kernels that a compiler would else put
 * into vectors along the columns, across which sums have an order. An operation works on
 * each of the four numbers alone, and rounds as the scalar one does. For use inside of
 * functions only: how a vector is handed over depends on what a file is compiled for.
 */
typedef double sl_lanes __attribute__((vector_size(32), aligned(8), may_alias));
typedef long long sl_lane_bits __attribute__((vector_size(32), aligned(8), may_alias));

/* value where it is above 0, else 0. */
#define SL_LANES_ABOVE_0(value) ((sl_lanes)((sl_lane_bits)(value) & ((value) > 0)))
#define SL_LANES_ABSOLUTE(value) ((sl_lanes)((sl_lane_bits)(value)&0x7fffffffffffffffLL))
/* Whether any of four comparisons holds. */
#define SL_LANES_ANY(bits) (((bits)[0] | (bits)[1] | (bits)[2] | (bits)[3]) != 0)

/* A whole panel's row in float32. */
typedef float sl_float_lanes __attribute__((vector_size(32), aligned(4), may_alias));
typedef int sl_float_lane_bits __attribute__((vector_size(32), aligned(4), may_alias));

#define SL_FLOAT_LANES_ANY(bits)                                                         \
    (((bits)[0] | (bits)[1] | (bits)[2] | (bits)[3] | (bits)[4] | (bits)[5] |            \
      (bits)[6] | (bits)[7]) != 0)

#endif
