#!/usr/bin/env bash
# Every program of examples/ on a few rows for one epoch, alone and as a job, with data that is made here.
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/cases.bash"
python3 "$(dirname "${BASH_SOURCE[0]}")/small_data.py" "$work/data"
export SHOAL_DATA=$work/data
number='-?[0-9]+\.[0-9]+'

# example NAME WORKERS SERVERS PATTERN ARGUMENTS...: its last line is the figure it reached.
example() {
  local name=$1 workers=$2 servers=$3 pattern=$4
  shift 4
  local launch=("$bin/shoal" run --workers "$workers" --servers "$servers") what="$workers workers + $servers server"
  if ((servers == 0)); then launch=() what=alone; fi
  local log=$work/$name-$workers$servers.log status=0
  timeout -k 5 240 "${launch[@]}" "$bin/$name" --epochs 1 "$@" >"$log" 2>&1 || status=$?
  if ((status != 0)); then
    echo "exit code $status" >>"$log"
    verdict "$name, $what" 1 "$log"
  else
    expect "$name, $what" "$log" bash -c 'tail -n 1 "$1" | grep -qE "$2"' bash "$log" "^test loss $number, $pattern\$"
  fi
}

# close NAME: the loss of the job of 2 + 1 is that of the run alone, to rounding.
close() {
  expect "$1, 2 workers = alone, to rounding" "$work/$1-21.log" awk '
    /^test loss/ {loss[FILENAME] = $3 + 0}
    END {a = loss[ARGV[1]]; b = loss[ARGV[2]]; exit !(a > 0 && (a - b) ^ 2 <= (0.002 * a) ^ 2)}' \
    "$work/$1-10.log" "$work/$1-21.log"
}

accuracy="test accuracy $number %"
example mnist 1 0 "$accuracy" --rows 300
example cifar10 1 0 "$accuracy"
example quickstart 1 0 "$accuracy" --batch-size 500
example custom_layer 1 0 "$accuracy"
example own_loop 1 0 "$accuracy"
example resnet20 1 0 "$accuracy" --batch-size 20
example resnet20 2 1 "$accuracy" --batch-size 20
for jobs in "1 0" "2 1"; do
  read -r workers servers <<<"$jobs"
  example lstm_text "$workers" "$servers" "$accuracy" --words 100 --length 20
  example transformer_text "$workers" "$servers" "$accuracy" --words 100 --length 20
  example autoencoder "$workers" "$servers" "mean squared error $number, with the noise $number" --rows 100 --batch-size 20
  example char_lm "$workers" "$servers" "perplexity of a character $number, $accuracy" --length 20 --units 32 --write 20
  example recommender "$workers" "$servers" "root mean squared error $number stars"
done
for name in lstm_text transformer_text autoencoder char_lm recommender; do close "$name"; done

# Its epochs are calls of `fit` of their own: each goes on from the newest checkpoint.
resnet() { timeout -k 5 120 "$bin/resnet20" --batch-size 50 --epochs 2 "$@"; }
log=$work/resume.log
resnet >"$work/whole.log" 2>&1
resnet --checkpoints "$work/checkpoints" >"$log" 2>&1
rm "$work/checkpoints/$(ls "$work/checkpoints" | sort -V | tail -n 1)" # as if it had died in its second epoch
resnet --checkpoints "$work/checkpoints" --resume >>"$log" 2>&1
expect "resnet20 resumed from its first epoch = never stopped" "$log" \
  [ "$(tail -n 1 "$work/whole.log")" = "$(tail -n 1 "$log")" ]
finish
