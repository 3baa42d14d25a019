# SPDX-License-Identifier: MIT
printf 'use: parts/sound.yaml\n'
awk 'BEGIN { printf "description: "; for (i = 0; i < 100000; i++) printf "megabytes " }'
