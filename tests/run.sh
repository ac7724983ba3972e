#!/usr/bin/env bash
# tests/run.sh [NAME...]: installs what is missing, builds the preset release, runs the whole test suite, or the parts
# whose name contains one of NAME. Parts: test_<folder> (GoogleTest programs), build/*, end_to_end/*, chaos/*, keras.
# Ends with "N passed, N failed", counting single tests; a part that cannot run counts as failed.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1
build=$root/build/release
venv=$root/build/venv
logs=$root/build/test-logs
wanted=("$@")
source tests/support/parts.sh

selected() {
  local name
  if ((${#wanted[@]} == 0)); then return 0; fi
  for name in "${wanted[@]}"; do
    if [[ $1 == *"$name"* ]]; then return 0; fi
  done
  return 1
}

# Real Keras is the judge of numbers and files; it lives in a virtual environment of its own.
python_with_keras() {
  local check='import h5py, jax, keras, numpy'
  if KERAS_BACKEND=jax "$venv/bin/python" -c "$check" 2>/dev/null; then return 0; fi
  rm -rf "$venv"
  python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check keras jax numpy h5py &&
    KERAS_BACKEND=jax "$venv/bin/python" -c "$check"
}

# Parts before the build, so that a name that matches nothing is told at once.
scripts=()
for file in tests/build/*.sh tests/end_to_end/*.sh tests/chaos/*.sh; do
  if [[ -e $file ]]; then scripts+=("$file"); fi
done

run_step packages cluster/install_packages.sh build test
run_step configure cmake --preset release -DSHOAL_WERROR=ON
run_step build cmake --build --preset release -- -k 0

ran=0
while read -r program; do
  if selected "$program"; then
    run_gtest "$program" "$build/bin/$program"
    ran=1
  fi
done <"$build/unit_tests.txt"

for file in "${scripts[@]}"; do
  name=${file#tests/}
  name=${name%.sh}
  if selected "$name"; then
    run_script "$name" bash "$file" "$build"
    ran=1
  fi
done

if selected keras; then
  run_step python_with_keras python_with_keras
  run_script keras bash tests/keras/run.sh "$build" "$venv/bin/python"
  ran=1
fi

if ((ran == 0)); then
  echo "no part's name contains: ${wanted[*]}" >"$logs/selection.log"
  count selection 0 1 0
fi
finish
