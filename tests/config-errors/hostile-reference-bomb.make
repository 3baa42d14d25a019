# SPDX-License-Identifier: MIT
printf 'use: parts/sound.yaml\n'
awk 'BEGIN { for (i = 0; i < 40; i++) printf "k%d: [\"${k%d}\", \"${k%d}\"]\n", i, i + 1, i + 1; print "k40: [1]" }'
