# SPDX-License-Identifier: MIT
awk 'BEGIN { printf "a: ["; for (i = 0; i < 101000; i++) printf "1,"; print "]" }'
