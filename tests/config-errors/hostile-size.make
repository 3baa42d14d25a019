# SPDX-License-Identifier: MIT
printf 'use: parts/sound.yaml\n'
awk 'BEGIN { for (i = 0; i < 200000; i++) print "# comment" }'
