#!/usr/bin/env bash
# Seeded kills of workers, servers and mpirun in every phase of a job of 2 workers and 2 servers. After each one the
# job must end soon, with an exit code that is not 0 and one line that names the victim, and leave nothing behind.
# kill.sh BUILD_DIRECTORY [SEED]
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../end_to_end/cases.bash"
seed=${2:-1}
declare -A places=([worker0]=0 [worker1]=1 [server0]=2 [server1]=3)
shared() { find /dev/shm -maxdepth 1 -name 'vader_segment*' 2>/dev/null | sort; }
before=$(shared)

milliseconds() { echo $(($(date +%s%N) / 1000000)); }
pause() { sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"; }

# Processes of a case, by what its launcher's environment was given; $2 narrows to a place among mpirun's processes.
processes() {
  local environment pid
  for environment in $(grep -slaz "^CHAOS_CASE=$1\$" /proc/[0-9]*/environ); do
    pid=${environment//[^0-9]/}
    if [[ $(cut -d' ' -f3 "/proc/$pid/stat" 2>/dev/null) =~ ^(Z|X|)$ ]]; then continue; fi
    if [[ -n ${2:-} ]] && ! grep -qsaz "^OMPI_COMM_WORLD_RANK=$2\$" "$environment"; then continue; fi
    echo "$pid"
  done
}

find_victim() {
  local id=$1 victim=$2 pid
  for _ in {1..200}; do
    if [[ $victim == mpirun ]]; then
      for pid in $(processes "$id"); do
        if [[ $(cat "/proc/$pid/comm" 2>/dev/null) == mpirun ]]; then echo "$pid" && return; fi
      done
    else
      pid=$(processes "$id" "${places[$victim]}")
      if [[ -n $pid ]]; then echo "${pid%%$'\n'*}" && return; fi
    fi
    sleep 0.01
  done
  return 1
}

# Waits until the job is in the phase, plus a seeded time.
reach_phase() {
  local phase=$1 port=$2 log=$3 extra=$4
  case $phase in
    rendezvous) pause $((extra % 150)) ;;
    handshake)
      # The first worker's connection to the first server is there.
      for _ in {1..2000}; do
        if grep -qsE "^ *[0-9]+: \S+ [0-9A-F]+:$(printf %04X "$port") 01 " /proc/net/tcp; then break; fi
        sleep 0.002
      done
      pause $((extra % 15))
      ;;
    *)
      for _ in {1..1000}; do
        if [[ -e $log.running ]]; then break; fi
        sleep 0.02
      done
      pause $((extra % 900))
      # A checkpoint is being written as long as its temporary file is there.
      if [[ $phase == checkpoint ]]; then
        for _ in {1..2000}; do
          if compgen -G "$log.checkpoints/.*.shoal-tmp-*" >/dev/null; then break; fi
        done
      fi
      ;;
  esac
}

# one_case NUMBER PHASE VICTIM SIGNAL EXTRA: prints its verdict.
one_case() {
  local number=$1 phase=$2 victim=$3 signal=$4 extra=$5
  local id=$$.$number log=$work/case$number name="$phase: $4 of $3 (seed $seed, case $1)"
  local temporary=$work/tmp$number arguments=(--running "$log.running" --epochs 1000) shoal pid status=0 line
  mkdir "$temporary"
  if [[ $phase == checkpoint ]]; then arguments+=(--checkpoint "$log.checkpoints" --every 1); else arguments+=(--pause 20); fi
  if [[ $phase == handshake ]]; then arguments+=(--settle 200); fi
  if [[ $phase == end ]]; then arguments=(--running-at-end "$log.running" --epochs 1 --linger 3000); fi
  # Half of them over TCP, half through shared memory.
  local transport=shm
  if ((number % 2)); then transport=tcp; fi
  local port=$((10000 + ($$ % 400) * 50 + number % 25 * 2))  # below those that the system gives away
  env TMPDIR="$temporary" CHAOS_CASE="$id" timeout -k 5 60 "$bin/shoal" run --workers 2 --servers 2 --transport $transport --port $port "$job" \
    "${arguments[@]}" >"$log" 2>&1 &
  shoal=$!
  local why=""
  pid=$(find_victim "$id" "$victim") || why="the victim never appeared"
  reach_phase "$phase" "$port" "$log" "$extra"
  kill -"$signal" "$pid" 2>/dev/null || why="the victim had gone before it was hit"
  local hit limit=10000
  hit=$(milliseconds)
  if [[ $signal == STOP ]]; then limit=20000; fi
  wait $shoal
  status=$?
  local took=$(($(milliseconds) - hit))
  line=$(grep -a '^shoal run: ' "$log")
  local orphans
  orphans=$(processes "$id")
  if ((status == 0 || status == 124 || status > 128)); then why+=" exit code $status;"; fi
  if ((took > limit)); then why+=" took $took ms;"; fi
  if [[ $(grep -c . <<<"$line") != 1 || $line != "shoal run: ${victim/%[01]/ ${victim: -1}} "* ]]; then why+=" line: '$line';"; fi
  if [[ -n $orphans ]]; then why+=" orphans: $orphans;"; fi
  if [[ -n $(ls -A "$temporary") ]]; then why+=" left behind: $(ls -A "$temporary");"; fi
  echo "$line" >"$log.line"
  echo "$name took $took ms: $line" >>"$log"
  if [[ -z $why ]]; then echo "PASS $name, $took ms"; else
    echo "FAIL $name:$why"
    tail -n 15 "$log" | sed 's/^/    /'
  fi
}

# The cases, then two at a time.
RANDOM=$seed
cases=()
for phase in rendezvous handshake step checkpoint end; do
  for victim in worker0 worker1 server0 server1 mpirun worker1 server0; do
    # At the end servers have nothing left to do, and are gone.
    if [[ $phase == end && $victim == server? ]]; then victim=worker0; fi
    cases+=("$phase $victim KILL $RANDOM")
  done
done
cases+=("step worker1 STOP $RANDOM" "checkpoint server1 STOP $RANDOM" "step mpirun STOP $RANDOM" "rendezvous worker0 STOP $RANDOM")
# The long ones first.
number=0
for ((i = ${#cases[@]} - 1; i >= 0; --i)); do
  while (($(jobs -rp | wc -l) >= 2)); do wait -n; done
  read -r phase victim signal extra <<<"${cases[i]}"
  one_case "$number" "$phase" "$victim" "$signal" "$extra" >"$work/verdict$(printf %02d "$number")" &
  number=$((number + 1))
done
wait
cat "$work"/verdict*
if grep -q '^FAIL' "$work"/verdict*; then failed=1; fi

# What the victims were doing, as `shoal run` saw it.
sed -nE 's/^.*(while|job was) at (start|rendezvous|handshake|waiting for workers|workers connected|setting up|training step|step|checkpoint|end)[^:]*: .*$/\2/p' \
  "$work"/case*.line | sort | uniq -c | sort -rn >"$work/phases"
sed 's/^/# /' "$work/phases"
for phase in rendezvous 'handshake|waiting for workers|workers connected' step checkpoint end; do
  grep -qE "$phase" "$work/phases"
  verdict "a process was lost while at: $phase" $?
done
[[ $(shared) == "$before" ]]
verdict "nothing is left in /dev/shm" $?
finish
