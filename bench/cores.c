/* SPDX-License-Identifier: MIT */
/*
 * cores: how far two cores are from each other. Two threads, on the first and on the last
 * processor that this one may run on, hand a cache line to and fro. Prints the nanoseconds of
 * a round trip, the median of many trials, each so short that other work on the machine
 * interrupts few.
 */
#define _GNU_SOURCE /* sched_getaffinity, pthread_attr_setaffinity_np */

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 200
#define TRIALS 1001
/* Two lines, which processors may fetch at a time. */
#define APART 128

struct lines {
    _Alignas(APART) atomic_int there;
    _Alignas(APART) atomic_int back;
};

static double
nanoseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

static void
await(atomic_int *line, int value)
{
    while (atomic_load_explicit(line, memory_order_acquire) != value)
        continue;
}

static void *
answer(void *context)
{
    struct lines *lines = context;

    for (int i = 1; i <= TRIALS * ROUNDS; i++) {
        await(&lines->there, i);
        atomic_store_explicit(&lines->back, i, memory_order_release);
    }
    return NULL;
}

/* Of a round trip; a value goes with each, the first after `value`. */
static double
ask(struct lines *lines, int value)
{
    double start = nanoseconds();

    for (int i = value + 1; i <= value + ROUNDS; i++) {
        atomic_store_explicit(&lines->there, i, memory_order_release);
        await(&lines->back, i);
    }
    return (nanoseconds() - start) / ROUNDS;
}

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Of the set, the first processor or the last. */
static cpu_set_t
one_of(const cpu_set_t *set, int last)
{
    int count = CPU_COUNT(set), place = last ? count - 1 : 0, cpu = 0;
    cpu_set_t one;

    for (int seen = 0; seen <= place; cpu++)
        seen += CPU_ISSET(cpu, set) != 0;
    CPU_ZERO(&one);
    CPU_SET(cpu - 1, &one);
    return one;
}

int
main(void)
{
    struct lines lines = {0};
    cpu_set_t allowed, here, there;
    double took[TRIALS];
    pthread_attr_t attributes;
    pthread_t other;

    if (sched_getaffinity(0, sizeof allowed, &allowed) || CPU_COUNT(&allowed) < 2) {
        fprintf(stderr, "cores: there is only one to run on\n");
        return 1;
    }
    here = one_of(&allowed, 0);
    there = one_of(&allowed, 1);
    pthread_attr_init(&attributes);
    pthread_attr_setaffinity_np(&attributes, sizeof there, &there);
    if (sched_setaffinity(0, sizeof here, &here) ||
        pthread_create(&other, &attributes, answer, &lines)) {
        fprintf(stderr, "cores: no second thread\n");
        return 1;
    }
    for (int i = 0; i < TRIALS; i++)
        took[i] = ask(&lines, i * ROUNDS);
    pthread_join(other, NULL);
    qsort(took, TRIALS, sizeof *took, by_size);
    printf("%.0f\n", took[TRIALS / 2]);
    return 0;
}
