# SPDX-License-Identifier: MIT
awk 'BEGIN { for (i = 0; i < 2000; i++) printf "s%d: {kind: load, module: gaussian-mixture}\n", i }'
