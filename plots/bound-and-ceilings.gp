# The variational bound of each train stage by epoch below its ceiling, and the gap between
#: series train*/loss_train as loss
#: metric train*/ceiling as ceiling
#: size 760 400

# loss_train is the negative bound.
block(i) = sprintf('loss/%d', i)
array colours[4] = [blue, vermilion, green, purple]
colour(i) = colours[(i - 1) % 4 + 1]
last = 1
do for [i = 1 : loss_count] {
    if (ceiling[i] == ceiling[i]) {
        stats data index block(i) using 1 name 'epoch' nooutput
        last = epoch_max > last ? epoch_max : last
    }
}

# Ceilings that lie far apart have panels of their own: the widest step between two of them
# parts them, if it is more than half of the whole.
low = high = NaN
do for [i = 1 : loss_count] {
    low = low < ceiling[i] || ceiling[i] != ceiling[i] ? low : ceiling[i]
    high = high > ceiling[i] || ceiling[i] != ceiling[i] ? high : ceiling[i]
}
below = low
step = 0
do for [i = 1 : loss_count] {
    next = high
    do for [j = 1 : loss_count] {
        next = ceiling[j] > ceiling[i] && ceiling[j] < next ? ceiling[j] : next
    }
    if (next - ceiling[i] > step) {
        step = next - ceiling[i]
        below = ceiling[i]
    }
}
parted = 2 * step > high - low && step > 5
least(upper) = upper ? above : low
most(upper) = upper ? high : parted ? below : high
above = parted ? below + step : low

set logscale x
set xrange [1 : last]

set multiplot

# The key alone, as wide as all panels.
set lmargin at screen 0.125
set rmargin at screen 0.985
set tmargin at screen 0.86
set bmargin at screen 0.15
unset border
set tics scale 0
set format ''
set key width 0
set yrange [0 : 1]
plot for [i = 1 : loss_count] keyentry with lines linewidth 1.6 linecolor rgb colour(i) title loss_names[i], \
     keyentry with lines linewidth 1 dashtype 2 linecolor rgb black title 'ceiling', \
     NaN notitle

unset key
set tics scale 0.6, 0.3
set format '%g'
set rmargin at screen 0.485
set label 'bound and ceiling (nats)' at screen 0.022, screen 0.505 center rotate by 90
do for [upper = 0 : parted] {
    spread = most(upper) - least(upper)
    spread = spread > 0.75 ? spread : 0.75
    set yrange [least(upper) - 1.2 * spread : most(upper) + 0.15 * spread]
    set bmargin at screen (upper ? 0.515 : 0.15)
    set tmargin at screen (parted && !upper ? 0.475 : 0.86)
    set border (upper ? 2 : 3)
    set xlabel (upper ? '' : 'epoch')
    if (upper) {
        set xtics scale 0 format ''
        unset label
    }
    plot for [i = 1 : loss_count] ceiling[i] with lines linewidth 1 dashtype 2 linecolor rgb black notitle, \
         for [i = 1 : loss_count] data index block(i) using 1:(-$2) with lines linewidth 1.6 linecolor rgb colour(i)
}

unset label
set border 3
set lmargin at screen 0.62
set rmargin at screen 0.985
set bmargin at screen 0.15
set tmargin at screen 0.86
set xlabel 'epoch'
set xtics scale 0.6, 0.3 format '%g'
set ylabel 'ceiling - bound (nats)'
set logscale y
set autoscale y

# Rounding may leave a bound above its ceiling, where a logarithm has no place for it.
gap(g) = g > 1e-12 || g != g ? g : 1e-12
plot for [i = 1 : loss_count] data index block(i) using 1:(gap(ceiling[i] + $2)) with lines linewidth 1.6 linecolor rgb colour(i)
unset multiplot
