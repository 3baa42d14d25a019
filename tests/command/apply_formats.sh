#!/bin/sh
# apply takes rows as they were loaded, whatever their format says a number or a gap with.
# usage: apply_formats.sh SLUICE
set -eu
sluice=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
unset SLUICE_DATA_DIR

fail() {
    echo "apply_formats: $*" >&2
    exit 1
}

# refused STATUS TEXT ARGUMENT...
refused() {
    want=$1
    text=$2
    shift 2
    status=0
    "$sluice" "$@" > out 2>&1 < /dev/null || status=$?
    [ "$status" -eq "$want" ] || fail "'$*' ended with $status"
    grep -qF -- "$text" out || fail "'$text' was not printed, but: $(cat out)"
}

# ---- text tables ---------------------------------------------------------------------------

awk 'BEGIN {
    print "a,b"
    for (i = 0; i < 60; i++)
        print i * i % 17 + i / 8 "," (i % 10 == 7 ? "NA" : i * 5 % 23 - i / 4)
}' > plain.csv
sed 's/,/|/; s/\./,/g; s/NA/-999/' plain.csv > odd.csv # bars, decimal commas, gaps of -999
gzip -c odd.csv > odd.csv.gz

# train NAME FILE MORE: a run on it
train() {
    cat > "$1.yaml" << END
name: $1
load: {module: csv, file: $2, missing: keep, splits: {train: {choose: first}}$3}
train: {module: pca, components: 1, preprocess: [impute, standardise]}
figures: []
END
    "$sluice" run "$1.yaml" --cache cache --quiet
}
train plain plain.csv ""
train odd odd.csv ", decimal: comma, missing_words: ['-999']"
"$sluice" apply results/plain plain.csv --quiet > want.csv
[ "$(wc -l < want.csv)" -eq 61 ] || fail "not all rows are scored"
for file in odd.csv odd.csv.gz; do
    "$sluice" apply results/odd $file --quiet > got.csv
    cmp want.csv got.csv || fail "$file is read in another way than it was loaded"
done
"$sluice" apply results/odd --stream < odd.csv > got.csv
cmp want.csv got.csv || fail "a stream is read in another way than the file was loaded"
printf '{"a": 1.5, "b": -999}\n{"a": 1.5, "b": null}\n' |
    "$sluice" apply results/odd --stream | sed 's/"row":[01]//' | uniq > got.jsonl
[ "$(wc -l < got.jsonl)" -eq 1 ] || fail "-999 is no gap in JSON: $(cat got.jsonl)"
refused 3 "the model's rows had decimal commas" apply results/odd plain.csv
# What is neither a number nor a word nor null is refused, also where a value may be missing.
printf '[1,true]\n[1,[2]]\n{"a":1,"b":{}}\n[1,2]\n' > odd.jsonl
"$sluice" apply results/plain --stream < odd.jsonl > got.jsonl 2> out &&
    fail "JSON that is no row is scored"
for text in "'true'" "'[...]'" "'{...}'"; do
    grep -qF "column 'b' is $text, not a number" got.jsonl || fail "$text: $(cat got.jsonl)"
done
[ "$(grep -c score got.jsonl)" -eq 1 ] || fail "JSON that is no row is scored"
# JSON has the digits that CSV has, and is JSON.
sed '1d; s/NA/null/; s/.*/[&]/' plain.csv |
    "$sluice" apply results/plain --stream --explain > got.jsonl
sed 's/"[a-z]*"://g; s/[{}]//g; s/true/1/; s/false/0/; s/null//g' got.jsonl > got.csv
"$sluice" apply results/plain plain.csv --explain --quiet | sed 1d | cmp - got.csv ||
    fail "JSON has other digits than CSV"
{ echo 'a|b|a'; echo '1|2|3'; } > twice.csv
refused 2 "twice.csv:1: columns 1 and 3 have the same name 'a'" apply results/odd twice.csv
# A column without a name, which pandas' index is, is found again by its number.
sed 's/^a,/,/' plain.csv > index.csv
train index index.csv ", columns: ['1', b]"
"$sluice" apply results/index index.csv --quiet > got.csv 2> out
cmp want.csv got.csv || fail "a column without a name is another one"
[ -s out ] && fail "it says $(cat out)"
sed 's/^/0,/; 1s/0//' plain.csv > more.csv
"$sluice" apply results/plain more.csv --quiet 2>&1 > got.csv |
    grep -q 'not used: 1 (it has no name)' || fail "an index is not told"
cmp want.csv got.csv || fail "an index makes a difference"
printf 'foo,bar\n1,2\n' > foreign.csv
refused 2 "2 of the 2 columns that the model was trained on are not there: 'a', 'b'" \
    apply results/plain foreign.csv
