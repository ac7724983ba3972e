#!/usr/bin/env bash
# Includes and links go down only, as docs/architecture.md says; and the test itself finds what is planted.
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
status=0
python3 "$folder/include_table.py" --self-test || status=1
python3 "$folder/include_table.py" || status=1
exit $status
