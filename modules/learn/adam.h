/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_ADAM_H
#define SL_LEARN_ADAM_H

#include "modules/learn/optimizer.h"
#include "runner/tensor/real.h"

/*
 * A step of Adam (Kingma and Ba 2015, algorithm 1), in the form at the end of their section
 * 2: the bias corrections, in float64, are part of the step and of epsilon, so that a
 * parameter costs one division. Its state is
 *
 * m, v  first and second moment of the gradient, bias towards 0 not yet corrected
 */
#define SL_ADAM_STATES 2

struct sl_adam_config {
    double lr, beta1, beta2, epsilon;
};
/* To be SL_INCLUDEd among an optimizer's fields. */
extern const struct sl_field SL_R(sl_adam_fields)[];

/* weight_decay: decoupled (Loshchilov and Hutter 2019, algorithm 2, with the learning rate
 * as part of it): parameters in update->decayed are multiplied by
 * 1 - rate * lr * weight_decay before they step. 0: none are. */
void SL_R(sl_adam_step)(const struct sl_adam_config *config, double weight_decay,
                        const struct sl_update *update);

#endif
