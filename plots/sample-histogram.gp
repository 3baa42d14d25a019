# Histogram of samples of one column over the true density and the learned one
#: tensor sample/samples columns 1
#: tensor load/true_density columns 2 optional
#: tensor train/density columns 2 optional
#: data 1
#: size 640 360

n = int(word(sample_samples_shape, 1))
stats data index 'sample/samples' using 1 name 'view' nooutput
if (load_true_density_shape ne '') {
    stats data index 'load/true_density' using 1 name 'view' nooutput
}
@FIT_BINS

set xlabel 'x'
set ylabel 'density'
set xrange [view_min : view_min + bin_count * bin_width]
set yrange [0 : *]
set offsets 0, 0, graph 0.05, 0
set boxwidth bin_width
set key samplen 2.6 # two dashes
plot data index 'sample/samples' using 1:(bin_share(n)) bins=bin_count binrange [bin_from : bin_to] with boxes linecolor rgb pale_vermilion fillstyle solid 1 border title sprintf('samples (n = %s)', thousands(n)), \
     data index 'sample/samples' using 1:(bin_share(n)) bins=bin_count binrange [bin_from : bin_to] with histeps linewidth 0.7 linecolor rgb vermilion notitle, \
     data index 'load/true_density' using 1:2 with lines linewidth 1.4 linecolor rgb black title (load_true_density_shape eq '' ? '' : 'true density'), \
     data index 'train/density' using 1:2 with lines linewidth 1.4 dashtype 2 linecolor rgb blue title (train_density_shape eq '' ? '' : 'learned density')
