#!/usr/bin/env bash
# Every way to start a job, and what a wrong one says.
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/cases.bash"
mpirun=(timeout -k 5 60 mpirun --oversubscribe --bind-to none)

run 2 2 reference
verdict "shoal run" $? "$work/reference.log"

"${mpirun[@]}" -n 4 "$job" --shoal-servers 2 --out "$work/flags" >"$work/flags.log" 2>&1
verdict "bare mpirun with flags ends with 0" $? "$work/flags.log"
expect "bare mpirun with flags, bit for bit" "$work/flags.log" same reference flags

SHOAL_SERVERS=2 "${mpirun[@]}" -x SHOAL_SERVERS -n 4 "$job" --out "$work/variables" >"$work/variables.log" 2>&1
expect "bare mpirun with variables, bit for bit" "$work/variables.log" same reference variables

"${mpirun[@]}" -n 2 "$job" --shoal-role worker --out "$work/mpmd" : -n 2 "$job" --shoal-role server >"$work/mpmd.log" 2>&1
expect "bare mpirun in parts (MPMD), bit for bit" "$work/mpmd.log" same reference mpmd

"${mpirun[@]}" -x SHOAL_ROLE=server -n 2 "$job" : -x SHOAL_ROLE=worker -n 2 "$job" --out "$work/mpmd2" >"$work/mpmd2.log" 2>&1
expect "parts in another order with variables, bit for bit" "$work/mpmd2.log" same reference mpmd2

run 2 colocated colocated
"${mpirun[@]}" -n 2 "$job" --shoal-servers colocated --out "$work/colocated2" >"$work/colocated2.log" 2>&1
expect "bare mpirun, every process a worker and a server, bit for bit" "$work/colocated2.log" same colocated colocated2
run 2 auto auto
expect "--servers auto says why" "$work/auto.log" grep -q 'servers: in the workers. processes, since all workers' "$work/auto.log"
run 1 0 alone
run 1 colocated one
expect "one worker that is its own server = alone, bit for bit" "$work/one.log" same alone one

timeout -k 5 60 "$bin/shoal" run -w 2 -s 2 "$bin/e2e_own_mpi" "$work/own" >"$work/own.log" 2>&1
verdict "a program's own MPI lives on after the Runtime (shoal run)" $? "$work/own.log"
expect "a program's own MPI, bit for bit" "$work/own.log" same reference own
expect "a program's own MPI still carries messages" "$work/own.log" grep -q 'worker 1 has 4711' "$work/own.log"
SHOAL_SERVERS=1 "${mpirun[@]}" -x SHOAL_SERVERS -n 3 "$bin/e2e_own_mpi" >"$work/own2.log" 2>&1
verdict "a program's own MPI lives on after the Runtime (bare mpirun)" $? "$work/own2.log"

timeout -k 5 60 "$bin/shoal" run -w 2 -s 2 --transport tcp --explain 10 "$job" --out "$work/explained" >"$work/explained.log" 2>&1
expect "--explain says what bounds a step, once" "$work/explained.log" \
  bash -c '(($(grep -c "Least time of a step at 10 Gbit/s a host.*hold it up" "$1") == 1))' _ "$work/explained.log"
expect "--explain changes no bit" "$work/explained.log" same reference explained

# refused NAME PATTERN COMMAND...: must end with another code than 0 and say why.
refused() {
  local name=$1 pattern=$2 log=$work/refused.log status=0
  shift 2
  timeout -k 5 60 "$@" >"$log" 2>&1 || status=$?
  if ((status == 0 || status == 124)); then
    echo "exit code $status" >>"$log"
    verdict "$name" 1 "$log"
  else
    expect "$name" "$log" grep -qE -- "$pattern" "$log"
  fi
}
refused "an exception on one rank ends the job" '\[worker 1\] error: no more of this' \
  "$bin/shoal" run -w 2 -s 2 "$job" --scenario throw
refused "... and shoal run names the rank" 'shoal run: worker 1 \(host .*, pid [0-9]+\) failed while at .*: no more of this' \
  "$bin/shoal" run -w 2 -s 2 "$job" --scenario throw
refused "an exception on one rank ends a job without server processes" 'shoal run: worker 1 .* failed while at .*: no more of this' \
  "$bin/shoal" run -w 2 -s colocated "$job" --scenario throw
refused "an exception on one rank ends a bare mpirun" '\[worker 1\] error: no more of this' \
  mpirun --oversubscribe -n 3 "$job" --shoal-servers 1 --scenario throw
refused "as many servers as processes" 'at most 2 can be servers, received 3' mpirun --oversubscribe -n 3 "$job" --shoal-servers 3
refused "no word about servers" 'nothing says how many are servers' mpirun --oversubscribe -n 3 "$job"
refused "roles for some only" 'either every process names its role or none does' \
  mpirun --oversubscribe -n 1 "$job" --shoal-role worker : -n 1 "$job"
