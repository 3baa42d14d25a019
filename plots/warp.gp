# The base's grid and where the inverse of a flow of two dimensions puts it, over the rows
# the flow was trained on
#: tensor train/warp rows 0 1 columns 2
#: tensor train/latent columns 2
#: tensor load/points_train columns 2 optional
#: data 2
#: size 680 370

# Half of the lines are of constant z_0, the others of constant z_1.
lines = int(word(train_warp_shape, 1))
points = int(word(train_warp_shape, 2))
reach = 3.0
at(i) = -reach + i * 2 * reach / (points - 1)
value_of(j) = -reach + (j % (lines / 2)) * 2 * reach / (lines / 2 - 1)
colour(j) = j < lines / 2 ? blue : vermilion
first(j) = j * points
last(j) = (j + 1) * points - 1
most = 3000
last_row = most - 1

unset key
set border 15
panel_left = 0.08
panel_gap = 0.1
speck = format eq 'svg' ? 0.12 : 0.15

# The rows' own range and a tenth more on each side; where they are not known, all of the grid.
square_more = load_points_train_shape eq '' ? 1.05 : 1.2
if (load_points_train_shape eq '') {
    stats data index 'train/warp' using 1:2 name 'view' nooutput
} else {
    stats data index 'load/points_train' using 1:2 name 'view' nooutput
}
x_low = view_min_x
x_high = view_max_x
y_low = view_min_y
y_high = view_max_y

set multiplot
panel = 0
@PANEL
set xrange [-1.2 * reach : 1.2 * reach]
set yrange [-1.2 * reach : 1.2 * reach]
set xlabel 'z₀'
set ylabel 'z₁'
set label 'base' at graph 0, graph 1 left offset 0, 0.7
plot data index 'train/latent' every ::::last_row using 1:2 with points pointtype 7 pointsize speck linecolor rgb grey, \
     for [j = 0 : lines - 1] data index 'train/warp' every ::first(j)::last(j) using (j < lines / 2 ? value_of(j) : at($0)):(j < lines / 2 ? at($0) : value_of(j)) with lines linewidth 0.8 linecolor rgb colour(j)

@SQUARE
panel = 1
@PANEL
set xlabel 'x₀'
set ylabel 'x₁'
unset label
set label 'through the inverse' at graph 0, graph 1 left offset 0, 0.7
plot data index 'load/points_train' every ::::last_row using 1:2 with points pointtype 7 pointsize speck linecolor rgb grey, \
     for [j = 0 : lines - 1] data index 'train/warp' every ::first(j)::last(j) using 1:2 with lines linewidth 0.8 linecolor rgb colour(j)
unset multiplot
