# SPDX-License-Identifier: MIT
printf 'use: parts/sound.yaml\n'
awk 'BEGIN { print "k0: 0123456789"; for (i = 1; i < 12; i++) { printf "k%d: \"", i; for (j = 0; j < 9; j++) printf "${k%d}", i - 1; print "\"" } }'
