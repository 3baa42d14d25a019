# SPDX-License-Identifier: MIT
awk 'BEGIN { for (i = 0; i < 2000; i++) printf "a%d: &a%d 1\n", i, i }'
