/* SPDX-License-Identifier: MIT */
#include "runner/parallel/queue.h"

static bool
goes_before(const struct sl_job *a, const struct sl_job *b)
{
    if (a->priority != b->priority)
        return a->priority > b->priority;
    return a->arrival < b->arrival;
}

/* One heap of two. A heap is its first job; child is the first of the heaps under it, and
 * next links those. */
static struct sl_job *
meld(struct sl_job *a, struct sl_job *b)
{
    struct sl_job *first, *second;

    if (a == NULL || b == NULL)
        return a == NULL ? b : a;
    first = goes_before(a, b) ? a : b;
    second = first == a ? b : a;
    second->next = first->child;
    first->child = second;
    return first;
}

/* Melds siblings in pairs, left to right, then the pairs, right to left: that order is
 * what makes pop logarithmic in the long run. */
static struct sl_job *
meld_all(struct sl_job *list)
{
    struct sl_job *pairs = NULL, *all = NULL;

    while (list != NULL) {
        struct sl_job *a = list, *b = a->next, *pair;

        list = b == NULL ? NULL : b->next;
        pair = meld(a, b);
        pair->next = pairs;
        pairs = pair;
    }
    while (pairs != NULL) {
        struct sl_job *pair = pairs;

        pairs = pair->next;
        pair->next = NULL;
        all = meld(all, pair);
    }
    return all;
}

void
sl_queue_push(struct sl_queue *queue, struct sl_job *job)
{
    job->child = job->next = NULL;
    job->arrival = queue->arrivals++;
    queue->first = meld(queue->first, job);
    queue->count++;
}

struct sl_job *
sl_queue_pop(struct sl_queue *queue)
{
    struct sl_job *job = queue->first;

    if (job == NULL)
        return NULL;
    queue->first = meld_all(job->child);
    queue->count--;
    return job;
}
