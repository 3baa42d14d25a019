# SPDX-License-Identifier: MIT
printf 'use: parts/sound.yaml\n'
awk 'BEGIN { print "sweep:\n  grid:"; for (i = 0; i < 2000; i++) printf "    train.x%d: [1, 2]\n", i }'