refused "role flags without a job" 'started alone' "$job" --shoal-servers 1
refused "an unknown flag" '--shoal-server: no such flag' "$job" --shoal-server 1
refused "a program that is not there" 'no such program' "$bin/shoal" run ./not-there
refused "a program that ends before its Runtime" 'before worker 0 .*had begun its Runtime|ended before its Runtime began' "$bin/shoal" run true
refused "a program that exits with another code" 'exit code|error' "$bin/shoal" run -w 2 "$job" --no-such-option
refused "a word that is no number of servers" 'many' "$bin/shoal" run --servers many "$job"
refused "no workers" 'not in range' "$bin/shoal" run --workers 0 "$job"
refused "a bandwidth of nothing" 'not in range' "$bin/shoal" run --explain 0 "$job"
refused "a hostfile that is not there" 'no such hostfile' "$bin/shoal" run --hostfile "$work/none" "$job"

timeout -k 5 60 "$bin/shoal" doctor >"$work/doctor.log" 2>&1
verdict "shoal doctor finds no error on this host" $? "$work/doctor.log"
expect "... its table of hosts has this one" "$work/doctor.log" grep -qE "^$(hostname) .*$("$bin/shoal" version | cut -d' ' -f2)" "$work/doctor.log"
expect "... and its table of pairs" "$work/doctor.log" grep -qE "^$(hostname) - $(hostname) +yes +yes( +[0-9.]+){4}\$" "$work/doctor.log"
expect "... no probe is left" "$work/doctor.log" bash -c '
  for _ in {1..50}; do grep -qsa "doctor-prob[e]" /proc/[0-9]*/cmdline || exit 0; sleep 0.1; done; exit 1'
expect "shoal doctor --help names its options" "$work/doctor.log" \
  bash -c 'help=$("$1/shoal" doctor --help) && [[ $help == *--hostfile*--port*--timeout* && $help != *doctor-probe* ]]' _ "$bin"
refused "shoal doctor: a hostfile that is not there" 'no such hostfile' "$bin/shoal" doctor --hostfile "$work/none"
refused "shoal doctor: an unknown flag" '--no-such-flag' "$bin/shoal" doctor --no-such-flag
: >"$work/empty"
refused "shoal doctor: a hostfile without hosts" 'must name at least one host' "$bin/shoal" doctor --hostfile "$work/empty"
printf 'localhost slots=1\nno-such-host.invalid slots=1\n' >"$work/hosts"
refused "shoal doctor names a host that cannot be reached" '^error: host no-such-host.invalid: cannot be examined: ' \
  "$bin/shoal" doctor --timeout 20 --hostfile "$work/hosts"
printf 'localhost slots=9999\n' >"$work/hosts"
timeout -k 5 60 "$bin/shoal" doctor --hostfile "$work/hosts" >"$work/slots.log" 2>&1
verdict "shoal doctor: a warning is no error" $? "$work/slots.log"
expect "... and it is said" "$work/slots.log" grep -q '^warning: host localhost: the hostfile says slots=9999, but' "$work/slots.log"
refused "a probe that nobody asked for" 'started by shoal doctor alone' "$bin/shoal" doctor-probe

# A port that another job's server listens at.
"$bin/shoal" run -w 1 -s 1 --port 18711 "$job" --pause 200 >"$work/port.log" 2>&1 &
other=$!
for _ in {1..50}; do
  if (exec 3<>/dev/tcp/127.0.0.1/18711) 2>/dev/null; then break; fi
  sleep 0.1
done
refused "a taken port" 'error: .*18711 is in use' "$bin/shoal" run -w 1 -s 1 --port 18711 "$job"
kill -TERM $other
wait $other
refused "more servers than ports" '2 servers from port 65535' "$bin/shoal" run -w 1 -s 2 --port 65535 "$job"

expect "the job secret is on no command line" "$work/reference.log" bash -c '
  "$1/shoal" run -w 1 -s 1 "$1/e2e_job" --pause 50 >/dev/null 2>&1 & shoal=$!
  sleep 1
  found=0; seen=0
  for process in /proc/[0-9]*; do
    if grep -qz "^SHOAL_SUPERVISOR_SECRET=" "$process/environ" 2>/dev/null; then
      secret=$(grep -az "^SHOAL_SUPERVISOR_SECRET=" "$process/environ" | tr -d "\0"); secret=${secret#*=}; seen=1
      if grep -qaF -- "$secret" /proc/[0-9]*/cmdline 2>/dev/null; then found=1; fi
    fi
  done
  kill -TERM $shoal; wait $shoal
  ((seen == 1 && found == 0))' bash "$bin"
finish
