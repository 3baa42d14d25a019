# The map of a flow of one dimension, with the learned density of x above it and the base's
# density of z beside it
#: tensor train/map columns 2
#: tensor train/density columns 2
#: data 1
#: size 460 420

stats data index 'train/map' using 1:2 name 'map' nooutput
z_high = map_max_y > 3.5 ? map_max_y : 3.5
z_low = map_min_y < -3.5 ? map_min_y : -3.5

set multiplot
set lmargin at screen 0.12
set rmargin at screen 0.82
set tmargin at screen 0.8
set bmargin at screen 0.14
set xrange [map_min_x : map_max_x]
set yrange [z_low : z_high]
set label 'x' at graph 0.5, screen 0.035 center
set ylabel 'z'
plot data index 'train/map' using 1:2 with lines linewidth 1.8 linecolor rgb blue notitle

unset label
unset ylabel
unset tics
set border 1
set tmargin at screen 0.98
set bmargin at screen 0.82
set yrange [0 : *]
set ylabel 'p(x)'
plot data index 'train/density' using 1:2 with filledcurves y1=0 linecolor rgb pale_blue fillstyle solid 1 notitle, \
     data index 'train/density' using 1:2 with lines linewidth 0.7 linecolor rgb blue notitle
unset ylabel

set border 2
set lmargin at screen 0.84
set rmargin at screen 0.98
set tmargin at screen 0.8
set bmargin at screen 0.14
set xrange [0 : *]
set yrange [z_low : z_high]
set label 'N(0, 1)' at graph 0.5, screen 0.035 center
normal(z) = exp(-z**2 / 2) / sqrt(2 * pi)
set samples 400
set trange [z_low : z_high]
set parametric
plot normal(t), t with filledcurves closed linecolor rgb pale_green fillstyle solid 1 notitle, \
     normal(t), t with lines linewidth 0.7 linecolor rgb green notitle
unset multiplot
