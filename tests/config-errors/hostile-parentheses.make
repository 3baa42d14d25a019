# SPDX-License-Identifier: MIT
printf 'use: parts/sound.yaml\n'
awk 'BEGIN { printf "seed: ${= "; for (i = 0; i < 10000; i++) printf "("; print "}" }'
