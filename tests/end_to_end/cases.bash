# Sourced by the scripts here and in tests/chaos, which are called with the build directory as $1. One line, PASS or
# FAIL, for each case; `finish` gives the verdict.
build=${1:?usage: $0 BUILD_DIRECTORY}
bin=$build/bin
job=$bin/e2e_job
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

# verdict NAME STATUS [LOG]: STATUS 0 is a pass.
verdict() {
  if (($2 == 0)); then
    echo "PASS $1"
  else
    echo "FAIL $1"
    failed=1
    if [[ -s ${3:-} ]]; then tail -n 20 "$3" | sed 's/^/    /'; fi
  fi
}

# job WORKERS SERVERS NAME ARGUMENTS...: the report becomes $work/NAME. With no servers it runs alone.
run() {
  local workers=$1 servers=$2 name=$3
  shift 3
  local launch=("$bin/shoal" run --workers "$workers" --servers "$servers")
  if [[ $servers == 0 ]]; then launch=(); fi
  timeout -k 5 120 "${launch[@]}" "$job" --out "$work/$name" "$@" >"$work/$name.log" 2>&1
}

same() { "$job" compare "$work/$1" "$work/$2" 0; }         # equal bits
close_to() { "$job" compare "$work/$1" "$work/$2" "$3"; }  # within $3 of each array's maximum

# expect NAME LOG COMMAND...: a case that holds when the commands so far and this one succeed.
expect() {
  local name=$1 log=$2
  shift 2
  local status=0
  "$@" >>"$log" 2>&1 || status=$?
  verdict "$name" "$status" "$log"
}

finish() { exit "$failed"; }
