# SPDX-License-Identifier: MIT
awk 'BEGIN { for (i = 0; i < 100000; i++) printf "[" }'