# A blank line is no row, whoever reads it; a quoted field that is empty is one.
printf 'a\n1\n   \n7\n\n""\n 2 \n \t' > blanks.csv
train blanks blanks.csv ""
"$sluice" show results/blanks --csv | cut -d, -f2-4 | grep -qx load,rows,4 ||
    fail "a blank line is a row, or an empty field is none"
"$sluice" apply results/blanks blanks.csv --quiet > got.csv
[ "$(wc -l < got.csv)" -eq 5 ] || fail "a table of one column is numbered in another way"

# What is no row for `run` is none here, in the same words, from a file and from a stream.
# odd_row LINE TEXT: in the middle and at the end
odd_row() {
    { printf 'a,b\n1,2\n'; printf "$1"; } > row.csv
    refused 3 "$2" apply results/plain row.csv
    gzip -c row.csv > row.csv.gz
    refused 3 "$2" apply results/plain row.csv.gz
    printf '\n3,4\n' >> row.csv
    refused 3 "$2" apply results/plain row.csv
    "$sluice" apply results/plain --stream < row.csv > got.csv 2> out &&
        fail "a stream takes '$1'"
    grep -qF "$2" out || fail "'$2' was not printed, but: $(cat out)"
    [ "$(wc -l < got.csv)" -eq 4 ] || fail "a stream does not go on behind '$1'"
    sed -n 3p got.csv | grep -q '^1,,,' || fail "a stream decides about '$1'"
    sed -n 4p got.csv | grep -q '^2,[0-9]' || fail "a stream does not read behind '$1'"
}
odd_row '1,2\0009' ":3: a NUL byte: it is no text"
odd_row '"\n3",4' ":3: column 'a' is "
odd_row 3 ":3: 1 field, expected 2"
odd_row '3\r4' ":3: a carriage return within the line"
odd_row '"3"\r4' ":3: a carriage return within the line"
printf 'a,b\r1,2\r3,4\r' > row.csv
refused 3 "row.csv:1: a carriage return within the line" apply results/plain row.csv
printf '[1,2]\0009\n[1,2]\n' | "$sluice" apply results/plain --stream > got.jsonl 2> out &&
    fail "JSON with a NUL is read"
[ "$(grep -c score got.jsonl)" -eq 1 ] || fail "a NUL in JSON: $(cat got.jsonl)"
printf '\377\376a\0' > wide.csv
refused 3 "save it as UTF-8" apply results/odd wide.csv

# ---- what is written is nothing that is read ---------------------------------------------------

cp plain.csv kept.csv
ln kept.csv link.csv
ln -s kept.csv soft.csv
for to in kept.csv ./link.csv soft.csv; do
    refused 2 "is the file of rows; name another" apply results/plain kept.csv --to $to
