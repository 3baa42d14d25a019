# A metric against a swept value, the mean over repeats with its 95 % interval; of two swept
# paths a line for each value of the second
#: sweep points
#: axes 1 2
#: size 640 380

# Of more values than there are colours the lines are coloured by a scale; where most values
# have one point alone, as a random draw gives them, there are no lines.
array colours[7] = [blue, vermilion, green, purple, orange, light_blue, black]
lines = axis_count == 2 ? axis_counts[2] : 1
scaled = lines > 7
category = !axis_numeric[1]
repeated = repeats > 1

mean(j) = column(metric_mean(j))
low(j) = column(metric_low(j))
high(j) = column(metric_high(j))
stats data index 'points' using (mean(1)) name 'mean' nooutput
stats data index 'points' using (low(1)) name 'low' nooutput
stats data index 'points' using (high(1)) name 'high' nooutput

# Intervals of two or three repeats may be wide: they are cut at twice the range of means, or
# at half as much again of a logarithmic one, where they may reach down to nothing.
logarithmic = mean_min > 0 && mean_max > 20 * mean_min
if (logarithmic) {
    spread = mean_max / mean_min
    bottom = low_min > mean_min / spread**0.25 ? low_min : mean_min / spread**0.25
    top = high_max < mean_max * spread**0.25 ? high_max : mean_max * spread**0.25
    bottom = bottom / 1.1
    top = top * 1.1
    set logscale y
    set ytics ()
    decades = log10(top / bottom)
    do for [e = floor(log10(bottom)) : ceil(log10(top)) : powers(decades)] {
        do for [d in digits(decades)] {
            set ytics add (sprintf('%g', d * 10.0**e) d * 10.0**e)
        }
    }
} else {
    spread = mean_max > mean_min ? mean_max - mean_min : mean_max != 0 ? 0.1 * abs(mean_max) : 1
    bottom = low_min > mean_min - spread ? low_min : mean_min - spread
    top = high_max < mean_max + spread ? high_max : mean_max + spread
    margin = 0.05 * (top > bottom ? top - bottom : spread)
    bottom = bottom - margin
    top = top + margin
}
set yrange [bottom : top]
cut(y) = y < bottom ? bottom : y > top ? top : y

# The values themselves are the labels where they are few and far enough apart.
place(v) = axis_log[1] ? log(v / axis_low[1]) / log(axis_high[1] / axis_low[1]) : (v - axis_low[1]) / (axis_high[1] - axis_low[1])
labelled = axis_counts[1] <= 12
if (!category && labelled) {
    do for [i = 2 : axis_counts[1]] {
        labelled = labelled && place(axis_numbers_1[i]) - place(axis_numbers_1[i - 1]) > 0.06
    }
}
short(text, most) = strlen(text) > most ? substr(text, 1, most - 1).'…' : text
if (category) {
    set xrange [0.5 : axis_counts[1] + 0.5]
    set xtics ()
    longest = 0
    do for [i = 1 : labelled ? axis_counts[1] : 0] {
        longest = strlen(axis_texts_1[i]) > longest ? strlen(axis_texts_1[i]) : longest
    }
    room = int(80.0 / axis_counts[1])
    if (longest > room) {
        room = 30
        longest = longest > room ? room : longest
        set xtics rotate by 30 right offset 0, 0
        set bmargin 3.5 + 0.22 * longest
        if (longest > 16) {
            set lmargin 0.5 * longest
        }
    }
    do for [i = 1 : labelled ? axis_counts[1] : 0] {
        set xtics add (short(axis_texts_1[i], room) i)
    }
} else {
    if (labelled) {
        set xtics ()
        do for [i = 1 : axis_counts[1]] {
            set xtics add (sprintf('%.3g', axis_numbers_1[i]) axis_numbers_1[i])
        }
    }
    if (axis_log[1]) {
        set logscale x
        set format x '%g'
        set xrange [axis_low[1] * (axis_low[1] / axis_high[1])**0.03 : axis_high[1] * (axis_high[1] / axis_low[1])**0.03]
    } else {
        reach = axis_high[1] > axis_low[1] ? 0.03 * (axis_high[1] - axis_low[1]) : 1
        set xrange [axis_low[1] - reach : axis_high[1] + reach]
    }
}

set xlabel axis_names[1]
set ylabel metric_names[1].(metric_units[1] eq '' ? '' : sprintf(' (%s)', metric_units[1]))
if (repeated) {
    set label sprintf('mean of %d repeats, 95 %% interval', repeats) at screen 0.98, screen 0.035 right font ',10' textcolor rgb grey
}

banded = repeated && !category && lines <= 2
barred = repeated && !banded
set errorbars 0.5

# Beside each other, where they would hide one another: texts by a part of their distance,
# numbers by a hair.
step = category ? (0.5 / lines < 0.12 ? 0.5 / lines : 0.12) : barred && !scaled ? 0.006 : 0
beside(k) = (k - (lines + 1) / 2.0) * step
moved(v, k) = category ? v + beside(k) : axis_log[1] ? v * (axis_high[1] / axis_low[1])**beside(k) : v + beside(k) * (axis_high[1] - axis_low[1])
x(k) = moved(column(axis_value(1)), k)
of(k, y) = axis_count < 2 || column(axis_index(2)) == k ? y : NaN
name(k) = lines > 1 ? axis_texts_2[k] : ''

if (lines > 1 && !scaled) {
    set key title axis_names[2].':' left
}
if (scaled) {
    unset key
    set style fill solid 1
    set palette defined (0 '#9ccbe6', 0.5 '#0072b2', 1 '#00263c')
    set cblabel axis_names[2] offset 1, 0
    set colorbox user origin graph 1.03, graph 0 size graph 0.025, graph 1 noborder
    set rmargin 14
    if (axis_log[2]) {
        set logscale cb
        set format cb '%g'
    }
    lined = point_count >= 2 * lines
    plot data index 'points' using (x(1)):(lined ? mean(1) : NaN):(column(axis_value(2))) with lines linewidth 1 linecolor palette, \
         data index 'points' using (x(1)):(mean(1)):(cut(low(1))):(cut(high(1))):(column(axis_value(2))) with yerrorbars pointtype 7 pointsize 0.8 * dot linewidth 0.7 linecolor palette
} else {
    plot for [k = 1 : banded ? lines : 0] data index 'points' using (x(k)):(of(k, cut(low(1)))):(cut(high(1))) with filledcurves fillstyle transparent solid 0.15 noborder linecolor rgb colours[k] notitle, \
         for [k = 1 : barred ? lines : 0] data index 'points' using (x(k)):(of(k, mean(1))):(cut(low(1))):(cut(high(1))) with yerrorbars pointtype -1 linewidth 0.9 linecolor rgb colours[k] notitle, \
         for [k = 1 : category ? 0 : lines] data index 'points' using (x(k)):(of(k, mean(1))) with lines linewidth 1.4 linecolor rgb colours[k] notitle, \
         for [k = 1 : lines] data index 'points' using (x(k)):(of(k, mean(1))) with points pointtype 7 pointsize dot linecolor rgb colours[k] title name(k)
}
