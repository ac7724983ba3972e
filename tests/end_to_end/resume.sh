#!/usr/bin/env bash
# Kills a whole job with SIGKILL in the middle of an epoch and resumes it: the end is that of a run never stopped.
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/cases.bash"
arguments=(--dropout 0.2 --epochs 3 --batch 12 --samples 150)  # 13 batches an epoch, the last of 6

# killed WORKERS SERVERS DIRECTORY BATCH: checkpoints every 4 batches until every worker kills itself after BATCH.
killed() {
  local status=0
  run "$1" "$2" killed --checkpoint "$3" --every 4 --kill-at "$4" "${arguments[@]}" || status=$?
  ((status != 0 && status != 124)) && compgen -G "$3/*" >/dev/null
}
resumed() { run "$1" "$2" "$3" --resume --checkpoint "$4" --every 4 "${arguments[@]}"; }

for shape in "1 0" "2 2"; do
  read -r workers servers <<<"$shape"
  tag=$workers+$servers
  run "$workers" "$servers" "whole-$tag" "${arguments[@]}"
  for batch in 6 13 23; do
    directory=$work/checkpoints-$tag-$batch
    expect "$tag: killed after batch $batch" "$work/killed.log" killed "$workers" "$servers" "$directory" $batch
    cp -r "$directory" "$directory-copy"
    resumed "$workers" "$servers" "resumed-$tag-$batch" "$directory"
    expect "$tag: resumed from batch $batch = never stopped, bit for bit" "$work/resumed-$tag-$batch.log" \
      same "whole-$tag" "resumed-$tag-$batch"
  done
done

resumed 2 3 resumed-servers "$work/checkpoints-2+2-23-copy"
expect "resumed on another number of servers, bit for bit" "$work/resumed-servers.log" same whole-2+2 resumed-servers
cp -r "$work/checkpoints-2+2-6-copy" "$work/three"
resumed 3 2 resumed-workers "$work/three"
expect "resumed on another number of workers, to rounding" "$work/resumed-workers.log" close_to whole-2+2 resumed-workers 1e-4
resumed 1 0 resumed-alone "$work/checkpoints-2+2-6-copy"
expect "a job's checkpoint resumed alone, to rounding" "$work/resumed-alone.log" close_to whole-2+2 resumed-alone 1e-4
newest=$(ls "$work"/checkpoints-2+2-13/*.h5 | sort -V | tail -1)
expect "shoal checkpoint info" "$work/info.log" "$bin/shoal" checkpoint info "$newest"
head -c 3000 "$newest" >"$work/cut.ckpt.h5"
if "$bin/shoal" checkpoint info "$work/cut.ckpt.h5" >"$work/info.log" 2>&1; then status=1; else status=0; fi
verdict "shoal checkpoint info refuses a truncated file" $status "$work/info.log"
finish
