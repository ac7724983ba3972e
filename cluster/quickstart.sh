#!/usr/bin/env bash
# Installs what is missing, builds what it needs, and trains a convolutional network on real images: 2 workers and 2
# parameter servers on this machine. Any number of times, from any directory.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=build/quickstart

cluster/install_packages.sh build
mkdir -p $build
if ! cmake --preset quickstart >$build/configure.log 2>&1; then
  cat $build/configure.log
  exit 1
fi
cmake --build --preset quickstart --target shoal quickstart

cat <<END

Now 2 workers and 2 parameter servers train examples/quickstart.cc; the network will be in $build/mnist.keras, which
Keras opens. What to try next:
  $build/bin/quickstart                                                       the same program, one process
  $build/bin/shoal run --workers 2 --servers 1 $build/bin/quickstart --epochs 8
  $build/bin/shoal --help
  examples/README.md                                                          the whole of MNIST, CIFAR-10, own layers
  tests/run.sh                                                                all tests

END
exec $build/bin/shoal run --workers 2 --servers 2 $build/bin/quickstart --save $build/mnist.keras
