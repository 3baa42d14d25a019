# Distribution of the scores of normal and anomalous rows, and the threshold
#: tensor detect/scores_normal
#: tensor detect/scores_anomalous
#: metric detect/threshold
#: input detect/normal
#: input detect/anomalous
#: size 640 360

n = int(word(detect_scores_normal_shape, 1))
m = int(word(detect_scores_anomalous_shape, 1))
stats data index 'detect/scores_normal' using 1 name 'a' nooutput
stats data index 'detect/scores_anomalous' using 1 name 'b' nooutput
low = a_min < b_min ? a_min : b_min
high = a_max > b_max ? a_max : b_max

# Positive scores over more than a decade are shown by their logarithm.
logarithmic = low > 0 && high > 10 * low
at(x) = logarithmic ? log10(x) : x
from = at(low)
to = at(high) > from ? at(high) : from + 1
margin = 0.02 * (to - from)
bin_count = 100
half = (to - from) / (bin_count - 1) / 2.0

# Each sample counted into the same bins, and the corners of its staircase: one outline has
# no seams between the bins, as boxes have.
set table $normal
plot data index 'detect/scores_normal' using (at($1)):(100.0 / n) bins=bin_count binrange [from:to] with boxes
set table $anomalous
plot data index 'detect/scores_anomalous' using (at($1)):(100.0 / m) bins=bin_count binrange [from:to] with boxes
unset table
corner(line, side) = sprintf('%.9g %.9g', real(word(line, 1)) + side * half, real(word(line, 2)))
set print $normal_stairs
do for [i = 1 : |$normal|] {
    if (words($normal[i]) > 1 && word($normal[i], 1) ne '#') {
        print corner($normal[i], -1)
        print corner($normal[i], 1)
    }
}
set print $anomalous_stairs
do for [i = 1 : |$anomalous|] {
    if (words($anomalous[i]) > 1 && word($anomalous[i], 1) ne '#') {
        print corner($anomalous[i], -1)
        print corner($anomalous[i], 1)
    }
}
set print

set xlabel 'anomaly score'.(detect_scores_normal_unit eq '' ? '' : sprintf(' (%s)', detect_scores_normal_unit))
set ylabel 'share of rows per bin (%)'
set xrange [from - margin : to + margin]
set yrange [0 : *]
set offsets 0, 0, graph 0.1, 0
if (logarithmic) {
    set xtics ()
    do for [e = floor(from) : ceil(to) : powers(to - from)] {
        do for [d in digits(to - from)] {
            set xtics add (sprintf('%g', d * 10.0**e) e + log10(d))
        }
    }
}

# The label stands on the side that has room.
if (detect_threshold == detect_threshold && (!logarithmic || detect_threshold > 0)) {
    place = at(detect_threshold)
    set arrow from place, graph 0 to place, graph 1 nohead linewidth 1 dashtype 2 linecolor rgb black front
    if (2 * place > from + to) {
        set label sprintf('threshold %.3g', detect_threshold) at place, graph 0.97 right offset -0.7, 0
    } else {
        set label sprintf('threshold %.3g', detect_threshold) at place, graph 0.97 left offset 0.7, 0
    }
}

named(what, split, count) = sprintf('%s: %s (n = %s)', what, split, thousands(count))
plot $normal_stairs using 1:2 with filledcurves y1=0 linecolor rgb blue title named('normal', detect_normal, n), \
     $anomalous_stairs using 1:2 with filledcurves y1=0 linecolor rgb vermilion title named('anomalous', detect_anomalous, m), \
     $normal_stairs using 1:2 with lines linewidth 0.7 linecolor rgb blue notitle, \
     $anomalous_stairs using 1:2 with lines linewidth 0.7 linecolor rgb vermilion notitle
