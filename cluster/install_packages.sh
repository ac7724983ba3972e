#!/usr/bin/env bash
# install_packages.sh SECTION...: installs the packages of these sections of packages.txt that are missing. Asks apt for
# nothing when all are there. Needs root or sudo otherwise.
set -euo pipefail
list=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/packages.txt
if (($# == 0)); then
  echo "usage: $0 SECTION...   (sections: $(sed -n 's/^\[\(.*\)\]$/\1/p' "$list" | paste -sd' '))" >&2
  exit 2
fi

missing=()
for section in "$@"; do
  packages=$(awk -v wanted="[$section]" '/^\[/ {inside = ($0 == wanted); next} inside && NF && !/^#/ {print $1}' "$list")
  if [[ -z $packages ]]; then
    echo "$list: has no section [$section]" >&2
    exit 2
  fi
  for package in $packages; do
    if ! dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed$'; then missing+=("$package"); fi
  done
done
if ((${#missing[@]} == 0)); then exit 0; fi

as_root=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "missing packages: ${missing[*]}; install them as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "installing: ${missing[*]}"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
"${apt[@]}" update
"${apt[@]}" install -y --no-install-recommends "${missing[@]}"
