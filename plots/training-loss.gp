# Training loss of each batch, its mean over each epoch, and the loss of monitored splits
#: series train/loss
#: series train/loss_epoch
#: series train/loss_* as monitored optional
#: metric load/entropy optional
#: size 640 360

n = int(word(train_loss_shape, 1))
epochs = int(word(train_loss_epoch_shape, 1))
stats data index 'train/loss' using 1:2 name 'loss' nooutput
last = loss_max_x

# Up to 5,000 batches are drawn. Where epochs are few, a mean over up to 100 stretches of
# the whole shows more than those over epochs.
each = (n + 4999) / 5000
stretch = ceil(last / 100.0)
middle(x) = stretch > 1 ? (ceil(x / real(stretch)) - 0.5) * stretch : x

# Epochs are put on the axis of batches, a mean over one along it, the loss of a monitored
# split at its end. Of the family, loss_epoch is none.
place(epoch) = epoch * last / epochs
splits = ''
low = loss_min_y
high = loss_max_y
do for [i = 1 : monitored_count] {
    if (monitored_names[i] ne 'epoch') {
        stats data index sprintf('monitored/%d', i) using 1:2 name 'split' nooutput
        low = split_min_y < low ? split_min_y : low
        high = split_max_y > high ? split_max_y : high
        splits = sprintf('%s %d', splits, i)
    }
}
block(j) = sprintf('monitored/%s', word(splits, j))
name(j) = words(splits) < j ? '' : monitored_names[int(word(splits, j))]
many = epochs > 12
marks = epochs > 40 ? 'lines' : 'linespoints pointtype 7 pointsize dot'

set key width -1
set xlabel epochs < 2 ? train_loss_axis : sprintf('%s (%.0f an epoch)', train_loss_axis, last / epochs)
set ylabel train_loss_unit eq '' ? 'loss' : sprintf('loss (%s)', train_loss_unit)
set xrange [0 : last]
set xtics format '%.0f'
if (last < 8) {
    set xtics 1
}

# A likelihood has no zero, and its first batches may lie anywhere: the axis is that of the
# batches behind the first twentieth. Where the unit is that of the data's entropy, no
# density can have a lower loss in the mean.
likelihood = train_loss_unit eq 'nats'
floor_known = likelihood && load_entropy_unit eq 'nats' && load_entropy == load_entropy
if (likelihood && n >= 40) {
    early = n / 20
    stats data index 'train/loss' every ::early using 2 name 'late' nooutput
    low = floor_known && load_entropy < late_min ? load_entropy : late_min
    set yrange [low - 0.05 * (late_max - low) : late_max + 0.05 * (late_max - low)]
}
if (!likelihood && low > 0 && high > 3 * low) {
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
     data index 'train/loss' using (middle($1)):(many ? NaN : $2) smooth unique with lines linewidth 1.4 linecolor rgb blue title (many || stretch < 2 ? '' : sprintf('mean of %.0f', stretch)), \
     data index 'train/loss_epoch' using (many ? place($1 - 0.5) : NaN):2 with lines linewidth 1.8 linecolor rgb blue title (many ? 'epoch mean' : ''), \
     data index 'train/loss_epoch' using (many ? NaN : place($1 - 1)):2:(place(1)):(0) with vectors nohead linewidth 1.8 linecolor rgb black title (many ? '' : 'epoch mean'), \
     for [j = 1 : words(splits)] data index block(j) using (place($1)):2 with @marks linewidth 1.2 linecolor rgb colours[(j - 1) % 4 + 1] title name(j), \
     floor_known ? load_entropy : NaN with lines linewidth 1 dashtype 2 linecolor rgb black title (floor_known ? 'entropy' : '')
