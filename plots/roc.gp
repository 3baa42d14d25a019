# ROC curve, and the same with rare false alarms stretched
#: tensor detect/roc
#: metric detect/auroc optional
#: metric detect/type_1_error optional
#: metric detect/type_2_error optional
#: input detect/normal
#: input detect/anomalous
#: size 640 320

# The panel on the right ends at the smallest rate above 0 that there is.
stats data index 'detect/roc' using ($1 > 0 ? $1 : 1) name 'rate' nooutput
least = rate_min < 0.1 ? 10**floor(log10(rate_min)) : 0.1

set multiplot
set yrange [0 : 1]
set ytics 0.2
set xlabel sprintf('false positive rate (%s)', detect_normal)
side = 0.77 * height / width
left_edge = 0.115
set tmargin at screen 0.97
set bmargin at screen 0.2

set lmargin at screen left_edge
set rmargin at screen left_edge + side
set ylabel sprintf('true positive rate (%s)', detect_anomalous)
set xrange [0 : 1]
set xtics 0.2 format '%g'
set key inside bottom right vertical width 1
plot data index 'detect/roc' using 1:2 with lines linewidth 1.6 linecolor rgb blue title (detect_auroc == detect_auroc ? sprintf('AUROC %.4f', detect_auroc) : 'ROC'), \
     x with lines dashtype 3 linewidth 1 linecolor rgb grey title 'chance', \
     '+' using (detect_type_1_error):(1 - detect_type_2_error) every ::0::0 with points pointtype 7 pointsize dot linecolor rgb vermilion title (detect_type_1_error == detect_type_1_error ? 'threshold' : '')

unset key
set lmargin at screen 0.985 - side
set rmargin at screen 0.985
unset ylabel
set ytics format ''
set logscale x
set xrange [least : 1]
set xtics autofreq format '%g'
set samples 500
plot data index 'detect/roc' using ($1 > 0 ? $1 : least / 10):2 with lines linewidth 1.6 linecolor rgb blue, \
     x with lines dashtype 3 linewidth 1 linecolor rgb grey, \
     '+' using (detect_type_1_error):(1 - detect_type_2_error) every ::0::0 with points pointtype 7 pointsize dot linecolor rgb vermilion
unset multiplot
