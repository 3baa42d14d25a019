# SPDX-License-Identifier: MIT
awk 'BEGIN { print "a0: &a0 {x0: 1}"; for (i = 1; i < 100; i++) { printf "a%d: &a%d {x%d: 1, <<: [", i, i, i; for (j = 0; j < i; j++) printf "*a%d,", j; print "]}" } }'
