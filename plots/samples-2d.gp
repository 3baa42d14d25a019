# Samples of two columns beside the data they are to resemble
#: tensor sample/samples columns 2
#: tensor load/points_* as points columns 2
#: data 2
#: size 680 390

# As many of the one as of the other, 5,000 at most.
n = int(word(sample_samples_shape, 1))
m = int(word(points_1_shape, 1))
most = n < m ? n : m
most = most < 5000 ? most : 5000
last = most - 1

stats data index 'points/1' every ::::last using 1:2 name 'view' nooutput
x_low = view_min_x
x_high = view_max_x
y_low = view_min_y
y_high = view_max_y
unset key
set border 15
set xlabel 'x₀'
panel_left = 0.08
square_more = 1.05
speck = format eq 'svg' ? 0.12 : 0.15

@SQUARE

set multiplot
panel = 0
@PANEL
set ylabel 'x₁'
set label sprintf('data (%s, n = %s)', points_names[1], thousands(most)) at graph 0, graph 1 left offset 0, 0.7
plot data index 'points/1' every ::::last using 1:2 with points pointtype 7 pointsize speck linecolor rgb blue
panel = 1
@PANEL
unset ylabel
unset label
set ytics format ''
set label sprintf('samples (n = %s)', thousands(most)) at graph 0, graph 1 left offset 0, 0.7
plot data index 'sample/samples' every ::::last using 1:2 with points pointtype 7 pointsize speck linecolor rgb vermilion
unset multiplot
