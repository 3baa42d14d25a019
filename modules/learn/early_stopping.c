/* SPDX-License-Identifier: MIT */
#include "modules/learn/early_stopping.h"

const struct sl_field sl_early_stopping_fields[] = {
    SL_FIELD(struct sl_early_stopping_config, monitor, const char *, SL_TYPE_STRING,
             .flags = SL_REQUIRED | SL_SPLITS | SL_SELECTS,
             .help = "the split whose loss decides"),
    SL_INT(struct sl_early_stopping_config, patience, 10, 1, 1e6,
           "epochs without a lower loss after which the training ends"),
    SL_DOUBLE(struct sl_early_stopping_config, min_delta, 0, 0, 1e300,
              "by how much a loss has to fall to count as lower, in its own unit"),
    SL_FIELD_END,
};

bool
sl_early_stopping_see(struct sl_early_stopping *s,
                      const struct sl_early_stopping_config *config, double loss)
{
    bool first = s->epochs++ == 0, best = first || loss < s->least;

    if (best) {
        s->least = loss;
        s->best = s->epochs;
    }
    s->waited++;
    if (first || loss < s->reference - config->min_delta) {
        s->reference = loss;
        s->waited = 0;
    }
    return best;
}

bool
sl_early_stopping_is_due(const struct sl_early_stopping *s,
                         const struct sl_early_stopping_config *config)
{
    return config->monitor && s->waited >= (uint64_t)config->patience;
}
