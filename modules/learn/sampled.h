/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_SAMPLED_H
#define SL_LEARN_SAMPLED_H

#include "runner/pipeline/stage.h"

/* What a sample stage has made: n points of model, in the units of its rows. */
struct sl_sampled {
    size_t n;
    const double *x; /* n x model->d */
    const struct sl_model *model;
    const struct sl_dataset *data; /* NULL: there is nothing to compare with */
    const char *compare;           /* the split to compare with; NULL: `test`, if any */
};

/*
 * Records the samples and, where there are rows to compare them with, every divergence of
 * the table: of at most SL_SAMPLED_ROWS samples and rows, the first ones.
 *
 *     metrics  NAME            of each divergence
 *     tensors  samples         n x d; of images n x height x width
 *              by_column_NAME  d, of a divergence that has values by column
 *
 * SL_ERR_NUMERIC for a sample that is not finite.
 */
#define SL_SAMPLED_ROWS 10000
enum sl_status sl_sampled_record(struct sl_step *step, const struct sl_sampled *sampled,
                                 struct sl_error *err);

#define SL_SAMPLED_RESULTS                                                               \
    {"samples", SL_RESULT_TENSOR, NULL, "the points; of images, by height and width"},   \
        {"by_column_*", SL_RESULT_TENSOR, NULL, "a divergence of each column"},          \
    {                                                                                    \
        "{divergence}", SL_RESULT_METRIC, NULL,                                          \
            "each divergence from the split `compare`, under its own name"               \
    }

/* The field and the ports of a sample stage. */
#define SL_SAMPLED_COMPARE(S, m)                                                         \
    SL_FIELD(S, m, const char *, SL_TYPE_STRING, .flags = SL_SPLITS,                     \
             .help =                                                                     \
                 "the split to compare samples with; default: test, if there is one")
#define SL_SAMPLED_DATA                                                                  \
    {                                                                                    \
        .name = "data", .type = SL_PORT_DATASET, .shape = "m d", .optional = true,       \
        .help = "rows to compare the samples with"                                       \
    }

#endif
