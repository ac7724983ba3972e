#!/usr/bin/env bash
# listings.sh BUILD_DIR: the listings of README.md and docs/guide.md compile, those that need no download run, the
# guide's table of options is that of the headers, and every link leads to a file.
set -uo pipefail
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

python3 "$folder/option_orders.py" || status=1

root=$folder/../..
cd "$root" || exit 1
for page in README.md docs/*.md examples/README.md; do
  for link in $(grep -ohE '\]\([^)#:]+\)' "$page" | tr -d '])('); do
    if [[ ! -e $(dirname "$page")/$link ]]; then
      echo "FAIL links: $page: $link"
      status=1
    fi
  done
done
if ((status == 0)); then echo "PASS links"; fi

mkdir "$work/source" "$work/run"
python3 "$folder/listings.py" "$work/source" >"$work/list"
cmake --install "$build" --prefix "$work/usr" >/dev/null &&
  cmake -S "$work/source" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$work/usr" >/dev/null &&
  ninja -C "$work/build" -j2 -k 0

while read -r name what place; do
  if [[ ! -x $work/build/$name ]]; then
    echo "FAIL listings: $place does not compile"
    status=1
  elif [[ $what == run ]] && ! (cd "$work/run" && timeout 120 "$work/build/$name" </dev/null); then
    echo "FAIL listings: $place ends with an error"
    status=1
  else
    echo "PASS listings: $place"
  fi
done <"$work/list"
if (($(wc -l <"$work/list") < 8)); then
  echo "FAIL listings: only $(wc -l <"$work/list") found"
  status=1
fi
exit $status
