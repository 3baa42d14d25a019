# Successive halving: the objective of every configuration along its rungs; those on the last
# rung are drawn in blue
#: sweep rungs
#: size 640 400

stats data index 'rungs' using 4 name 'value' nooutput
lowest = value_min
highest = value_max
logarithmic = lowest > 0 && highest > 20 * lowest
if (logarithmic) {
    set logscale y
    set yrange [lowest / 1.15 : highest * 1.15]
    set ytics ()
    decades = log10(highest / lowest)
    do for [e = floor(log10(lowest)) : ceil(log10(highest)) : powers(decades)] {
        do for [d in digits(decades)] {
            set ytics add (sprintf('%g', d * 10.0**e) d * 10.0**e)
        }
    }
} else {
    margin = 0.05 * (highest > lowest ? highest - lowest : 1)
    set yrange [lowest - margin : highest + margin]
}

# Rungs are at factors of one another; above each stands how many points it has.
reach = real(rung_horizons[rung_count]) / rung_horizons[1]
reach = reach > 1 ? reach : 2
set logscale x
set xrange [rung_horizons[1] * reach**-0.06 : rung_horizons[rung_count] * reach**0.06]
set xtics ()
do for [i = 1 : rung_count] {
    set xtics add (sprintf('%d', rung_horizons[i]) rung_horizons[i])
    set arrow from rung_horizons[i], graph 0 to rung_horizons[i], graph 1 nohead back linewidth 0.5 linecolor rgb light_grey
    set label sprintf(i == 1 ? '%d points' : '%d', rung_points[i]) at rung_horizons[i], graph 1 center offset 0, 0.6 font ',10' textcolor rgb grey
}
set xlabel horizon_name
set ylabel metric_names[1].(metric_units[1] eq '' ? '' : sprintf(' (%s)', metric_units[1]))
set tmargin 3.5
set key at graph 1, screen 0.985 right top horizontal maxrows 1

of_end(y) = column(6) == rung_count - 1 ? y : NaN
of_rest(y) = column(6) == rung_count - 1 ? NaN : y
plot data index 'rungs' using 3:(of_rest($4)) with lines linewidth 0.9 linecolor rgb grey notitle, \
     data index 'rungs' using 3:(of_rest($4)) with points pointtype 7 pointsize 0.6 * dot linecolor rgb grey title 'left behind', \
     data index 'rungs' using 3:(of_end($4)) with lines linewidth 1.6 linecolor rgb blue notitle, \
     data index 'rungs' using 3:(of_end($4)) with points pointtype 7 pointsize dot linecolor rgb blue title 'on the last rung'
