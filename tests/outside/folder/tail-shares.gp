# The shares of rows that a detector flags, of each sample
#: metric detect/flagged_normal
#: metric detect/flagged_anomalous
#: size 320 240

$shares << EOD
0
1
EOD
share(i) = i == 0 ? detect_flagged_normal : detect_flagged_anomalous
set boxwidth 0.6
set style fill solid
set xrange [-0.5 : 1.5]
set yrange [0 : 1]
set ylabel 'share of rows'
set xtics ('normal' 0, 'anomalous' 1)
plot $shares using 1:(share($1)) with boxes notitle
