/* SPDX-License-Identifier: MIT */
#include "runner/config/arithmetic.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 40
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define DIGITS "0123456789"

struct reading {
    const struct sl_arithmetic *arithmetic;
    const char *text, *at;
    unsigned depth;
};

static bool read_sum(struct reading *r, struct sl_amount *value);
static bool read_unary(struct reading *r, struct sl_amount *value);

/* ---- amounts ------------------------------------------------------------------------ */

static double
real_of(struct sl_amount a)
{
    return a.exact ? (double)a.integer : a.real;
}

static struct sl_amount
whole(int64_t integer)
{
    return (struct sl_amount){.exact = true, .integer = integer};
}

static struct sl_amount
real(double number)
{
    return (struct sl_amount){.real = number};
}

bool
sl_amount_parse(const char *text, struct sl_amount *amount)
{
    const char *digits = text + (*text == '-' || *text == '+');
    char *end;

    if (*digits && !digits[strspn(digits, DIGITS)]) {
        errno = 0;
        *amount = whole(strtoll(text, NULL, 10));
        return errno == 0;
    }
    if (!*digits || digits[strspn(digits, DIGITS ".eE+-")])
        return false;
    *amount = real(strtod(text, &end));
    return !*end && isfinite(amount->real);
}

void
sl_amount_print(struct sl_amount amount, struct sl_text *out)
{
    if (amount.exact)
        sl_text_format(out, "%" PRId64, amount.integer);
    else if (fabs(amount.real) < 0x1p53 && amount.real == rint(amount.real))
        sl_text_format(out, "%.0f", amount.real == 0 ? 0.0 : amount.real);
    else
        sl_text_double(out, amount.real);
}

/* ---- reading ------------------------------------------------------------------------ */

static bool
refuse(const struct reading *r, const char *at, const char *problem)
{
    r->arithmetic->tell(r->arithmetic->context, (size_t)(at - r->text), problem);
    return false;
}

/* Whether the next word is that one, which is then behind us. */
static bool
take(struct reading *r, const char *word)
{
    size_t n = strlen(word);

    r->at += strspn(r->at, " \t\n");
    if (strncmp(r->at, word, n) != 0)
        return false;
    r->at += n;
    return true;
}

static bool
finish(const struct reading *r, const char *at, double number, struct sl_amount *value)
{
    *value = real(number);
    return isfinite(number) || refuse(r, at, "the result is not a finite number");
}

static int64_t
floor_division(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* Whole numbers; the operator is the character, '#' stands for //. False, untold: the
 * result is no integer of 64 bits. */
static bool
combine_exact(char operation, int64_t a, int64_t b, int64_t *result)
{
    bool divides = operation == '/' || operation == '#' || operation == '%';

    if (divides && b == -1) /* INT64_MIN / -1 traps */
        return operation == '%' ? (*result = 0, true)
                                : !__builtin_sub_overflow((int64_t)0, a, result);
    switch (operation) {
    case '+':
        return !__builtin_add_overflow(a, b, result);
    case '-':
        return !__builtin_sub_overflow(a, b, result);
    case '*':
        return !__builtin_mul_overflow(a, b, result);
    case '/':
        *result = a / b;
        return a % b == 0;
    case '#':
        *result = floor_division(a, b);
        return true;
    default:
        *result = a - floor_division(a, b) * b;
        return true;
    }
}

static double
combine_real(char operation, double a, double b)
{
    switch (operation) {
    case '+':
        return a + b;
    case '-':
        return a - b;
    case '*':
        return a * b;
    case '/':
        return a / b;
    case '#':
        return floor(a / b);
    default:
        return a - floor(a / b) * b;
    }
}

static bool
combine(const struct reading *r, const char *at, char operation, struct sl_amount b,
        struct sl_amount *value)
{
    struct sl_amount a = *value;

    if (strchr("/#%", operation) && real_of(b) == 0)
        return refuse(r, at, "division by zero");
    if (!a.exact || !b.exact)
        return finish(r, at, combine_real(operation, real_of(a), real_of(b)), value);
    if (combine_exact(operation, a.integer, b.integer, &value->integer))
        return true;
    if (operation == '/' && b.integer != -1)
        return finish(r, at, (double)a.integer / (double)b.integer, value);
    return refuse(r, at, "the integer leaves 64 bits");
}

/* By squaring, as long as it fits. */
static bool
raise(const struct reading *r, const char *at, struct sl_amount power,
      struct sl_amount *value)
{
    int64_t base = value->integer, result = 1;

    if (!value->exact || !power.exact || power.integer < 0)
        return finish(r, at, pow(real_of(*value), real_of(power)), value);
    for (int64_t left = power.integer; left > 0; left /= 2) {
        if (left % 2 == 1 && __builtin_mul_overflow(result, base, &result))
            return refuse(r, at, "the integer leaves 64 bits");
        if (left > 1 && __builtin_mul_overflow(base, base, &base))
            return refuse(r, at, "the integer leaves 64 bits");
    }
    value->integer = result;
    return true;
}

/* ---- functions ---------------------------------------------------------------------- */

static struct sl_amount
lesser(struct sl_amount a, struct sl_amount b)
{
    if (a.exact && b.exact)
        return a.integer <= b.integer ? a : b;
    return real_of(a) <= real_of(b) ? a : b;
}

static struct sl_amount
greater(struct sl_amount a, struct sl_amount b)
{
    if (a.exact && b.exact)
        return a.integer >= b.integer ? a : b;
    return real_of(a) >= real_of(b) ? a : b;
}

static const struct function {
    const char *name;
    struct sl_amount (*fold)(struct sl_amount a, struct sl_amount b); /* of several */
    double (*apply)(double x);                                        /* to a whole one */
} functions[] = {
    {"min", lesser, NULL}, {"max", greater, NULL}, {"floor", NULL, floor},
    {"ceil", NULL, ceil},  {"round", NULL, round},
};

static bool
apply(const struct reading *r, const char *at, const struct function *function,
      struct sl_amount *value)
{
    double number;

    if (!function->apply || value->exact)
        return true;
    number = function->apply(value->real);
    if (fabs(number) >= 0x1p63)
        return refuse(r, at, "the integer leaves 64 bits");
    *value = whole((int64_t)number);
    return true;
}

/* Behind "NAME(". */
static bool
read_call(struct reading *r, const char *at, const struct function *function,
          struct sl_amount *value)
{
    struct sl_amount next;

    if (!read_sum(r, value))
        return false;
    while (take(r, ",")) {
        if (!function->fold)
            return refuse(r, r->at - 1, "this function takes one number");
        if (!read_sum(r, &next))
            return false;
        *value = function->fold(*value, next);
    }
    return take(r, ")") ? apply(r, at, function, value)
                        : refuse(r, r->at, "expected ')'");
}

/* ---- the grammar -------------------------------------------------------------------- */

static size_t
path_length(const char *text)
{
    size_t n = 0;

    while (text[n] && (strchr(LETTERS DIGITS ".", text[n]) ||
                       (text[n] == '-' && n > 0 && text[n - 1] != '.' && text[n + 1] &&
                        strchr(LETTERS DIGITS, text[n + 1]))))
        n++;
    return n;
}

static bool
read_name(struct reading *r, struct sl_amount *value)
{
    const struct sl_arithmetic *arithmetic = r->arithmetic;
    const char *name = r->at;
    size_t n = path_length(name);

    r->at += n;
    if (!take(r, "("))
        return arithmetic->find(arithmetic->context, name, n, (size_t)(name - r->text),
                                value);
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strlen(functions[i].name) == n && memcmp(functions[i].name, name, n) == 0)
            return read_call(r, name, &functions[i], value);
    return refuse(r, name, "unknown function; there are min, max, floor, ceil and round");
}

