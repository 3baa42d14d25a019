/* SPDX-License-Identifier: MIT */
#ifndef SL_LEARN_PANEL_H
#define SL_LEARN_PANEL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Rows in panels: SL_PANEL of them beside each other, column by column, so that vector code
 * works on all at once. Each row has a lane of its own, and its numbers come of the same
 * operations in the same order whatever the other lanes hold: the bits of a row's result
 * depend on the row alone, neither on its batch nor on its place there. (The rows of a
 * product by BLAS depend on both.)
 *
 * A panel is d x SL_PANEL: column j of row i at [j * SL_PANEL + i]. float64.
 */
#define SL_PANEL ((size_t)8)

/* n rows of x (n x d, 1 <= n <= SL_PANEL), less center (d; NULL: zeros). Lanes that are left
 * repeat the first row. */
void sl_panel_fill(size_t n, size_t d, const double *x, const double *center,
                   double *panel);

/* to = panel less center (d); to may be the panel. */
void sl_panel_center(size_t d, const double *panel, const double *center, double *to);

/* squares (SL_PANEL): of the distances to a point (d), sums over columns in order. */
void sl_panel_apart(size_t d, const double *panel, const double *point, double *squares);

/* y (k x SL_PANEL) = w (k x d) panel, sums over columns in order. lower: w has zeros behind
 * its diagonal, which are not visited, give or take a few. */
void sl_panel_map(size_t k, size_t d, const double *w, bool lower, const double *panel,
                  double *y);

/* panel (d x SL_PANEL) -= wt y, with w (k x d) and y (k x SL_PANEL), in order of k. */
void sl_panel_subtract(size_t k, size_t d, const double *w, const double *y,
                       double *panel);

/* sums (SL_PANEL): over the k rows of y, of their squares over `over` (k; NULL: ones). */
void sl_panel_squares(size_t k, const double *y, const double *over, double *sums);

#endif
