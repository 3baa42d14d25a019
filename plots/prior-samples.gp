# What the decoder of a variational autoencoder makes of latents drawn from the prior
#: tensor train/prior_samples rows 0 1
#: data images
#: size 480 480

# As many a column as makes it about square. The block holds the images one below the
# other, and so does a column.
n = int(word(train_prior_samples_shape, 1))
h = int(word(train_prior_samples_shape, 2))
w = int(word(train_prior_samples_shape, 3))
lines = ceil(sqrt(n * w / real(h)))
columns = ceil(n / real(lines))

unset border
unset tics
unset colorbox
unset key
set palette gray negative
set cbrange [0 : 1]
set size ratio -1
set margins 0.5, 0.5, 0.25, 0.25
set xrange [0 : columns * w]
set yrange [-lines * h : 0]
@IMAGE_GAPS

first(c) = c * lines * h
last(c) = (c + 1) * lines * h - 1
plot for [c = 0 : columns - 1] data index 'train/prior_samples' matrix every 1:1:0:first(c):(w - 1):last(c) using (c * w + $1 + 0.5):(first(c) - $2 - 0.5):3 with image
