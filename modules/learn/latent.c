/* SPDX-License-Identifier: MIT */
#include "modules/learn/latent.h"

#include <math.h>

#include "modules/learn/moments.h"
#include "modules/learn/panel.h"

#define PREFIX "latent."

static enum sl_status
set_whitening(struct sl_latent *latent, struct sl_arena *arena, struct sl_error *err)
{
    struct sl_principal *p = &latent->codes;

    latent->whitening = sl_arena_array(arena, p->k, p->d * sizeof(double));
    if (!latent->whitening)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for codes of %zu columns", p->d);
    sl_principal_whitening(p, latent->whitening);
    return SL_OK;
}

/* Codes that are all the same have no direction: the first column stands for one, in its
 * own unit, so that another code is far from them. */
static void
set_direction(struct sl_principal *p)
{
    double *axes = (double *)(uintptr_t)p->axes;
    double *variances = (double *)(uintptr_t)p->variances;

    if (p->k > 0)
        return;
    p->k = 1;
    axes[0] = variances[0] = 1;
}

/* A spread of 0 divides by 1. */
static void
take_moments(size_t n, const double *x, double *mean_and_std)
{
    struct sl_moments moments = sl_moments_of(x, n);

    mean_and_std[0] = moments.mean;
    mean_and_std[1] = moments.std > 0 ? moments.std : 1;
}

enum sl_status
sl_latent_fit(size_t n, size_t d, const double *codes, const double *other,
              struct sl_bundle *bundle, struct sl_error *err)
{
    struct sl_arena *arena = bundle->arena;
    double *mean, *covariance, scores[4];
    double *distances = sl_arena_array(arena, n, sizeof *distances);
    struct sl_latent latent;
    struct sl_item item;

    if (!distances)
        return sl_fail(err, SL_ERR_MEMORY, "no memory for %zu codes", n);
    SL_TRY(sl_principal_moments(NULL, n, d, codes, (double)n, arena, &mean, &covariance,
                                err));
    SL_TRY(sl_principal_of(d, mean, covariance, arena, &latent.codes, err));
    set_direction(&latent.codes);
    SL_TRY(set_whitening(&latent, arena, err));
    SL_TRY(sl_latent_distances(&latent, NULL, n, codes, distances, err));
    take_moments(n, other, scores);
    take_moments(n, distances, scores + 2);
    SL_TRY(sl_principal_add(&latent.codes, PREFIX, bundle, err));
    item = sl_parameter(PREFIX "scores", 1, (size_t[]){4}, scores,
                        "mean and deviation of the reconstruction, of the distance");
    return sl_bundle_add(bundle, &item, err);
}

enum sl_status
sl_latent_load(const struct sl_model *model, size_t d, struct sl_arena *arena,
               struct sl_latent **latent, struct sl_error *err)
{
    size_t four = 4;

    *latent = NULL;
    if (!sl_bundle_find(model->parameters, PREFIX "mean"))
        return SL_OK;
    *latent = SL_NEW(arena, struct sl_latent);
    SL_TRY(sl_principal_load(&(*latent)->codes, model, PREFIX, d, err));
    SL_TRY(sl_model_parameter(model, PREFIX "scores", 1, &four, &(*latent)->scores, err));
    return set_whitening(*latent, arena, err);
}

static void
distances_of(const void *context, size_t n, const double *x, double *scratch, double *out)
{
    const struct sl_latent *latent = context;

    sl_principal_distances(&latent->codes, latent->whitening, n, x, scratch, out);
}

enum sl_status
sl_latent_distances(const struct sl_latent *latent, struct sl_pool *pool, size_t n,
                    const double *codes, double *out, struct sl_error *err)
{
    const struct sl_principal *p = &latent->codes;
    struct sl_scorer scorer = {latent, p->d, (p->d + p->k) * SL_PANEL, distances_of};

    return sl_scorer_points(&scorer, pool, n, codes, out, err);
}

double
sl_latent_sum(const struct sl_latent *latent, double other, double distance)
{
    const double *s = latent->scores;

    return (other - s[0]) / s[1] + (distance - s[2]) / s[3];
}
