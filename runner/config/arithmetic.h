/* SPDX-License-Identifier: MIT */
#ifndef SL_CONFIG_ARITHMETIC_H
#define SL_CONFIG_ARITHMETIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runner/base/text.h"

/*
 * Arithmetic on numbers, as `${= 2 * train.batch_size}` has it: + - * / // % **, unary minus,
 * parentheses, min(...), max(...), floor(x), ceil(x), round(x), and paths of other values.
 *
 * Integers stay exact: the result is an integer where both sides are and it is one (7 / 2 is
 * 3.5, 6 / 2 is 3), and an error where it leaves 64 bits. // rounds down, % has the sign of
 * its right side, so that a == a // b * b + a % b; ** binds closest and from the right.
 * round takes halves away from 0.
 *
 * A path is letters, digits, _ and dots, and dashes between them: a minus has spaces around.
 */
struct sl_amount {
    bool exact; /* integer holds it, else real */
    int64_t integer;
    double real;
};

struct sl_arithmetic {
    /* The number at a path of n bytes, which stands at byte `at` of the text. False: there
     * is none, which was told. */
    bool (*find)(void *context, const char *path, size_t n, size_t at,
                 struct sl_amount *amount);
    /* Told once: what is wrong at byte `at`. */
    void (*tell)(void *context, size_t at, const char *problem);
    void *context;
};

/* False, and told, where the text is wrong or its value is not finite. */
bool sl_arithmetic_eval(const struct sl_arithmetic *arithmetic, const char *text,
                        struct sl_amount *amount);

/* A number out of text: a decimal integer of 64 bits, or a decimal number. */
bool sl_amount_parse(const char *text, struct sl_amount *amount);
/* In decimal: integers as such, and so are whole numbers below 2^53; others as short as they
 * read back. */
void sl_amount_print(struct sl_amount amount, struct sl_text *out);

#endif
