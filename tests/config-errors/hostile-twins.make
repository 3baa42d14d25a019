# SPDX-License-Identifier: MIT
printf 'use: parts/sound.yaml\n'
awk 'BEGIN { for (i = 0; i < 20000; i++) print "seed: 1" }'
