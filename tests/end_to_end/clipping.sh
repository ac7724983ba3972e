#!/usr/bin/env bash
# Clipping by norms, which need every slice of a gradient: the same promises of bits as without.
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/cases.bash"

for limit in "--clipnorm 0.05" "--global-clipnorm 0.1"; do
  for optimizer in adam sgd; do
    read -ra arguments <<<"$limit --optimizer $optimizer --model two --samples 90 --batch 14"
    tag="${limit%% *} $optimizer"
    tag=${tag#--}
    run 1 0 "alone $tag" "${arguments[@]}"
    run 1 2 "1+2 $tag" "${arguments[@]}"
    expect "$tag: alone = 1 worker + 2 servers, bit for bit" "$work/1+2 $tag.log" same "alone $tag" "1+2 $tag"
    run 2 1 "2+1 $tag" "${arguments[@]}"
    for servers in 2 3; do
      run 2 $servers "2+$servers $tag" "${arguments[@]}"
      expect "$tag: 2 workers + 1 server = 2 workers + $servers servers, bit for bit" "$work/2+$servers $tag.log" \
        same "2+1 $tag" "2+$servers $tag"
    done
    SHOAL_TRANSPORT=tcp run 2 2 "tcp $tag" "${arguments[@]}"
    expect "$tag: TCP = shared memory, bit for bit" "$work/tcp $tag.log" same "2+1 $tag" "tcp $tag"
    expect "$tag: 2 workers = alone, to rounding" "$work/2+1 $tag.log" close_to "alone $tag" "2+1 $tag" 1e-4
  done
done

# Gradients of many blocks, a limit that always bites, three workers of which some have no row.
arguments=(--global-clipnorm 0.01 --optimizer sgd --samples 41 --batch 4 --dropout 0.2)
run 1 0 large-alone "${arguments[@]}"
run 3 1 large-3+1 "${arguments[@]}"
run 3 4 large-3+4 "${arguments[@]}"
expect "large gradients: 3 workers + 1 server = 3 workers + 4 servers, bit for bit" "$work/large-3+4.log" same large-3+1 large-3+4
expect "large gradients: 3 workers = alone, to rounding" "$work/large-3+1.log" close_to large-alone large-3+1 1e-4
finish
