# The density that a flow of one dimension has learned, over the true one
#: tensor train/density columns 2
#: tensor load/true_density columns 2 optional
#: data 1
#: size 640 360

stats data index 'train/density' using 1 name 'view' nooutput
if (load_true_density_shape ne '') {
    stats data index 'load/true_density' using 1 name 'view' nooutput
}

set xlabel 'x'
set ylabel 'density'
set xrange [view_min : view_max]
set yrange [0 : *]
set offsets 0, 0, graph 0.05, 0
plot data index 'load/true_density' using 1:2 with filledcurves y1=0 linecolor rgb light_grey fillstyle solid 1 title (load_true_density_shape eq '' ? '' : 'true density'), \
     data index 'train/density' using 1:2 with lines linewidth 1.8 linecolor rgb blue title 'learned density'
