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
