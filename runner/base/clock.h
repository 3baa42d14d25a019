/* SPDX-License-Identifier: MIT */
#ifndef SL_BASE_CLOCK_H
#define SL_BASE_CLOCK_H

/* Seconds of CLOCK_MONOTONIC: for what things take, and for deadlines. */
double sl_seconds(void);

#endif
