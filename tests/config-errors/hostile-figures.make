# SPDX-License-Identifier: MIT
printf 'use: parts/sound.yaml\n'
awk 'BEGIN { printf "figures: ["; for (i = 0; i < 50; i++) printf "f%d, ", i; print "]" }'
