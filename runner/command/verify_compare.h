/* SPDX-License-Identifier: MIT */
#ifndef SL_COMMAND_VERIFY_COMPARE_H
#define SL_COMMAND_VERIFY_COMPARE_H

#include "runner/base/text.h"
#include "runner/store/runfile.h"

/* What two records of one configuration differ in, in words, a line each. */
struct sl_differences {
    struct sl_text text; /* empty: nothing */
    size_t numbers;      /* tensors, metrics and series beyond the tolerance */
    double largest;      /* relative difference among all numbers */
    const char *where;   /* it is; NULL: there is none */
};

/* The parts of the platform ("build ...", BLAS, libc, processor) that are not the same. */
void sl_verify_platform(const char *there, const char *here, struct sl_text *out);
/* Files by stage and name: other content, or not read any more. */
void sl_verify_files(const struct sl_run_record *there, const struct sl_run_record *here,
                     struct sl_text *out);
/*
 * All results of all stages. Two numbers agree within a tolerance where they differ by at
 * most that share of the larger one, or of the largest number beside them in their tensor.
 */
void sl_verify_numbers(const struct sl_run_record *there,
                       const struct sl_run_record *here, double tolerance,
                       struct sl_arena *arena, struct sl_differences *differences);

#endif
