/* SPDX-License-Identifier: MIT */
#include "runner/command/failures.h"

#include <stdio.h>

/* The run that decides the exit status: one that was stopped before one that failed. */
static const struct sl_run_result *
worst_result(const struct sl_execution *x, size_t *failed)
{
    const struct sl_run_result *worst = NULL;

    *failed = 0;
    for (size_t i = 0; i < x->plan->run_count; i++) {
        const struct sl_run_result *r = &x->results[i];
        if (r->state != SL_RUN_FAILED && r->state != SL_RUN_INTERRUPTED)
            continue;
        ++*failed;
        if (!worst || (r->status == SL_ERR_CANCELLED && atomic_load(x->stop)) ||
            (r->state == SL_RUN_FAILED && worst->state != SL_RUN_FAILED))
            worst = r;
    }
    return worst;
}

static void
list_failures(const struct sl_execution *x)
{
    for (size_t i = 0; i < x->plan->run_count; i++) {
        const struct sl_run_result *r = &x->results[i];
        if (r->status != SL_ERR_CANCELLED &&
            (r->state == SL_RUN_FAILED || r->state == SL_RUN_INTERRUPTED))
            sl_report_line(stderr, "%s %s: %s", x->plan->runs[i].folder,
                           r->cached ? "failed before" : sl_run_state_word(r->state),
                           r->reason);
    }
}

/* Once runs of a sweep are done, some that are not have one status, whatever their reasons:
 * before that, it is that of a file or of memory. */
static enum sl_status
sweep_status(const struct sl_execution *x, const struct sl_run_result *worst)
{
    for (size_t i = 0; i < x->plan->run_count; i++)
        if (x->results[i].state == SL_RUN_DONE || x->results[i].state == SL_RUN_RECORDED)
            return SL_ERR_NUMERIC;
    return worst->state == SL_RUN_FAILED ? SL_ERR_NUMERIC : worst->status;
}

static bool
has_failed_before(const struct sl_execution *x)
{
    for (size_t i = 0; i < x->plan->run_count; i++)
        if (x->results[i].cached)
            return true;
    return false;
}

enum sl_status
sl_failures_tell(const struct sl_execution *x, bool listed, struct sl_error *err)
{
    size_t failed;
    const struct sl_run_result *worst = worst_result(x, &failed);

    if (!worst)
        return SL_OK;
    if (x->plan->run_count > 1 && listed)
        list_failures(x);
    if (worst->status == SL_ERR_CANCELLED && atomic_load(x->stop))
        return sl_fail(err, SL_ERR_CANCELLED,
                       "stopped; the same command goes on where it was");
    if (x->plan->run_count > 1)
        return sl_fail(err, sweep_status(x, worst), "%zu of %zu runs are not done%s",
                       failed, x->plan->run_count,
                       has_failed_before(x)
                           ? "; --retry-failed tries those again that failed before"
                           : "");
    if (worst->state == SL_RUN_FAILED)
        return sl_fail(err, SL_ERR_NUMERIC, "the run %s: %s%s",
                       worst->cached ? "has failed before" : "failed", worst->reason,
                       worst->cached ? "; --retry-failed tries it again" : "");
    return sl_fail(err, worst->status, "%s", worst->reason);
}
