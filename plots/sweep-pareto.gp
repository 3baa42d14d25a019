# Two metrics against each other, one dot a point; of two objectives the front: points than
# which no other is better in both
#: sweep points
#: metrics 2
#: size 560 440

fronted = metric_goals[1] ne '' && metric_goals[2] ne ''
mean(j) = column(metric_mean(j))
stats data index 'points' using (mean(1)) name 'first' nooutput
stats data index 'points' using (mean(2)) name 'second' nooutput
if (fronted) {
    stats data index 'front' using 2 name 'front' nooutput
}
do for [j = 1 : 2] {
    least = j == 1 ? first_min : second_min
    most = j == 1 ? first_max : second_max
    logarithmic = least > 0 && most > 20 * least
    margin = most > least ? 0.06 * (most - least) : most != 0 ? 0.1 * abs(most) : 1
    first = logarithmic ? least / (most / least)**0.06 : least - margin
    final = logarithmic ? most * (most / least)**0.06 : most + margin
    name = metric_names[j].(metric_units[j] eq '' ? '' : sprintf(' (%s)', metric_units[j]))
    if (j == 1) {
        set xrange [first : final]
        set xlabel name
    } else {
        set yrange [first : final]
        set ylabel name
    }
    decades = logarithmic ? log10(most / least) : 0
    if (logarithmic && j == 1) {
        set logscale x
        set xtics ()
    }
    if (logarithmic && j == 2) {
        set logscale y
        set ytics ()
    }
    do for [e = logarithmic ? floor(log10(first)) : 1 : logarithmic ? ceil(log10(final)) : 0 : logarithmic ? powers(decades) : 1] {
        do for [d in digits(decades)] {
            if (j == 1) {
                set xtics add (sprintf('%g', d * 10.0**e) d * 10.0**e)
            } else {
                set ytics add (sprintf('%g', d * 10.0**e) d * 10.0**e)
            }
        }
    }
}

# The front turns at right angles: what lies beyond a step is worse than the point at it.
if (fronted) {
    plot data index 'points' using (mean(1)):(mean(2)) with points pointtype 7 pointsize 0.8 * dot linecolor rgb grey title 'dominated', \
         data index 'front' using 2:3 with steps linewidth 1 linecolor rgb light_blue notitle, \
         data index 'front' using 2:3 with points pointtype 7 pointsize 1.2 * dot linecolor rgb blue title 'front (number of point)', \
         data index 'front' using 2:3:(front_records <= 20 ? sprintf('%d', $1) : '') with labels left offset 0.5, 0.5 font ',10' textcolor rgb blue notitle
} else {
    # Without goals there is no front: dots in the colours of the first swept path.
    array colours[7] = [blue, vermilion, green, purple, orange, light_blue, black]
    groups = axis_count == 2 ? axis_counts[2] : axis_count == 1 ? axis_counts[1] : 1
    group = axis_count == 2 ? axis_index(2) : axis_index(1)
    groups = groups > 7 ? 1 : groups
    of(k, y) = groups == 1 || column(group) == k ? y : NaN
    if (groups > 1) {
        set key title (axis_count == 2 ? axis_names[2] : axis_names[1]).':' left
    }
    name(k) = groups == 1 ? '' : axis_count == 2 ? axis_texts_2[k] : axis_texts_1[k]
    plot for [k = 1 : axis_count == 2 ? groups : 0] data index 'points' using (mean(1)):(of(k, mean(2))) with lines linewidth 0.8 linecolor rgb colours[k] notitle, \
         for [k = 1 : groups] data index 'points' using (mean(1)):(of(k, mean(2))) with points pointtype 7 pointsize dot linecolor rgb colours[k] title name(k)
}
