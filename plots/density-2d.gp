# The density that a flow of two dimensions has learned beside the true one, on one scale
#: tensor train/density
#: tensor train/density_extent columns 1
#: tensor load/true_density optional
#: tensor load/true_density_extent optional
#: data 2
#: size 680 350

# Ends of the axes, in the order of the record: x low, high, y low, high. The learned
# density stands at points from end to end, the true one at the middles of cells.
array learned[4]
array true[4]
stats data index 'train/density_extent' using (learned[int($0) + 1] = $1) nooutput
stats data index 'train/density' matrix using 3 name 'learned' nooutput
known = load_true_density_shape ne ''
if (known) {
    stats data index 'load/true_density_extent' using (true[int($0) + 1] = $1) nooutput
    stats data index 'load/true_density' matrix using 3 name 'true' nooutput
}
columns = int(word(train_density_shape, 2))
lines = int(word(train_density_shape, 1))
x(i) = learned[1] + i * (learned[2] - learned[1]) / (columns - 1)
y(i) = learned[3] + i * (learned[4] - learned[3]) / (lines - 1)
true_x(i) = true[1] + (i + 0.5) * (true[2] - true[1]) / int(word(load_true_density_shape, 2))
true_y(i) = true[3] + (i + 0.5) * (true[4] - true[3]) / int(word(load_true_density_shape, 1))

# What the true density is at most is the darkest blue of both.
darkest = known ? true_max : learned_max
set cbrange [0 : darkest > 0 ? darkest : 1]
unset key
set style fill solid 1
set xlabel 'x₀'
set cblabel 'density' offset 1, 0
set border 15
panel_left = known ? 0.08 : 0.3
panel_right = known ? 0.82 : 0.7
panels = known ? 2 : 1
x_low = known ? true[1] : learned[1]
x_high = known ? true[2] : learned[2]
y_low = known ? true[3] : learned[3]
y_high = known ? true[4] : learned[4]
@SQUARE

set multiplot
panel = 0
@PANEL
set ylabel 'x₁'
set label 'learned density' at graph 0, graph 1 left offset 0, 0.7
if (known) {
    unset colorbox
} else {
    @PANEL_SCALE
}
plot data index 'train/density' matrix using (x($1)):(y($2)):3 with image
if (known) {
    panel = 1
    @PANEL
    unset ylabel
    unset label
    set ytics format ''
    set label 'true density' at graph 0, graph 1 left offset 0, 0.7
    @PANEL_SCALE
    plot data index 'load/true_density' matrix using (true_x($1)):(true_y($2)):3 with image
}
unset multiplot
