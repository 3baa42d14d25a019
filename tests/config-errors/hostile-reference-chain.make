# SPDX-License-Identifier: MIT
printf 'use: parts/sound.yaml\n'
awk 'BEGIN { for (i = 0; i < 3000; i++) printf "k%d: ${k%d}\n", i, i + 1 }'
