# SPDX-License-Identifier: MIT
printf 'use: parts/sound.yaml\n'
awk 'BEGIN { print "load:\n  splits:"; for (i = 0; i < 1200; i++) printf "    s%d: {from: waves/all, count: 1, skip: %d}\n", i, 399 + i }'
