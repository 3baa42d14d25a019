# Inputs over their reconstructions, typical rows and worst ones, with their scores
#: tensor detect/examples_normal rows 0 2 3
#: tensor detect/examples_anomalous rows 0 2 3
#: tensor detect/example_scores_normal
#: tensor detect/example_scores_anomalous
#: input detect/normal
#: input detect/anomalous
#: size 800 262

# Pixels of the images are the unit. A panel a split, side by side; in it two strips
# (typical, worst), each an input above its reconstruction with the score below. A block
# holds both strips of a split, one below the other. A panel of few images is as wide as its
# name, whose letters are some 0.155 of an image's height.
wider(images, name) = images > 0.155 * h * strlen(name) ? images : 0.155 * h * strlen(name)
k = int(word(detect_examples_normal_shape, 2))
l = int(word(detect_examples_anomalous_shape, 2))
h = int(word(detect_examples_normal_shape, 4))
w = int(word(detect_examples_normal_shape, 5))
name_normal = sprintf('normal: %s', detect_normal)
name_anomalous = sprintf('anomalous: %s', detect_anomalous)
beside = wider(k * w, name_normal) + 0.6 * w
right_end = beside + wider(l * w, name_anomalous)
strip = 2.85 * h
top(q) = -q * strip

unset border
unset tics
unset colorbox
unset key
set palette gray negative
set cbrange [0 : 1]
set size ratio -1
set lmargin at screen 0.105
set rmargin at screen 0.995
set tmargin at screen 0.915
set bmargin at screen 0.02
set xrange [0 : right_end]
set yrange [-2 * strip + 0.4 * h : 0]

set label name_normal at 0, 0 left offset 0, 0.8
set label name_anomalous at beside, 0 left offset 0, 0.8
array names[2] = ['typical', 'worst']
do for [q = 0 : 1] {
    set label names[q + 1] at 0, top(q) - h center rotate by 90 offset -8.2, 0
    set label 'input' at 0, top(q) - 0.5 * h right offset -0.8, 0 font ',10'
    set label 'output' at 0, top(q) - 1.5 * h right offset -0.8, 0 font ',10'
}

# Thin frames, since the images are as white as the paper.
frame = 0
do for [q = 0 : 1] {
    do for [r = 0 : 1] {
        do for [c = 1 : k + l] {
            left_edge = c <= k ? (c - 1) * w : beside + (c - k - 1) * w
            frame = frame + 1
            set object frame rectangle from left_edge, top(q) - r * h to left_edge + w, top(q) - (r + 1) * h front fillstyle empty border linecolor rgb light_grey linewidth 0.5
        }
    }
}

first_line(q) = 2 * h * q
last_line(q) = 2 * h * (q + 1) - 1
plot for [q = 0 : 1] data index 'detect/examples_normal' matrix every 1:1:0:first_line(q):(k * w - 1):last_line(q) using ($1 + 0.5):(top(q) - $2 + first_line(q) - 0.5):3 with image, \
     for [q = 0 : 1] data index 'detect/examples_anomalous' matrix every 1:1:0:first_line(q):(l * w - 1):last_line(q) using (beside + $1 + 0.5):(top(q) - $2 + first_line(q) - 0.5):3 with image, \
     data index 'detect/example_scores_normal' matrix using (($1 + 0.5) * w):(top($2) - 2.25 * h):(sprintf('%#.3g', $3)) with labels font ',9', \
     data index 'detect/example_scores_anomalous' matrix using (beside + ($1 + 0.5) * w):(top($2) - 2.25 * h):(sprintf('%#.3g', $3)) with labels font ',9'
