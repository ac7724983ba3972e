#!/usr/bin/env bash
# A small network of each family: the promises of bits and of resume hold for all that a network can be made of.
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/cases.bash"

# family NAME ARGUMENTS...: alone against one worker, two workers against each other in every shape, and a resume.
family() {
  local name=$1
  shift
  local arguments=(--model "$name" --samples 90 --batch 14 "$@")  # 7 batches an epoch, the last of 6
  run 1 0 "$name-alone" "${arguments[@]}"
  run 1 1 "$name-1+1" "${arguments[@]}"
  expect "$name: alone = 1 worker + 1 server, bit for bit" "$work/$name-1+1.log" same "$name-alone" "$name-1+1"
  run 2 1 "$name-2+1" "${arguments[@]}"
  for servers in 2 3; do
    run 2 $servers "$name-2+$servers" "${arguments[@]}"
    expect "$name: 2 workers + 1 server = 2 workers + $servers servers, bit for bit" "$work/$name-2+$servers.log" \
      same "$name-2+1" "$name-2+$servers"
  done
  SHOAL_TRANSPORT=tcp run 2 2 "$name-tcp" "${arguments[@]}"
  expect "$name: TCP = shared memory, bit for bit" "$work/$name-tcp.log" same "$name-2+1" "$name-tcp"
  # What a checkpoint does to training must not show: the run that was never stopped wrote none.
  run 2 1 "$name-killed" "${arguments[@]}" --checkpoint "$work/$name-checkpoints" --every 4 --kill-at 10 &&
    verdict "$name: killed in the middle of an epoch" 1
  run 2 2 "$name-resumed" "${arguments[@]}" --checkpoint "$work/$name-checkpoints" --every 4 --resume
  expect "$name: resumed = never stopped, bit for bit" "$work/$name-resumed.log" same "$name-2+1" "$name-resumed"
}

# rounding NAME TOLERANCE: also the same numbers whoever computes them.
rounding() {
  expect "$1: 2 workers = alone on the same global batch, to rounding" "$work/$1-2+1.log" close_to "$1-alone" "$1-2+1" "$2"
}

family residual # its statistics are those of each worker's rows
# Two samples and three workers: always one without a row.
for servers in 1 3; do run 3 $servers residual-3+$servers --model residual --samples 13 --batch 2; done
expect "residual: workers without a row, bit for bit" "$work/residual-3+3.log" same residual-3+1 residual-3+3
for name in lstm tagger gru transformer autoencoder two recommender large constrained; do
  family $name
  rounding $name 1e-4
done
finish
