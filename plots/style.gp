# What all figures share: size, type, thin axes, colours that colour-blind readers can tell
# apart (Okabe and Ito 2008). Texts are plain: no markup is understood in them.
reset
set encoding utf8
magnify = 2.5 # a PNG has this many pixels a point
if (format eq 'svg') {
    set terminal svg size width, height noenhanced background 'white' font 'Helvetica,13' linewidth 1
} else {
    set terminal pngcairo size magnify * width, magnify * height noenhanced background 'white' font 'Helvetica,13' fontscale 0.75 * magnify linewidth magnify pointscale magnify
}
set output picture

black = '#000000'
grey = '#808080'
light_grey = '#d9d9d9'
blue = '#0072b2'
light_blue = '#9ccbe6'
pale_blue = '#c5dfee'
pale_vermilion = '#f4cfb8'
pale_green = '#b8e2d5'
orange = '#e69f00'
vermilion = '#d55e00'
green = '#009e73'
purple = '#cc79a7'

set border 3 linewidth 0.7 linecolor rgb black
set tics out nomirror scale 0.6, 0.3
set key above left horizontal Left reverse samplen 1.5 spacing 1.1 width -1.5

# An SVG takes its letters for larger than they are, and its points come out larger.
dot = 0.7
if (format eq 'svg') {
    dot = 0.5
    set xtics offset 0, 0.3
    set xlabel offset 0, 0.7
    set ylabel offset 1, 0
}
set style fill transparent solid 0.35 noborder

# Labels on an axis of powers of ten: which digits, and at which powers.
digits(decades) = decades > 3.2 ? '1' : '1 2 5'
powers(decades) = decades > 7 ? ceil(decades / 7.0) : 1

# 50000 as 50,000.
thousands(n) = n < 1000 ? sprintf('%d', n) : thousands(n / 1000).sprintf(',%03d', n % 1000)

# Histograms: @FIT_BINS divides what `stats ... name 'view'` tells into bin_count bins of
# bin_width, whose first and last middles are bin_from and bin_to, for `bins=bin_count
# binrange [bin_from : bin_to]`. bin_share(n) is what one of n values adds to a density.
# An area is drawn as boxes with a border of their own colour, which hides the seams.
bin_count = 45
FIT_BINS = "bin_width = (view_max > view_min ? view_max - view_min : 1.0) / bin_count; bin_from = view_min + bin_width / 2; bin_to = bin_from + (bin_count - 1) * bin_width"
bin_share(n) = 1.0 / (n * bin_width)

# Densities as heat: from white paper to a dark blue.
set palette defined (0 '#ffffff', 0.15 '#d8e9f4', 0.4 '#7fb8da', 0.65 '#0072b2', 1 '#00263c')

# Panels side by side: panel i of n squares (from 0) between the margins of a figure.
# @PANEL sets the margins of panel `panel` of `panels`, @PANEL_SCALE puts the scale of
# colours to its right.
set style line 7 linewidth 0.7 linecolor rgb black
panels = 2
panel_left = 0.1
panel_right = 0.98
panel_gap = 0.04
panel_top = 0.9
PANEL = "panel_width = (panel_right - panel_left - (panels - 1) * panel_gap) / panels; panel_x = panel_left + panel * (panel_width + panel_gap); set lmargin at screen panel_x; set rmargin at screen panel_x + panel_width; set tmargin at screen panel_top; set bmargin at screen panel_top - panel_width * width / height"
PANEL_SCALE = "set colorbox user origin screen panel_x + panel_width + 0.02, screen panel_top - panel_width * width / height size screen 0.02, screen panel_width * width / height border 7"

# @SQUARE sets the ranges to the square about x_low..x_high and y_low..y_high, made larger
# by the factor square_more.
square_more = 1.0
SQUARE = "square = square_more * (x_high - x_low > y_high - y_low ? x_high - x_low : y_high - y_low) / 2.0; square = square > 0 ? square : 1; set xrange [(x_low + x_high) / 2.0 - square : (x_low + x_high) / 2.0 + square]; set yrange [(y_low + y_high) / 2.0 - square : (y_low + y_high) / 2.0 + square]"

# @IMAGE_GAPS draws thin lines between the images of a grid: columns of w pixels, lines of h.
IMAGE_GAPS = "do for [i = 0 : columns] { set arrow from i * w, graph 0 to i * w, graph 1 nohead front linewidth 0.5 linecolor rgb light_grey }; do for [i = 0 : lines] { set arrow from graph 0, first -i * h to graph 1, first -i * h nohead front linewidth 0.5 linecolor rgb light_grey }"
