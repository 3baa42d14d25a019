# SPDX-License-Identifier: MIT
printf 'use: parts/sound.yaml\n'
awk 'BEGIN { printf "sweep: {grid: {calibrate.k: [1, 2]}, when: \""; for (i = 0; i < 20000; i++) printf "("; print "\"}" }'
