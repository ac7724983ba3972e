#!/usr/bin/env bash
# Jobs over several hosts, where this machine lets network namespaces be made.
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/cases.bash"
python3 "$(dirname "${BASH_SOURCE[0]}")/hosts.py" "$bin" "$work" || failed=1
finish
