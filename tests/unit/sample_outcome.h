/* SPDX-License-Identifier: MIT */
#ifndef SL_TEST_SAMPLE_OUTCOME_H
#define SL_TEST_SAMPLE_OUTCOME_H

#include <math.h>
#include <string.h>

#include "runner/store/outcome.h"
#include "tests/unit/scalar.h"

/* An outcome with something of everything, and what asserts that it came back. Includes
 * of cmocka come before this one. */

static inline void
sample_add(struct sl_bundle *bundle, const char *name, const char *axis)
{
    static const double values[] = {2.385, -0.117, 1e-9, 40.25};
    static const double places[] = {1, 2, 3, 4};
    struct sl_error err = {0};
    struct sl_item item = {.name = name, .unit = "nats", .axis = axis};

    item.tensor = sl_tensor_vector(SL_F64, (void *)values, 4);
    item.at = axis == NULL ? NULL : places;
    assert_int_equal(sl_bundle_add(bundle, &item, &err), SL_OK);
}

static inline void
sample_outcome(struct sl_outcome *outcome, struct sl_arena *arena)
{
    sl_outcome_init(outcome, arena);
    sample_add(&outcome->outputs, "scores", NULL);
    bundle_scalar(&outcome->metrics, "loss", 0.0118);
    bundle_scalar(&outcome->metrics, "auroc", (double)NAN);
    sample_add(&outcome->series, "loss", "epoch");
    sample_add(&outcome->series, "rate", "iteration");
    sample_add(&outcome->tensors, "grid", NULL);
    outcome->model.module = "autoencoder";
    outcome->model.config = "encoder: [256, 128]\nnote: größer\n";
    outcome->model.d = 784;
    outcome->model.height = outcome->model.width = 28;
    outcome->model.scale = 255;
    sample_add(&outcome->model.parameters, "encoder.0.weight", NULL);
    sample_add(&outcome->model.parameters, "a.bias", NULL);
}

static inline void
assert_same_bundle(const struct sl_bundle *got, const struct sl_bundle *want)
{
    assert_int_equal(got->n, want->n);
    for (size_t i = 0; i < want->n; i++) {
        const struct sl_item *a = &got->items[i], *b = &want->items[i];

        assert_string_equal(a->name, b->name);
        assert_int_equal(a->tensor.type, b->tensor.type);
        assert_int_equal(a->tensor.rank, b->tensor.rank);
        assert_int_equal(sl_tensor_bytes(&a->tensor), sl_tensor_bytes(&b->tensor));
        assert_memory_equal(a->tensor.data, b->tensor.data, sl_tensor_bytes(&b->tensor));
        assert_int_equal(a->axis == NULL, b->axis == NULL);
        if (b->axis == NULL)
            continue;
        assert_string_equal(a->axis, b->axis);
        assert_memory_equal(a->at, b->at, b->tensor.shape[0] * sizeof *b->at);
    }
}

static inline void
assert_same_model(const struct sl_stored_model *got, const struct sl_stored_model *want)
{
    assert_string_equal(got->module, want->module);
    assert_string_equal(got->config, want->config);
    assert_int_equal(got->d, want->d);
    assert_int_equal(got->height, want->height);
    assert_int_equal(got->width, want->width);
    assert_true(got->scale == want->scale);
    assert_int_equal(got->float32, want->float32);
    assert_same_bundle(&got->parameters, &want->parameters);
}

/* All but the data set. */
static inline void
assert_same_outcome(const struct sl_outcome *got, const struct sl_outcome *want)
{
    assert_same_bundle(&got->outputs, &want->outputs);
    assert_same_bundle(&got->metrics, &want->metrics);
    assert_same_bundle(&got->series, &want->series);
    assert_same_bundle(&got->tensors, &want->tensors);
    assert_same_model(&got->model, &want->model);
}

#endif
