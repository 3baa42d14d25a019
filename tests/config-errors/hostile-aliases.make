# SPDX-License-Identifier: MIT
awk 'BEGIN { printf "a: &a 1\nb: ["; for (i = 0; i < 20000; i++) printf "*a,"; print "]" }'
