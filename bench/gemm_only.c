/* SPDX-License-Identifier: MIT */
/*
 * gemm_only SECONDS BATCH WIDTH...: how fast a training loop of dense layers were if it
 * consisted of its matrix products alone. Of each layer these are the output, the gradient
 * by the weights and, but for the first layer, the gradient by the input, in float32 and
 * one thread. Each product is tried in every layout that its three matrices can be stored
 * in; then all run, each in its best, in the order of a training step, for as long as told.
 * Prints rows per second and GFLOP/s.
 */
#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LAYERS_MAX 32
#define TRIALS 40

void openblas_set_num_threads(int threads);

/* c (m x n) = op(a) op(b), op(a) m x k. */
struct product {
    int m, n, k;
    CBLAS_TRANSPOSE a_as, b_as;
    CBLAS_ORDER order; /* of all three; the other order is that of their transposes */
    float *a, *b, *c;
};

static double
seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static float *
matrix(int rows, int columns)
{
    size_t count = (size_t)rows * (size_t)columns;
    float *at = aligned_alloc(64, (count * sizeof *at + 63) / 64 * 64);

    if (!at)
        exit(1);
    for (size_t i = 0; i < count; i++)
        at[i] = sinf((float)i); /* neither zeros nor denormals */
    return at;
}

static int
leading(const struct product *p, CBLAS_TRANSPOSE as, int rows, int columns)
{
    return (as == CblasNoTrans) == (p->order == CblasRowMajor) ? columns : rows;
}

static void
multiply(const struct product *p)
{
    cblas_sgemm(p->order, p->a_as, p->b_as, p->m, p->n, p->k, 1, p->a,
                leading(p, p->a_as, p->m, p->k), p->b, leading(p, p->b_as, p->k, p->n), 0,
                p->c, p->order == CblasRowMajor ? p->n : p->m);
}

/* The best of some trials. */
static double
trial(const struct product *p)
{
    double best = HUGE_VAL;

    for (int i = 0; i < TRIALS; i++) {
        double start = seconds(), took;
        multiply(p);
        took = seconds() - start;
        best = took < best ? took : best;
    }
    return best;
}

static void
choose_layout(struct product *product)
{
    static const CBLAS_TRANSPOSE as[] = {CblasNoTrans, CblasTrans};
    static const CBLAS_ORDER orders[] = {CblasRowMajor, CblasColMajor};
    struct product tried = *product;
    double best = HUGE_VAL;

    for (int layout = 0; layout < 8; layout++) {
        double took;
        tried.a_as = as[layout & 1];
        tried.b_as = as[layout >> 1 & 1];
        tried.order = orders[layout >> 2];
        took = trial(&tried);
        if (took < best) {
            best = took;
            *product = tried;
        }
    }
}

/* y = x W'; dW = dy' x; dx = dy W. Returns how many there are. */
static size_t
layer_products(int batch, int in, int out, int first, struct product *p)
{
    float *x = matrix(batch, in), *w = matrix(out, in), *dy = matrix(batch, out);

    p[0] = (struct product){
        .m = batch, .n = out, .k = in, .a = x, .b = w, .c = matrix(batch, out)};
    p[1] = (struct product){
        .m = out, .n = in, .k = batch, .a = dy, .b = x, .c = matrix(out, in)};
    p[2] = (struct product){
        .m = batch, .n = in, .k = out, .a = dy, .b = w, .c = matrix(batch, in)};
    return first ? 2 : 3;
}

static double
operations(const struct product *p, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += 2.0 * p[i].m * p[i].n * p[i].k;
    return sum;
}

static void
measure(double duration, int batch, const struct product *p, size_t n)
{
    double start = seconds(), took = 0;
    long steps = 0;

    while (took < duration) {
        for (size_t i = 0; i < n; i++)
            multiply(&p[i]);
        steps++;
        took = seconds() - start;
    }
    printf("%.1f %.2f\n", (double)(steps * batch) / took,
           1e-9 * operations(p, n) * (double)steps / took);
}

int
main(int argc, char **argv)
{
    struct product products[3 * LAYERS_MAX];
    double duration = argc > 1 ? atof(argv[1]) : 0;
    int batch = argc > 2 ? atoi(argv[2]) : 0;
    size_t n = 0;

    if (argc < 5 || argc > LAYERS_MAX + 4 || batch < 1) {
        fputs("usage: gemm_only SECONDS BATCH WIDTH WIDTH...\n", stderr);
        return 2;
    }
    openblas_set_num_threads(1);
    for (int i = 3; i + 1 < argc; i++)
        n +=
            layer_products(batch, atoi(argv[i]), atoi(argv[i + 1]), i == 3, products + n);
    for (size_t i = 0; i < n; i++)
        choose_layout(&products[i]);
    measure(duration, batch, products, n);
    return 0; /* the matrices go with the process */
}
