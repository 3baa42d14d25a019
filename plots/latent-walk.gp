# What the decoder of a variational autoencoder makes of straight lines through the latents'
# space, from the code of one row to that of another; with two latents, of a grid of them
#: tensor train/walk rows 0 2
#: data images
#: size 600 420

# A line of the block is a line of pixels of all images of a line of the walk.
lines = int(word(train_walk_shape, 1))
columns = int(word(train_walk_shape, 2))
h = int(word(train_walk_shape, 3))
w = int(word(train_walk_shape, 4))

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

plot data index 'train/walk' matrix using ($1 + 0.5):(-$2 - 0.5):3 with image
