#!/usr/bin/env bash
# peers.sh MODEL BATCH THREADS: bench_step, and beside it Keras on TensorFlow when PEER_PYTHON names a Python that has
# them; in turns, twice, then the ratio of the best medians. BUILD_DIR (build/release) holds bin/bench_step.
set -euo pipefail
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${BUILD_DIR:-$folder/../../build/release}
lines=$("$build/bin/bench_step" "$@")
echo "$lines"
if [[ -z ${PEER_PYTHON:-} ]]; then
  echo "PEER_PYTHON is not set: Shoal alone" >&2
  exit 0
fi
for program in keras shoal keras; do
  if [[ $program == keras ]]; then
    line=$("$PEER_PYTHON" "$folder/keras_step.py" "$@" 2>/dev/null)
  else
    line=$("$build/bin/bench_step" "$@")
  fi
  echo "$line"
  lines+=$'\n'$line
done
awk -F'\t' '$5 > best[$4] {best[$4] = $5} END {printf "shoal / tensorflow\t%.2f\n", best["shoal"] / best["tensorflow"]}' \
  <<<"$lines"
