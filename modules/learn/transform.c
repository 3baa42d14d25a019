/* SPDX-License-Identifier: MIT */
/* What transforms have in a configuration. */
#include "modules/learn/transform.h"

const struct sl_field sl_affine_fields[] = {
    SL_DOUBLE(struct sl_affine_config, s_max, 0, 0, 80,
              "s is kept within +-s_max as s_max tanh(s / s_max); 0: it is not"),
    SL_FIELD_END,
};

const struct sl_field sl_spline_fields[] = {
    SL_INT(struct sl_spline_config, bins, 8, 1, SL_SPLINE_BINS_MAX,
           "pieces of the spline"),
    SL_FIELD(struct sl_spline_config, box, double, SL_TYPE_DOUBLE, .flags = SL_POSITIVE,
             .high = 1e6, .number = 3,
             .help = "the spline goes from -box to box, beyond it is the identity"),
    SL_FIELD(struct sl_spline_config, least_width, double, SL_TYPE_DOUBLE,
             .flags = SL_POSITIVE, .high = 1, .number = 1e-3,
             .help = "of a bin, as a share of the box's side"),
    SL_FIELD(struct sl_spline_config, least_height, double, SL_TYPE_DOUBLE,
             .flags = SL_POSITIVE, .high = 1, .number = 1e-3,
             .help = "of a bin, as a share of the box's side"),
    SL_FIELD(struct sl_spline_config, least_derivative, double, SL_TYPE_DOUBLE,
             .flags = SL_POSITIVE, .high = 0.99, .number = 1e-3, .help = "at a knot"),
    SL_FIELD_END,
};

static enum sl_status
check_least(const struct sl_spline_config *config, const char *key, double least,
            struct sl_error *err)
{
    if (least * (double)config->bins < 1)
        return SL_OK;
    return sl_fail(
        err, SL_ERR_SHAPE,
        "%lld bins of '%s' %g leave nothing of the box; less than %g is needed",
        (long long)config->bins, key, least, 1 / (double)config->bins);
}

enum sl_status
sl_spline_check(const struct sl_spline_config *config, struct sl_error *err)
{
    SL_TRY(check_least(config, "least_width", config->least_width, err));
    return check_least(config, "least_height", config->least_height, err);
}
