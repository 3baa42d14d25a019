/* SPDX-License-Identifier: MIT */
#include "modules/learn/truth.h"

#include <math.h>

static enum sl_status
record_line(struct sl_step *step, const struct sl_truth *truth, struct sl_error *err)
{
    double low = truth->view.low[0], high = truth->view.high[0];
    double pairs[SL_TRUTH_LINE][2];
    struct sl_tensor density = sl_tensor_matrix(SL_F64, pairs, SL_TRUTH_LINE, 2);

    for (size_t i = 0; i < SL_TRUTH_LINE; i++) {
        pairs[i][0] = low + (high - low) * (double)i / (SL_TRUTH_LINE - 1);
        pairs[i][1] = exp(truth->log_density(truth->context, pairs[i]));
    }
    return sl_record(step, "true_density", &density, err);
}

struct cells {
    const struct sl_truth *truth;
    double *density;
};

static double
middle(const struct sl_extent *view, size_t axis, size_t i)
{
    return view->low[axis] +
           (view->high[axis] - view->low[axis]) * ((double)i + 0.5) / SL_TRUTH_PLANE;
}

static void
fill_row(void *context, size_t row)
{
    const struct cells *cells = context;
    const struct sl_truth *truth = cells->truth;

    for (size_t i = 0; i < SL_TRUTH_PLANE; i++) {
        double x[2] = {middle(&truth->view, 0, i), middle(&truth->view, 1, row)};

        cells->density[row * SL_TRUTH_PLANE + i] =
            exp(truth->log_density(truth->context, x));
    }
}

static enum sl_status
record_plane(struct sl_step *step, const struct sl_truth *truth, struct sl_error *err)
{
    const struct sl_extent *view = &truth->view;
    double sides[4] = {view->low[0], view->high[0], view->low[1], view->high[1]};
    struct sl_tensor extent = sl_tensor_vector(SL_F64, sides, 4), density;
    struct cells cells = {truth, NULL};

    SL_TRY(sl_tensor_new(&density, sl_step_arena(step), SL_F64, 2,
                         (size_t[]){SL_TRUTH_PLANE, SL_TRUTH_PLANE}, err));
    cells.density = density.data;
    sl_parallel(step, SL_TRUTH_PLANE, fill_row, &cells);
    SL_TRY(sl_record(step, "true_density", &density, err));
    return sl_record(step, "true_density_extent", &extent, err);
}

enum sl_status
sl_truth_record(struct sl_step *step, const struct sl_truth *truth, struct sl_error *err)
{
    sl_metric(step, "entropy", truth->entropy);
    sl_metric(step, "entropy_error", truth->entropy_error);
    if (truth->d == 1)
        return record_line(step, truth, err);
    return truth->d == 2 ? record_plane(step, truth, err) : SL_OK;
}
