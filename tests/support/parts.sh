# Sourced by tests/run.sh and .ci/run: runs parts, counts single tests, keeps a log of each part.
# Before sourcing, `logs` names the folder of the logs.
passed=0
failed=0
failed_parts=()
mkdir -p "$logs"
# Objects of one clone serve the next.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1

# count NAME PASSED FAILED SECONDS
count() {
  passed=$((passed + $2))
  failed=$((failed + $3))
  if (($3 > 0)); then
    failed_parts+=("$1")
    printf 'FAIL %-40s %5d passed, %d failed (%d s)\n' "$1" "$2" "$3" "$4"
    tail -n 40 "$logs/${1//\//_}.log" | sed 's/^/    /'
    echo "    whole log: $logs/${1//\//_}.log"
  else
    printf 'ok   %-40s %5d passed (%d s)\n' "$1" "$2" "$4"
  fi
}

lines_with() { grep -acE -- "$1" "$2" || true; }

# run_step NAME COMMAND...: one test, passed when the command ends with 0.
run_step() {
  local name=$1 start=$SECONDS
  shift
  if "$@" </dev/null >"$logs/${name//\//_}.log" 2>&1; then
    count "$name" 1 0 $((SECONDS - start))
  else
    count "$name" 0 1 $((SECONDS - start))
    return 1
  fi
}

# run_gtest NAME COMMAND...: a GoogleTest program. Skipped and disabled tests count as failed; so does an end without
# a failed test that is not a success (a crash, a leak, a time-out), and a program without tests.
run_gtest() {
  local name=$1 log="$logs/${1//\//_}.log" start=$SECONDS status=0 good bad
  shift
  timeout -k 10 "${SHOAL_TEST_TIMEOUT:-900}" "$@" --gtest_color=no </dev/null >"$log" 2>&1 || status=$?
  good=$(lines_with '\[       OK \] .*\([0-9]+ ms\)$' "$log")
  bad=$(lines_with '\[  (FAILED|SKIPPED) +\] .*\([0-9]+ ms\)$' "$log")
  bad=$((bad + $(grep -aoE 'YOU HAVE [0-9]+ DISABLED' "$log" | grep -oE '[0-9]+' || echo 0)))
  if ((status == 124)); then echo "$name: still running after ${SHOAL_TEST_TIMEOUT:-900} s" >>"$log"; fi
  if ((bad == 0 && (status != 0 || good == 0))); then
    bad=1
    echo "$name: exit code $status" >>"$log"
  fi
  count "$name" "$good" "$bad" $((SECONDS - start))
}

# run_script NAME COMMAND...: prints a line that starts with PASS or FAIL for each single test.
run_script() {
  local name=$1 log="$logs/${1//\//_}.log" start=$SECONDS status=0 good bad
  shift
  timeout -k 10 "${SHOAL_TEST_TIMEOUT:-900}" "$@" </dev/null >"$log" 2>&1 || status=$?
  good=$(lines_with '^PASS\b' "$log")
  bad=$(lines_with '^FAIL\b' "$log")
  if ((bad == 0 && (status != 0 || good == 0))); then
    bad=1
    echo "$name: exit code $status" >>"$log"
  fi
  count "$name" "$good" "$bad" $((SECONDS - start))
}

# The closing line, and the verdict as the exit code.
finish() {
  if ((failed > 0)); then echo "failed parts: ${failed_parts[*]}"; fi
  echo "$passed passed, $failed failed"
  ((failed == 0 && passed > 0))
}
