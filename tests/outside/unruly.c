/* SPDX-License-Identifier: MIT */
/* A detector that does what its configuration says, good or bad. */
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "runner/pipeline/exports.h"

#ifdef __x86_64__
#include <xmmintrin.h>
#endif

enum { WELL, CRASH, ABORT, LEAVE, HANG, LISTEN, FLUSH, KILLED, UNDECLARED, MUTE, REVOLT };
static const char *const ways[] = {"well",       "crash",  "abort",  "leave",
                                   "hang",       "listen", "flush",  "killed",
                                   "undeclared", "mute",   "revolt", NULL};

struct config {
    int way;
};

static const struct sl_field fields[] = {
    SL_WORD(struct config, way, WELL, ways, "what it does"),
    SL_FIELD_END,
};

static const struct sl_port inputs[] = {
    {.name = "normal",
     .type = SL_PORT_SCORES,
     .shape = "n",
     .key = "normal",
     .help = "scores"},
    SL_PORT_END,
};

static const struct sl_result results[] = {
    {"rows", SL_RESULT_METRIC, NULL, "how many there are"},
    SL_RESULT_END,
};

static void
nap(void)
{
    struct timespec little = {0, 5000000};

    nanosleep(&little, NULL);
}

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    switch (((const struct config *)config)->way) {
    case CRASH:
        raise(SIGSEGV);
        break;
    case ABORT:
        abort();
    case LEAVE:
        _exit(7);
    case KILLED:
        raise(SIGKILL);
        break;
    case REVOLT:
        kill(getppid(), SIGKILL);
        pause();
        break;
    case HANG:
        for (;;)
            nap();
    case LISTEN:
        while (!sl_cancelled(step))
            nap();
        return sl_fail(err, SL_ERR_CANCELLED, "somebody said so");
    case MUTE:
        return SL_ERR_NUMERIC;
    case UNDECLARED:
        sl_metric(step, "columns", 1);
        break;
#ifdef __x86_64__
    case FLUSH:
        _mm_setcsr(_mm_getcsr() | 0x8040);
        break;
#endif
    }
    sl_metric(step, "rows", (double)sl_input_scores(step, "normal")->n);
    return SL_OK;
}

static const struct sl_module unruly = {
    .entry = {.name = "unruly",
              .summary = "does what it is told",
              .fields = fields,
              .config_size = sizeof(struct config)},
    .inputs = inputs,
    .results = results,
    .run = run,
};

SL_EXPORT("1", SL_ROW(SL_DETECT, unruly));