static bool
read_number(struct reading *r, struct sl_amount *value)
{
    const char *at = r->at;
    char copy[64];
    size_t n = strspn(at, DIGITS ".");

    if ((at[n] == 'e' || at[n] == 'E') && strspn(at + n + 1, "+-") < 2)
        n += 1 + strspn(at + n + 1, "+-") +
             strspn(at + n + 1 + strspn(at + n + 1, "+-"), DIGITS);
    r->at += n;
    if (n >= sizeof copy)
        return refuse(r, at, "a number of too many digits");
    memcpy(copy, at, n);
    copy[n] = '\0';
    return sl_amount_parse(copy, value) || refuse(r, at, "expected a decimal number");
}

static bool
read_atom(struct reading *r, struct sl_amount *value)
{
    if (take(r, "("))
        return read_sum(r, value) && (take(r, ")") || refuse(r, r->at, "expected ')'"));
    if (*r->at && strchr(DIGITS, *r->at))
        return read_number(r, value);
    if (*r->at == '.' && r->at[1] && strchr(DIGITS, r->at[1]))
        return read_number(r, value);
    if (*r->at && strchr(LETTERS ".", *r->at))
        return read_name(r, value);
    return refuse(r, r->at, "expected a number, the path of one, or '('");
}

static bool
read_power(struct reading *r, struct sl_amount *value)
{
    struct sl_amount power;
    const char *at;

    if (!read_atom(r, value))
        return false;
    if (!take(r, "**"))
        return true;
    at = r->at - 2;
    return read_unary(r, &power) && raise(r, at, power, value);
}

static bool
read_unary(struct reading *r, struct sl_amount *value)
{
    struct sl_amount zero = whole(0), read = zero;
    bool right, minus;
    const char *at;

    if (++r->depth > DEPTH_MAX)
        return refuse(r, r->at, "this goes too deep");
    minus = take(r, "-");
    at = r->at;
    if (minus || take(r, "+"))
        right = read_unary(r, &read);
    else
        right = read_power(r, &read);
    r->depth--;
    *value = minus ? zero : read;
    return right && (!minus || combine(r, at, '-', read, value));
}

static bool
read_product(struct reading *r, struct sl_amount *value)
{
    struct sl_amount next;
    const char *at;
    char operation;

    if (!read_unary(r, value))
        return false;
    for (;;) {
        r->at += strspn(r->at, " \t\n");
        at = r->at;
        operation = take(r, "//") ? '#' : *at;
        if (operation != '#' && !take(r, "*") && !take(r, "/") && !take(r, "%"))
            return true;
        if (!read_unary(r, &next) || !combine(r, at, operation, next, value))
            return false;
    }
}

static bool
read_sum(struct reading *r, struct sl_amount *value)
{
    struct sl_amount next;
    const char *at;

    if (!read_product(r, value))
        return false;
    for (;;) {
        r->at += strspn(r->at, " \t\n");
        at = r->at;
        if (!take(r, "+") && !take(r, "-"))
            return true;
        if (!read_product(r, &next) || !combine(r, at, *at, next, value))
            return false;
    }
}

bool
sl_arithmetic_eval(const struct sl_arithmetic *arithmetic, const char *text,
                   struct sl_amount *amount)
{
    struct reading r = {arithmetic, text, text, 0};

    if (!read_sum(&r, amount))
        return false;
    r.at += strspn(r.at, " \t\n");
    return !*r.at || refuse(&r, r.at, "expected an operator");
}
