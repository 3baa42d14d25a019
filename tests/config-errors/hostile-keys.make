# SPDX-License-Identifier: MIT
printf 'use: parts/sound.yaml\n'
awk 'BEGIN { for (i = 0; i < 1500; i++) printf "key%d: 1\n", i }'
