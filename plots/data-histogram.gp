# Histograms of the data, split by split, under the density they are drawn from
#: tensor load/points_* as points columns 1
#: tensor load/true_density columns 2 optional
#: data 1
#: size 640 360

# The axis is that of the true density; without one, that of the points.
if (load_true_density_shape ne '') {
    stats data index 'load/true_density' using 1 name 'view' nooutput
} else {
    stats data index 'points/1' using 1 name 'view' nooutput
}
@FIT_BINS

block(i) = sprintf('points/%d', i)
n(i) = int(word(value(sprintf('points_%d_shape', i)), 1))
name(i) = sprintf('%s (n = %s)', points_names[i], thousands(n(i)))

# The first split is an area, the others are outlines.
set xlabel 'x'
set ylabel 'density'
set xrange [view_min : view_min + bin_count * bin_width]
set yrange [0 : *]
set offsets 0, 0, graph 0.05, 0
set boxwidth bin_width
array colours[4] = [blue, vermilion, green, purple]
plot data index block(1) using 1:(bin_share(n(1))) bins=bin_count binrange [bin_from : bin_to] with boxes linecolor rgb pale_blue fillstyle solid 1 border title name(1), \
     for [i = 1 : points_count] data index block(i) using 1:(bin_share(n(i))) bins=bin_count binrange [bin_from : bin_to] with histeps linewidth (i > 1 ? 1.2 : 0.7) linecolor rgb colours[(i - 1) % 4 + 1] title (i > 1 ? name(i) : ''), \
     data index 'load/true_density' using 1:2 with lines linewidth 1.4 linecolor rgb black title (load_true_density_shape eq '' ? '' : 'true density')
