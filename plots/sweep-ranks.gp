# Average ranks of the values of one swept path over those of the other, with the critical
# difference of Nemenyi (Demsar 2006)
#: sweep points
#: axes 2 2
#: on request
#: size 640 320

# Data sets are the path that begins with load., else the one of more values; what is ranked
# on each of them is the other. Data sets on which a point is missing are left out.
blocks_axis = axis_names[2][1:5] eq 'load.' ? 2 : 1
ranked_axis = 3 - blocks_axis
blocks = axis_counts[blocks_axis]
k = axis_counts[ranked_axis]
name(i) = ranked_axis == 1 ? axis_texts_1[i] : axis_texts_2[i]
short(text, most) = strlen(text) > most ? substr(text, 1, most - 1).'…' : text

array value[blocks * k]
array rank[k]
array place[k]
do for [i = 1 : blocks * k] { value[i] = NaN }
do for [i = 1 : k] { rank[i] = 0.0 }
sign = metric_goals[1] eq 'minimize' ? 1 : -1
keep(b, i, v) = (value[(b - 1) * k + i] = sign * v, v)
stats data index 'points' using (keep(int(column(axis_index(blocks_axis))), int(column(axis_index(ranked_axis))), column(metric_mean(1)))) nooutput

# Equal values share the mean of their ranks.
n = 0
do for [b = 1 : blocks] {
    whole = 1
    do for [i = 1 : k] { whole = whole && value[(b - 1) * k + i] == value[(b - 1) * k + i] }
    n = n + whole
    do for [i = 1 : whole ? k : 0] {
        below = 0
        same = 0
        do for [j = 1 : k] {
            below = below + (value[(b - 1) * k + j] < value[(b - 1) * k + i])
            same = same + (value[(b - 1) * k + j] == value[(b - 1) * k + i])
        }
        rank[i] = rank[i] + below + (same + 1) / 2.0
    }
}
do for [i = 1 : k] { rank[i] = n > 0 ? rank[i] / n : (k + 1) / 2.0 }

# place[p]: what comes p-th.
do for [i = 1 : k] {
    p = 1
    do for [j = 1 : k] { p = p + (rank[j] < rank[i] || (rank[j] == rank[i] && j < i)) }
    place[p] = i
}

# The studentised range of k groups over sqrt(2), at 5 % (Demsar 2006, table 5).
array range[20] = [NaN, 1.960, 2.344, 2.569, 2.728, 2.850, 2.948, 3.031, 3.102, 3.164, 3.219, 3.268, 3.313, 3.354, 3.391, 3.426, 3.458, 3.489, 3.517, 3.544]
known = k >= 2 && k <= 20 && n > 1
difference = known ? range[k] * sqrt(k * (k + 1) / (6.0 * n)) : 0

# Friedman's test that all are alike.
squares = 0.0
do for [i = 1 : k] { squares = squares + rank[i]**2 }
chi = n > 0 ? 12.0 * n / (k * (k + 1)) * (squares - k * (k + 1)**2 / 4.0) : 0
chance = chi > 0 ? 1 - igamma((k - 1) / 2.0, chi / 2) : 1

# The axis on top, below it bars over what does not differ, then a line for each name.
set style arrow 1 nohead linewidth 0.9 linecolor rgb black
set style arrow 2 nohead linewidth 4 linecolor rgb blue
set style arrow 3 nohead linewidth 1.4 linecolor rgb vermilion
half = (k + 1) / 2
bars = 0
do for [p = 1 : known ? k - 1 : 0] {
    q = p
    do for [r = p + 1 : k] { q = rank[place[r]] - rank[place[p]] < difference ? r : q }
    inside = p > 1 ? rank[place[q]] - rank[place[p - 1]] < difference : 0
    if (q > p && !inside) {
        bars = bars + 1
        set arrow from first rank[place[p]] - 0.03, first -0.55 * bars to first rank[place[q]] + 0.03, first -0.55 * bars arrowstyle 2
    }
}
top = -0.55 * (bars + 1) - 0.3
do for [p = 1 : k] {
    left = p <= half
    y = top - (left ? p - 1 : k - p)
    x = left ? 1 - 0.02 * (k - 1) : k + 0.02 * (k - 1)
    at = rank[place[p]]
    set arrow from first at, first 0 to first at, first y arrowstyle 1
    set arrow from first at, first y to first x, first y arrowstyle 1
    words = short(name(place[p]), 24)
    words = left ? sprintf('%s  %.2f', words, at) : sprintf('%.2f  %s', at, words)
    if (left) {
        set label words at first x, first y right offset -0.7, 0
    } else {
        set label words at first x, first y left offset 0.7, 0
    }
}
if (known) {
    set arrow from first 1, first 1.75 to first 1 + difference, first 1.75 arrowstyle 3
    set arrow from first 1, first 1.6 to first 1, first 1.9 arrowstyle 3
    set arrow from first 1 + difference, first 1.6 to first 1 + difference, first 1.9 arrowstyle 3
    set label sprintf('critical difference %.2f', difference) at first 1 + difference, first 1.75 left offset 1, 0
}
set label sprintf('average rank by %s over %d of %s; Friedman p = %.2g', metric_names[1], n, axis_names[blocks_axis], chance) at screen 0.98, screen 0.04 right font ',10' textcolor rgb grey

unset key
set border 0
unset ytics
unset ylabel
set xrange [1 : k > 1 ? k : 2]
set yrange [top - half + 0.4 : 2.2]

unset xtics
set xtics axis 1, 1, k offset 0, 2.2 nomirror out
set xzeroaxis linetype 1 linewidth 0.9 linecolor rgb black
set lmargin at screen 0.3
set rmargin at screen 0.7
set tmargin at screen 0.96
set bmargin at screen 0.09
plot NaN notitle
