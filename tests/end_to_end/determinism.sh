#!/usr/bin/env bash
# The same program alone and in jobs of many shapes: equal bits where promised, equal to rounding elsewhere.
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/cases.bash"

# Batches of 20 and of 12 (no power of two, and a short last one of 8).
for shape in "adam 20" "sgd 12"; do
  read -r optimizer batch <<<"$shape"
  arguments=(--optimizer "$optimizer" --batch "$batch" --dropout 0.2)
  tag=$optimizer-$batch
  run 1 0 "alone-$tag" "${arguments[@]}"
  for servers in 1 3; do
    run 1 $servers "w1s$servers-$tag" "${arguments[@]}"
    expect "$tag: alone = 1 worker + $servers servers, bit for bit" "$work/w1s$servers-$tag.log" same "alone-$tag" "w1s$servers-$tag"
  done
  run 2 1 "w2s1-$tag" "${arguments[@]}"
  run 2 3 "w2s3-$tag" "${arguments[@]}"
  run 2 3 "w2s3again-$tag" "${arguments[@]}"
  expect "$tag: 2 workers + 1 server = 2 workers + 3 servers, bit for bit" "$work/w2s3-$tag.log" same "w2s1-$tag" "w2s3-$tag"
  expect "$tag: 2 workers + 3 servers twice, bit for bit" "$work/w2s3again-$tag.log" same "w2s3-$tag" "w2s3again-$tag"
  SHOAL_TRANSPORT=tcp run 1 1 "w1s1tcp-$tag" "${arguments[@]}"
  SHOAL_TRANSPORT=tcp run 2 3 "w2s3tcp-$tag" "${arguments[@]}"
  expect "$tag: alone = 1 worker + 1 server over TCP, bit for bit" "$work/w1s1tcp-$tag.log" same "alone-$tag" "w1s1tcp-$tag"
  expect "$tag: 2 workers + 3 servers over TCP = through shared memory, bit for bit" "$work/w2s3tcp-$tag.log" same "w2s3-$tag" "w2s3tcp-$tag"
  SHOAL_TRANSPORT=unix run 2 3 "w2s3unix-$tag" "${arguments[@]}"
  SHOAL_TRANSPORT=tcp SHOAL_TLS=1 run 2 3 "w2s3tls-$tag" "${arguments[@]}"
  for transport in unix tls; do
    expect "$tag: 2 workers + 3 servers over $transport = through shared memory, bit for bit" \
      "$work/w2s3$transport-$tag.log" same "w2s3-$tag" "w2s3$transport-$tag"
  done
  for transport in tcp unix shm; do
    SHOAL_TRANSPORT=$transport run 2 colocated "w2c$transport-$tag" "${arguments[@]}"
    expect "$tag: 2 workers with servers in their processes, $transport = 2 workers + 3 servers, bit for bit" \
      "$work/w2c$transport-$tag.log" same "w2s3-$tag" "w2c$transport-$tag"
  done
  expect "$tag: 2 workers = alone on the same global batch, to rounding, with Dropout" "$work/w2s1-$tag.log" \
    close_to "alone-$tag" "w2s1-$tag" 1e-4
done

# What was asked for is what was used.
for used in "auto:shared memory, Unix socket to 2 servers" "unix:Unix socket to 2 servers" "tcp:TCP to 2 servers" \
  "tcp --tls:TCP with TLSv1.3 TLS_AES_128_GCM_SHA256 to 2 servers"; do
  read -ra asked <<<"${used%%:*}"
  timeout -k 5 60 "$bin/shoal" run -w 2 -s 2 --transport "${asked[@]}" "$job" --out "$work/used" >"$work/used.log" 2>&1
  expect "--transport ${asked[*]} says what is used" "$work/used.log" grep -qF "transport: ${used#*:}" "$work/used.log"
  expect "--transport ${asked[*]} says it once" "$work/used.log" test "$(grep -c "transport: " "$work/used.log")" = 1
done

# 101 samples, batches of 10: three workers have 3, 3 and 4 rows, and of the last batch only one has a row.
run 1 0 uneven-alone --samples 101 --batch 10 --dropout 0.2
run 3 2 uneven --samples 101 --batch 10 --dropout 0.2
expect "uneven shares and workers without a row = alone, to rounding" "$work/uneven.log" close_to uneven-alone uneven 1e-4

# Many processes: 7.5 MB of memory each, and a start of seconds on two cores.
run 64 2 many2 --epochs 1
SHOAL_TRANSPORT=tcp run 64 16 many16 --epochs 1
expect "64 workers + 16 servers = 64 workers + 2 servers, bit for bit" "$work/many16.log" same many2 many16

for threads in 1 2 3; do
  SHOAL_THREADS=$threads timeout 60 "$job" --dropout 0.2 --out "$work/alone$threads" >"$work/alone$threads.log" 2>&1
  expect "alone with $threads threads, bit for bit" "$work/alone$threads.log" same alone-adam-20 "alone$threads" 
done

for scenario in two_fits two_models set_weights; do
  run 1 0 "$scenario-alone" --scenario $scenario
  run 1 2 "$scenario-1" --scenario $scenario
  run 2 2 "$scenario-2" --scenario $scenario
  expect "$scenario: alone = 1 worker + 2 servers, bit for bit" "$work/$scenario-1.log" same "$scenario-alone" "$scenario-1"
  expect "$scenario: 2 workers = alone, to rounding" "$work/$scenario-2.log" close_to "$scenario-alone" "$scenario-2" 1e-4
done
finish
