/* SPDX-License-Identifier: MIT */
/*
 * peak: the floating-point peak of one core in float32, by a loop of multiply-adds on
 * registers alone, the best of many short trials. Prints GFLOP/s, a multiply-add counted as
 * two.
 */
#include <stdio.h>
#include <time.h>

#ifdef __AVX512F__
#define WIDTH 16
#else
#define WIDTH 8
#endif
/* Twelve chains cover a latency of 4 to 6 cycles on two units, and fit into 16 registers. */
#define CHAINS 12
#define STEPS 1000000L
#define TRIALS 100

typedef float lanes __attribute__((vector_size(WIDTH * sizeof(float))));

static double
seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The values converge, so that no step meets a denormal or an infinity. */
static lanes
multiply_add(long steps, lanes factor, lanes term)
{
    lanes sum[CHAINS], total = {0};

#pragma GCC unroll 12
    for (int c = 0; c < CHAINS; c++) /* apart, or one would do for all */
        sum[c] = term + (float)c;
    for (long i = 0; i < steps; i++)
#pragma GCC unroll 12
        for (int c = 0; c < CHAINS; c++)
            sum[c] = sum[c] * factor + term;
#pragma GCC unroll 12
    for (int c = 0; c < CHAINS; c++)
        total += sum[c];
    return total;
}

int
main(int argc, char **argv)
{
    /* From argc, so that the compiler can't compute the loop. */
    lanes factor = (lanes){0} + 0.5f * (float)argc, term = (lanes){0} + (float)argc;
    double best = 1e9;
    volatile float kept;

    (void)argv;
    for (int i = 0; i < TRIALS; i++) {
        double start = seconds(), took;
        kept = multiply_add(STEPS, factor, term)[0];
        took = seconds() - start;
        best = took < best ? took : best;
    }
    (void)kept;
    printf("%.2f\n", 2e-9 * WIDTH * CHAINS * (double)STEPS / best);
    return 0;
}
