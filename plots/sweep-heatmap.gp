# A metric over two swept paths: a cell for each pair of values or, where few of the pairs
# were run, a dot for each point
#: sweep points
#: axes 2 2
#: size 640 440

# Dark is good; of a metric that is no objective, dark is high.
if (metric_goals[1] eq 'minimize') {
    set palette defined (0 '#00263c', 0.35 '#0072b2', 0.6 '#7fb8da', 0.85 '#d8e9f4', 1 '#f4f8fb')
} else {
    set palette defined (0 '#f4f8fb', 0.15 '#d8e9f4', 0.4 '#7fb8da', 0.65 '#0072b2', 1 '#00263c')
}
mean(j) = column(metric_mean(j))
stats data index 'points' using (mean(1)) name 'mean' nooutput
logarithmic = mean_min > 0 && mean_max > 20 * mean_min

# A few that went astray would leave the others one colour: the scale ends a range of the
# middle half beyond that half.
half = mean_up_quartile - mean_lo_quartile
first = logarithmic || half == 0 || mean_min > mean_lo_quartile - half ? mean_min : mean_lo_quartile - half
final = logarithmic || half == 0 || mean_max < mean_up_quartile + half ? mean_max : mean_up_quartile + half
reach = final > first ? 0 : final != 0 ? 0.05 * abs(final) : 0.05
set cbrange [first - reach : final + reach]
if (first > mean_min) {
    set cbtics add (sprintf('≤ %.3g', first) first)
}
if (final < mean_max) {
    set cbtics add (sprintf('≥ %.3g', final) final)
}
if (logarithmic) {
    set logscale cb
    set cbtics ()
    decades = log10(mean_max / mean_min)
    do for [e = floor(log10(mean_min)) : ceil(log10(mean_max)) : powers(decades)] {
        do for [d in digits(decades)] {
            set cbtics add (sprintf('%g', d * 10.0**e) d * 10.0**e)
        }
    }
}
share(v) = final <= first ? 0.5 : logarithmic ? log(v / first) / log(final / first) : (v - first) / (final - first)
dark(v) = metric_goals[1] eq 'minimize' ? share(v) < 0.5 : share(v) > 0.5

unset key
set border 0
set style fill solid 1 noborder
set xlabel axis_names[1]
set ylabel axis_names[2]
set cblabel metric_names[1].(metric_units[1] eq '' ? '' : sprintf(' (%s)', metric_units[1])) offset 1, 0
set colorbox user origin graph 1.03, graph 0 size graph 0.03, graph 1 noborder
set rmargin 15

cells = 2 * point_count >= axis_counts[1] * axis_counts[2]
short(text, most) = strlen(text) > most ? substr(text, 1, most - 1).'…' : text
if (cells) {
    # Every value is a row or a column; of many values some have labels.
    set xrange [0.5 : axis_counts[1] + 0.5]
    set yrange [0.5 : axis_counts[2] + 0.5]
    set tics scale 0
    shown = axis_counts[1] < 100 ? axis_counts[1] : 100
    longest = 0
    do for [i = 1 : shown] {
        longest = strlen(axis_texts_1[i]) > longest ? strlen(axis_texts_1[i]) : longest
    }
    every_x = ceil(axis_counts[1] / 24.0)
    # Means in the cells where they have room, with half their interval below, of which a
    # note tells at the foot.
    written = axis_counts[1] <= 9 && axis_counts[2] <= 14
    paired = written && repeats > 1 && axis_counts[2] <= 8
    foot = paired ? 1.5 : 0
    if (longest > 47.0 / axis_counts[1]) {
        longest = longest > 30 ? 30 : longest
        set xtics rotate by 30 right offset 0, 0
        set bmargin 3.5 + foot + 0.22 * longest
    } else {
        set bmargin 3.5 + foot
    }
    set xtics ()
    do for [i = 1 : shown : every_x] {
        set xtics add (short(axis_texts_1[i], 30) i)
    }
    every_y = ceil(axis_counts[2] / 20.0)
    wide = 0
    set ytics ()
    do for [i = 1 : axis_counts[2] < 100 ? axis_counts[2] : 100 : every_y] {
        set ytics add (short(axis_texts_2[i], 20) i)
        wide = strlen(axis_texts_2[i]) > wide ? strlen(axis_texts_2[i]) : wide
    }
    set lmargin 7 + 0.85 * (wide > 20 ? 20 : wide)

    spread(j) = (column(metric_high(j)) - column(metric_low(j))) / 2
    text(j) = paired && column(metric_n(j)) > 1 ? sprintf("%.3g\n± %.2g", mean(j), spread(j)) : sprintf('%.3g', mean(j))
    ink(v) = dark(v) ? 0xffffff : 0x000000
    if (paired) {
        set label sprintf('mean of %d ± half of the 95 %% interval', repeats) at screen 0.02, screen 0.03 left font ',10' textcolor rgb grey
    }
    plot data index 'points' using (column(axis_index(1))):(column(axis_index(2))):(0.49):(0.48):(mean(1)) with boxxyerror linecolor palette, \
         data index 'points' using (column(axis_index(1))):(column(axis_index(2))):(written ? text(1) : ''):(ink(mean(1))) with labels font ',10' textcolor rgb variable
} else {
    set border 3
    do for [i = 1 : 2] {
        reach = axis_log[i] ? (axis_high[i] / axis_low[i])**0.04 : 0.04 * (axis_high[i] > axis_low[i] ? axis_high[i] - axis_low[i] : 1)
        reach = axis_numeric[i] ? reach : 0.5
        least = axis_log[i] ? axis_low[i] / reach : axis_low[i] - reach
        most = axis_log[i] ? axis_high[i] * reach : axis_high[i] + reach
        if (i == 1) {
            set xrange [least : most]
        } else {
            set yrange [least : most]
        }
    }
    if (axis_log[1]) {
        set logscale x
        set format x '%g'
    }
    if (axis_log[2]) {
        set logscale y
        set format y '%g'
    }
    if (!axis_numeric[2]) {
        set ytics ()
        do for [i = 1 : axis_counts[2] < 100 ? axis_counts[2] : 100] {
            set ytics add (short(axis_texts_2[i], 20) i)
        }
    }
    if (!axis_numeric[1]) {
        set xtics ()
        do for [i = 1 : axis_counts[1] < 100 ? axis_counts[1] : 100] {
            set xtics add (short(axis_texts_1[i], 20) i)
        }
    }
    size = point_count > 300 ? dot : 1.7 * dot
    plot data index 'points' using (column(axis_value(1))):(column(axis_value(2))) with points pointtype 7 pointsize 1.15 * size linecolor rgb grey, \
         data index 'points' using (column(axis_value(1))):(column(axis_value(2))):(mean(1)) with points pointtype 7 pointsize size linecolor palette
}
