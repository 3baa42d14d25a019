# SPDX-License-Identifier: MIT
awk 'BEGIN { print "a:"; for (i = 0; i < 50000; i++) printf "\t"; print "b" }'
