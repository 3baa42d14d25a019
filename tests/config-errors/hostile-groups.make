# SPDX-License-Identifier: MIT
awk 'BEGIN { print "use:"; for (i = 0; i < 3000; i++) printf "  - group%d: name\n", i }'
