# SPDX-License-Identifier: MIT
printf 'use: parts/sound.yaml\n'
awk 'BEGIN { print "train:"; for (i = 0; i < 5000; i++) printf "  key%d: ${none%d}\n", i, i }'
