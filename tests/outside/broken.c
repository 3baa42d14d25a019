/* SPDX-License-Identifier: MIT */
/* Modules that have to be refused, one for each value of BROKEN, and one that has not. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "runner/pipeline/exports.h"

#define FINE 0
#define CONSTRUCTOR 1
#define HANGING 2
#define NO_NAME 3
#define BAD_NAME 4
#define NO_RUN 5
#define DUPLICATE 6
#define TWICE 7
#define DEFAULT_RANGE 8
#define DEFAULT_WORD 9
#define DEFAULT_LIST 10
#define NO_END 11
#define OUTSIDE_STRUCT 12
#define WILD_POINTER 13
#define WRONG_TABLE 14
#define WRONG_INTERFACE 15
#define NO_EXPORTS 16
#define EMPTY 17
#define MISSING_SYMBOL 18
#define WRONG_LAYOUT 19
#define DEFAULT_CHOICE 20
#define WRONG_CLASS 21
#define LEAVING 22
#define NO_SUMMARY 23
#define KEY_TWICE 24

struct config {
    int64_t count;
    int word;
    struct sl_int_list sizes;
    struct sl_choice layer;
};

static const char *const words[] = {"one", "two", NULL};

static const struct sl_field fields[] = {
    SL_INT(struct config, count, BROKEN == DEFAULT_RANGE ? 11 : 3, 1, 10, "how many"),
    SL_WORD(struct config, word, BROKEN == DEFAULT_WORD ? 2 : 1, words, "which"),
    SL_FIELD(struct config, sizes, struct sl_int_list, SL_TYPE_INT_LIST, .low = 1,
             .high = 9, .text = BROKEN == DEFAULT_LIST ? "[1, two]" : "[1, 2]"),
    SL_CHOICE(struct config, layer, BROKEN == DEFAULT_CHOICE ? "rellu" : "relu",
              SL_ACTIVATION, "some layer"),
#if BROKEN == KEY_TWICE
    SL_INT(struct config, count, 3, 1, 10, "again"),
#endif
#if BROKEN == NO_END
    {.type = (enum sl_field_type)77},
#endif
    SL_FIELD_END,
};

#if BROKEN == MISSING_SYMBOL
enum sl_status sl_nobody_has_this(void);
#endif

static enum sl_status
run(struct sl_step *step, const void *config, struct sl_error *err)
{
    (void)step;
    (void)config;
    (void)err;
#if BROKEN == MISSING_SYMBOL
    return sl_nobody_has_this();
#else
    return SL_OK;
#endif
}

#if BROKEN == CONSTRUCTOR || BROKEN == HANGING || BROKEN == LEAVING
__attribute__((constructor)) static void
construct(void)
{
    if (BROKEN == CONSTRUCTOR)
        raise(SIGSEGV);
    if (BROKEN == LEAVING)
        _exit(5);
    for (;;)
        pause();
}
#endif

#if BROKEN != NO_EXPORTS
static const struct sl_module broken = {
    .entry =
        {
            .name = BROKEN == NO_NAME     ? NULL
                    : BROKEN == BAD_NAME  ? "two words"
                    : BROKEN == DUPLICATE ? "threshold"
                                          : "fine",
            .summary = BROKEN == NO_SUMMARY ? NULL : "nothing",
            .fields = BROKEN == WILD_POINTER ? (const struct sl_field *)(uintptr_t)4096
                                             : fields,
            .config_size = BROKEN == OUTSIDE_STRUCT ? 8 : sizeof(struct config),
        },
    .run = BROKEN == NO_RUN ? NULL : run,
};
#endif

#if BROKEN == WRONG_INTERFACE
#undef SL_INTERFACE
#define SL_INTERFACE 7
#endif
#if BROKEN == WRONG_LAYOUT
#undef SL_LAYOUT
#define SL_LAYOUT 1
#endif

#if BROKEN == EMPTY
const struct sl_exports sl_exports = {SL_INTERFACE, SL_LAYOUT, "1", 0, NULL};
#elif BROKEN == TWICE
SL_EXPORT("1", SL_ROW(SL_DETECT, broken), SL_ROW(SL_DETECT, broken));
#elif BROKEN == WRONG_TABLE
SL_EXPORT("1", SL_ROW((enum sl_table_id)99, broken));
#elif BROKEN == WRONG_CLASS
SL_EXPORT("1", SL_ROW(SL_LAYER, broken));
#elif BROKEN != NO_EXPORTS
SL_EXPORT("1", SL_ROW(SL_DETECT, broken));
#endif
