# Histogram of what a flow of one dimension makes of the training rows, over its base
#: tensor train/latent columns 1
#: data 1
#: size 640 360

n = int(word(train_latent_shape, 1))
stats data index 'train/latent' using 1 name 'view' nooutput
view_max = view_max > 3.5 ? view_max : 3.5
view_min = view_min < -3.5 ? view_min : -3.5
@FIT_BINS

set xlabel 'z'
set ylabel 'density'
set xrange [view_min : view_max]
set yrange [0 : *]
set offsets 0, 0, graph 0.05, 0
set samples 400
set boxwidth bin_width
plot data index 'train/latent' using 1:(bin_share(n)) bins=bin_count binrange [bin_from : bin_to] with boxes linecolor rgb pale_green fillstyle solid 1 border title sprintf('z of training rows (n = %s)', thousands(n)), \
     data index 'train/latent' using 1:(bin_share(n)) bins=bin_count binrange [bin_from : bin_to] with histeps linewidth 0.7 linecolor rgb green notitle, \
     exp(-x**2 / 2) / sqrt(2 * pi) with lines linewidth 1.4 linecolor rgb black title 'N(0, 1)'
