/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_NOISE_H
#define SL_LEARN_NOISE_H

#include "runner/config/field.h"

/* What is done to values in training, so that a model learns to undo it (Vincent et al.
 * 2010, "Stacked denoising autoencoders", section 3.3): first one, then the other. */
struct sl_noise_config {
    double gaussian; /* standard deviation */
    double masking;  /* chance of a 0 */
};

extern const struct sl_field sl_noise_fields[];

#endif
