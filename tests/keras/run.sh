#!/usr/bin/env bash
# tests/keras/run.sh BUILD_DIR PYTHON [PART-OF-A-NAME]: holds Shoal against real Keras. Prints PASS and FAIL lines and a count; fails
# when a check fails or Keras is not there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${1:?usage: run.sh BUILD_DIR PYTHON}
python=${2:?usage: run.sh BUILD_DIR PYTHON}
export KERAS_BACKEND=jax JAX_ENABLE_X64=1 JAX_PLATFORMS=cpu PYTHONDONTWRITEBYTECODE=1 TF_CPP_MIN_LOG_LEVEL=3
exec "$python" "$here/main.py" "$build/bin/shoal_keras" "${@:3}"
