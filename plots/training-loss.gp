# Training loss of each batch, its mean, and the loss of monitored splits
#: series train/loss
#: series train/loss_* as monitored optional
#: size 640 360

n = int(word(train_loss_shape, 1))
stats data index 'train/loss' using 1:2 name 'loss' nooutput
last = loss_max_x

# Up to 5,000 batches are drawn; the mean is over up to 200 stretches of the whole.
each = (n + 4999) / 5000
stretch = ceil(last / 200.0)
middle(x) = stretch > 1 ? (ceil(x / real(stretch)) - 0.5) * stretch : x

# A monitored split has a point an epoch, loss_epoch is none. Epochs are put on the axis of
# batches.
low = loss_min_y
high = loss_max_y
epochs = 1
splits = ''
do for [i = 1 : monitored_count] {
    if (monitored_names[i] ne 'epoch') {
        stats data index sprintf('monitored/%d', i) using 1:2 name 'split' nooutput
        low = split_min_y < low ? split_min_y : low
        high = split_max_y > high ? split_max_y : high
        epochs = split_max_x
        splits = sprintf('%s %d', splits, i)
    }
}
place(epoch) = epoch * last / epochs
block(j) = sprintf('monitored/%s', word(splits, j))
name(j) = words(splits) < j ? '' : monitored_names[int(word(splits, j))]

set xlabel train_loss_axis
set ylabel train_loss_unit eq '' ? 'loss' : sprintf('loss (%s)', train_loss_unit)
set xrange [0 : last]
set xtics format '%.0f'
if (last < 8) {
    set xtics 1
}
if (low > 0 && high > 3 * low) {
    set logscale y
    set yrange [0.85 * low : 1.15 * high]
    set ytics ()
    decades = log10(high / low)
    do for [e = floor(log10(low)) : ceil(log10(high)) : powers(decades)] {
        do for [d in digits(decades)] {
            set ytics add (sprintf('%g', d * 10.0**e) d * 10.0**e)
        }
    }
}

array colours[4] = [vermilion, green, purple, orange]
plot keyentry with lines linewidth 1.2 linecolor rgb light_blue title 'each batch', \
     data index 'train/loss' every each using 1:2 with lines linewidth 0.5 linecolor rgb light_blue notitle, \
     data index 'train/loss' using (middle($1)):2 smooth unique with lines linewidth 1.8 linecolor rgb blue title (stretch > 1 ? sprintf('mean of %.0f batches', stretch) : ''), \
     for [j = 1 : words(splits)] data index block(j) using (place($1)):2 with points pointtype 7 pointsize dot linecolor rgb colours[(j - 1) % 4 + 1] title name(j)