done
cmp plain.csv kept.csv || fail "the rows are overwritten"
record=$(echo results/plain/runs/*/run.h5)
refused 2 "is the run; name another file" apply results/plain plain.csv --to "$record"
"$sluice" apply results/plain plain.csv --to new.csv --quiet
"$sluice" apply results/plain plain.csv --to new.csv --quiet
cmp want.csv new.csv || fail "a file that is there is not replaced"

# ---- float32: rows are rounded as they were when they were loaded --------------------------

awk 'BEGIN {
    print "a,b,class"
    for (i = 0; i < 200; i++)
        print i * i % 97 / 10 + 0.1 "," i * 31 % 89 / 7 "," (i >= 160)
}' > single.csv
# decides NAME TRAIN: a run with a threshold
decides() {
    cat > "$1.yaml" << END
name: $1
load:
  module: csv
  file: single.csv
  label: class
  type: float32
  splits:
    train: {count: 120, classes: [0], choose: first}
    test: {classes: [0], choose: first}
    odd: {classes: [1], choose: first}
train: $2
calibrate: {module: quantile, split: train, q: 1}
detect: {module: threshold, normal: test, anomalous: odd}
figures: []
END
    "$sluice" run "$1.yaml" --cache cache --quiet
}
decides near '{module: nearest-neighbours, k: 1}'
# A training row's neighbour is itself, at 0, if it is the same row.
sed 121q single.csv > trained.csv
"$sluice" apply results/near trained.csv --quiet > near.csv
[ "$(cut -d, -f2 near.csv | sort -u | tr '\n' ' ')" = '0 score ' ] ||
    fail "rows of float32 are other rows to apply"
grep -q ',1$' near.csv && fail "training rows are flagged"
"$sluice" apply results/near --stream < trained.csv > got.csv
cmp near.csv got.csv || fail "a stream is not rounded"
printf 'a,b\n1,1e39\n' > large.csv
refused 3 "large.csv:2: column 'b' is 1e+39, too large for float32" apply results/near large.csv

# ---- columns that are called as those beside a score -----------------------------------------

awk 'BEGIN {
    print "score,p,contribution_p,x"
    for (i = 0; i < 30; i++)
        print i * i % 17 "," i * 5 % 23 "," i * 7 % 19 "," i
}' > clash.csv
sed "s/^name: .*/name: clash/; s/file: [^,]*,/file: clash.csv,/" plain.yaml > clash.yaml
"$sluice" run clash.yaml --cache cache --quiet
heads='row,score,p,flagged,contribution_score,contribution_contribution_p,contribution_p,x'
"$sluice" apply results/clash clash.csv --explain --quiet > clash.out
[ "$(head -1 clash.out)" = "$heads" ] || fail "columns are called $(head -1 clash.out)"
"$sluice" apply results/clash --stream --explain < clash.csv > got.csv
cmp clash.out got.csv || fail "a stream has other names"
"$sluice" apply results/clash clash.csv --explain --quiet --to clash.h5

# ---- HDF5 and pictures, which Python writes ------------------------------------------------

python=
for candidate in python3 /usr/bin/python3; do
    if $candidate -c 'import numpy, h5py' 2> /dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "apply_formats: no python with numpy and h5py; HDF5 and pictures are left out"
    exit 0
fi
$python - << 'END'
import os
import struct
import zlib

import h5py
import numpy as np

rng = np.random.default_rng(8)
x = rng.normal(size=(90, 4)).astype(">f4")
with h5py.File("rows.h5", "w") as file:
    file.create_dataset("lab/x", data=x, chunks=(8, 2), compression="gzip")
np.save("rows.npy", x)
np.save("narrow.npy", x[:, [0, 2, 3]])
np.save("wide.npy", np.hstack([x, x]))
np.save("squares.npy", np.zeros((3, 2, 2)))
with h5py.File("wide.h5", "w") as file:
    file["lab/x"] = np.hstack([x, x])

# One column, as a vector and as a matrix.
np.savez("vector.npz", X=x[:, 0])
np.save("vector.npy", x[:, 0])
np.save("column.npy", x[:, :1])
with h5py.File("vector.h5", "w") as file:
    file["X"] = x[:, 0]

# Not finite: in a column that no model takes, and at row 15000, in another piece than row 0.
many = rng.normal(size=(20000, 4))
many[3, 1] = np.nan
np.save("unused.npy", many)
for name, value in (("gap", np.nan), ("infinite", -np.inf)):
    many[15000, 3] = value
    np.save(name + ".npy", many)
    np.savez(name + ".npz", X=many)
    with h5py.File(name + ".h5", "w") as file:
        file["lab/x"] = many
    np.savetxt(name + ".csv", many, delimiter=",", header="0,1,2,3", comments="")


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


os.mkdir("pictures")
pixels = rng.integers(0, 256, (30, 3, 2, 3)).astype(np.uint8)
for i, picture in enumerate(pixels):
    lines = b"".join(b"\0" + line.tobytes() for line in picture)
    with open(f"pictures/{i:02}.png", "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.write(chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 3, 8, 2, 0, 0, 0)))
        file.write(chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))
np.save("planes.npy", pixels.transpose(0, 3, 1, 2).reshape(30, -1))
END

$python - << 'END' || fail "contributions have other names in HDF5"
import h5py
import numpy as np

want = np.genfromtxt("clash.out", delimiter=",", names=True)
with h5py.File("clash.h5") as file:
    assert file["rows"].dtype.names == want.dtype.names, file["rows"].dtype.names
    for name in want.dtype.names:
        assert np.array_equal(file["rows"][name], want[name], equal_nan=True), name
END
decides lof '{module: local-outlier-factor, k: 7}'
decides far '{module: mahalanobis}'
decides axes '{module: pca, components: 1, preprocess: [standardise]}'
decides mixed '{module: gaussian-mixture, components: 3}'
decides coder '{module: autoencoder, encoder: [4, 1], epochs: 3, batch_size: 20}'
for name in near lof far axes mixed coder; do
    "$sluice" apply results/$name single.csv --quiet --to $name.npy
done
$python - << 'END' || fail "rows of float32 have other scores than in their run"
import glob

import h5py
import numpy as np

for name in ("near", "lof", "far", "axes", "mixed", "coder"):
    (path,) = glob.glob(f"results/{name}/runs/*/run.h5")
    with h5py.File(path) as run:
        want = np.concatenate(
            [run[f"tensors/detect/scores_{part}"][:] for part in ("normal", "anomalous")]
        )
    got = np.load(name + ".npy")["score"][120:]
    # in float32 a batch of another size may differ, but by rounding alone
    limit = 1e-5 * abs(want) if name == "coder" else 0
    assert (abs(got - want) <= limit).all(), (name, abs(got - want).max())
END

cat > lab.yaml << 'END'
name: lab
load: {module: hdf5, file: rows.h5, x: /lab/x, columns: ['0', '2', '3'], splits: {train: {}}}
train: {module: pca, components: 2}
figures: []
END
"$sluice" run lab.yaml --cache cache --quiet
"$sluice" apply results/lab rows.npy --quiet > want.csv
[ "$(wc -l < want.csv)" -eq 91 ] || fail "not all rows are scored"
for more in "" "--array /lab/x"; do
    # shellcheck disable=SC2086
    "$sluice" apply results/lab rows.h5 --quiet $more > got.csv
    cmp want.csv got.csv || fail "HDF5 and NumPy differ"
done
"$sluice" apply results/lab unused.npy --quiet > got.csv
[ "$(wc -l < got.csv)" -eq 20001 ] || fail "a gap in a column that is not taken is told"
for kind in npy npz h5; do
    refused 3 "gap.$kind: row 15000 (counted from 0): column '3' is missing its value" \
        apply results/lab gap.$kind
    refused 3 "infinite.$kind: row 15000 (counted from 0): column '3' is -inf; values have" \
        apply results/lab infinite.$kind
done
refused 3 "gap.csv:15002: column '3' is missing its value" apply results/lab gap.csv
refused 3 "infinite.csv:15002: column '3' is -inf; values have" apply results/lab infinite.csv

# Columns that the model knows nothing of are not left out without a word.
"$sluice" apply results/lab narrow.npy --quiet > got.csv
cmp want.csv got.csv || fail "the chosen columns alone are other rows"
refused 2 "rows of 'wide.npy' have 8 columns, the model takes 3 of 4" \
    apply results/lab wide.npy
refused 2 "rows of 'wide.h5' have 8 columns, the model takes 3 of 4" apply results/lab wide.h5
# learns NAME FILE CHOICE: a run on an array
learns() {
    cat > "$1.yaml" << END
name: $1
load: {module: npz, file: $2, splits: {train: {}}$3}
train: {module: mahalanobis}
figures: []
END
    "$sluice" run "$1.yaml" --cache cache --quiet
}
learns all narrow.npy ""
refused 2 "rows of 'rows.npy' have 4 columns, the model takes 3" apply results/all rows.npy
refused 2 "rows of 'squares.npy' have 4 columns, the model takes 3" \
    apply results/all squares.npy
refused 2 "rows of 'rows.h5' have 4 columns, the model takes 3" \
    apply results/all rows.h5 --array /lab/x
refused 2 "rows of 'vector.npy' have 1 columns, the model takes 3" apply results/all vector.npy
learns first rows.npy ", columns: ['0..1']"
"$sluice" apply results/first rows.npy --quiet > want.csv
"$sluice" apply results/first rows.h5 --array /lab/x --quiet > got.csv
cmp want.csv got.csv || fail "the first columns of HDF5 are others"
refused 2 "rows of 'narrow.npy' have 3 columns, the model takes 2 of 4" \
    apply results/first narrow.npy
learns vector vector.npz ""
"$sluice" apply results/vector column.npy --quiet > want.csv
for file in vector.npz vector.npy 'vector.h5 --array /X'; do
    # shellcheck disable=SC2086
    "$sluice" apply results/vector $file --quiet > got.csv
    cmp want.csv got.csv || fail "$file is no column"
done
# A table's columns may be called by numbers, which an array's are not.
sed '1d; s/NA/0/' plain.csv > headless.csv
cat > headless.yaml << 'END'
name: headless
load: {module: csv, file: headless.csv, header: false, columns: ['2'], splits: {train: {}}}
train: {module: mahalanobis}
figures: []
END
"$sluice" run headless.yaml --cache cache --quiet
refused 2 "rows of 'rows.npy' have 4 columns, the model takes 1" apply results/headless rows.npy
refused 3 "there is no '/other' in it" apply results/lab rows.h5 --array /other
refused 2 "say which data set has the rows with --array" apply results/plain rows.h5

cat > seen.yaml << 'END'
name: seen
load: {module: images, file: pictures, colour: rgb, splits: {train: {}}}
train: {module: pca, components: 3}
figures: []
END
"$sluice" run seen.yaml --cache cache --quiet
"$sluice" apply results/seen planes.npy --quiet > want.csv
"$sluice" apply results/seen pictures --quiet > got.csv
cmp want.csv got.csv || fail "pictures and NumPy differ"
"$sluice" apply results/seen pictures/07.png --quiet | sed -n 's/^0,//p' > one
sed -n 's/^7,//p' want.csv | cmp - one || fail "a picture's score depends on the others"
refused 2 "the model takes 0 x 0" apply results/lab pictures
refused 3 "holds no .png file" apply results/seen results

echo "apply_formats: ok"
