# SPDX-License-Identifier: MIT
awk 'BEGIN { for (i = 0; i < 10000; i++) printf "- "; print "x" }'
