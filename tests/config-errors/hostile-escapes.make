# SPDX-License-Identifier: MIT
printf 'use: parts/sound.yaml\n'
awk 'BEGIN { printf "description: \""; for (i = 0; i < 15000; i++) printf "\\x01"; print "\"" }'
