#!/usr/bin/env bash
# Workers that apply the optimizer themselves, from sums that servers make: the bits of servers that apply it.
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/cases.bash"

for rule in "--optimizer adam" "--optimizer sgd" "--optimizer adam --clipnorm 0.05" "--optimizer sgd --global-clipnorm 0.1"; do
  read -ra arguments <<<"$rule --samples 90 --batch 14 --dropout 0.2"
  tag=${rule//--/}
  run 1 0 "alone $tag" "${arguments[@]}"
  run 2 2 "server $tag" "${arguments[@]}"
  SHOAL_UPDATE=worker run 1 2 "1+2 $tag" "${arguments[@]}"
  expect "$tag: alone = 1 worker that applies, bit for bit" "$work/1+2 $tag.log" same "alone $tag" "1+2 $tag"
  for transport in shm tcp; do
    SHOAL_UPDATE=worker SHOAL_TRANSPORT=$transport run 2 2 "$transport $tag" "${arguments[@]}"
    expect "$tag: workers that apply = servers that apply, $transport, bit for bit" "$work/$transport $tag.log" \
      same "server $tag" "$transport $tag"
  done
done

# What a program does between two trainings reaches all workers, and every other shape of a job has the same bits.
for scenario in set_weights two_models; do
  run 3 2 "server $scenario" --scenario $scenario --samples 40 --batch 7
  for transport in shm tcp; do
    SHOAL_UPDATE=worker SHOAL_TRANSPORT=$transport run 3 1 "$transport $scenario" --scenario $scenario --samples 40 --batch 7
    expect "$scenario: workers that apply = servers that apply, $transport" "$work/$transport $scenario.log" \
      same "server $scenario" "$transport $scenario"
  done
done
arguments=(--model large --samples 40 --batch 8)
run 2 1 large "${arguments[@]}"
SHOAL_UPDATE=worker run 2 1 large-worker "${arguments[@]}"
expect "gradients that come piece by piece, bit for bit" "$work/large-worker.log" same large large-worker

# A checkpoint does not tell who applied: it is resumed by the others.
arguments=(--samples 90 --batch 14 --every 4 --checkpoint)
run 2 1 whole --samples 90 --batch 14
for first in server worker; do
  second=$([[ $first == server ]] && echo worker || echo server)
  SHOAL_UPDATE=$first run 2 2 killed "${arguments[@]}" "$work/$first" --kill-at 10 && verdict "$first: killed" 1
  SHOAL_UPDATE=$second run 2 1 "by $second" "${arguments[@]}" "$work/$first" --resume
  expect "stopped with update $first, resumed with $second = never stopped" "$work/by $second.log" same whole "by $second"
done

# By the option, and in the plan; of itself with a constraint.
timeout -k 5 60 "$bin/shoal" run -w 2 -s 2 --update worker --transport tcp --explain 10 "$job" --out "$work/explained" \
  >"$work/explained.log" 2>&1
expect "--update worker is in the plan" "$work/explained.log" grep -q "rule Adam applied by every worker; 2 workers" "$work/explained.log"
expect "the plan says what a server holds" "$work/explained.log" grep -Eq "server 1: .* slices, holds [0-9]+ bytes" "$work/explained.log"
timeout -k 5 60 "$bin/shoal" run -w 2 -s colocated "$job" --model constrained --samples 40 >"$work/itself.log" 2>&1
expect "a constraint needs no option" "$work/itself.log" test $? -eq 0
expect "and one line says who applies" "$work/itself.log" \
  test "$(grep -c "update: by the workers, since weight 'conv2d/kernel' has a constraint" "$work/itself.log")" -eq 1
finish
