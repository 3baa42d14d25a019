# Every point of a sweep as a line over all swept paths to its metric; the better, the darker
#: sweep points
#: axes 3
#: size 800 420

# The last axis is the metric. Better points are drawn over the others.
n = axis_count + 1
mean(j) = column(metric_mean(j))
stats data index 'points' using (mean(1)) name 'mean' nooutput
logarithmic = mean_min > 0 && mean_max > 20 * mean_min
height_of(v) = mean_max <= mean_min ? 0.5 : logarithmic ? log(v / mean_min) / log(mean_max / mean_min) : (v - mean_min) / (mean_max - mean_min)
at(i) = i < n ? column(axis_place(i)) : height_of(mean(1))
if (metric_goals[1] eq 'minimize') {
    set palette defined (0 '#00263c', 0.15 '#0072b2', 0.4 '#7fb8da', 1 '#dfe8ee')
} else {
    set palette defined (0 '#dfe8ee', 0.6 '#7fb8da', 0.85 '#0072b2', 1 '#00263c')
}
set cbrange [0 : 1]
set style textbox opaque noborder fillcolor rgb 'white' margins 0.3, 0.3

unset key
unset colorbox
unset border
unset ytics
set xrange [1 : n]
set yrange [-0.02 : 1.02]
set lmargin 12
set rmargin 12
set tmargin 1.5
set bmargin 4.5
short(text, most) = strlen(text) > most ? '…'.substr(text, strlen(text) - most + 2, strlen(text)) : text
head(text, most) = strlen(text) > most ? substr(text, 1, most - 1).'…' : text

do for [i = 1 : n] {
    set arrow from i, 0 to i, 1 nohead front linewidth 0.7 linecolor rgb black
}
room = int(95.0 / n)
unset xtics

# Names stand on two levels where they are many.
do for [i = 1 : n] {
    set label short(i < n ? axis_names[i] : metric_names[1], (n > 4 ? 2 : 1) * room) at i, graph 0 center offset 0, (n > 4 && i % 2 == 0 ? -2.4 : -1.2)
}
# What places mean: all values where they are few, else round ones.
# The round step nearest to a quarter of a range.
power(x) = 10.0**floor(log10(x))
round_step(x) = x < 1.5 * power(x) ? power(x) : x < 3.5 * power(x) ? 2 * power(x) : x < 7.5 * power(x) ? 5 * power(x) : 10 * power(x)
do for [i = 1 : n] {
    from = real(i < n ? axis_low[i] : mean_min)
    to = real(i < n ? axis_high[i] : mean_max)
    scale_log = i < n ? axis_log[i] : logarithmic
    few = 0
    if (i < n) {
        few = !axis_numeric[i] || axis_counts[i] <= 6
    }
    place(v) = to <= from ? 0.5 : scale_log ? log(v / from) / log(to / from) : (v - from) / (to - from)
    if (few) {
        do for [k = 1 : axis_counts[i] < 100 ? axis_counts[i] : 100 : ceil(axis_counts[i] / 15.0)] {
            eval sprintf('text = axis_texts_%d[%d]', i, k)
            v = axis_numeric[i] ? real(text) : k
            set label (axis_numeric[i] ? sprintf('%.3g', v) : head(text, room)) at i, place(v) left offset 0.6, 0 front boxed font ',10'
        }
    } else {
        if (scale_log && to >= 100 * from) {
            do for [e = ceil(log10(from) - 0.01) : floor(log10(to) + 0.01)] {
                set label sprintf('%g', 10.0**e) at i, place(10.0**e) left offset 0.6, 0 front boxed font ',10'
            }
        } else {
            step = to > from ? round_step((to - from) / 4) : 1
            do for [k = ceil(from / step - 0.01) : floor(to / step + 0.01)] {
                set label sprintf('%.4g', k * step) at i, place(k * step) left offset 0.6, 0 front boxed font ',10'
            }
        }
    }
}

set label 'the better, the darker' at screen 0.98, screen 0.035 right font ',10' textcolor rgb grey

plot for [i = 1 : n - 1] data index 'points' using (i):(at(i)):(1):(at(i + 1) - at(i)):(height_of(mean(1))) with vectors nohead linewidth (point_count > 300 ? 0.6 : 1.1) linecolor palette
