#!/usr/bin/env bash
# install.sh BUILD_DIR: installs to a prefix of its own, builds a small program outside of the tree against the CMake
# package, and runs it.
set -uo pipefail
build=$(cd "$1" && pwd)
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
status=0

check() {  # check WHAT COMMAND...
  local what=$1
  shift
  if "$@"; then
    echo "PASS install: $what"
  else
    echo "FAIL install: $what"
    status=1
  fi
}

mkdir -p "$prefix/user"
cat >"$prefix/user/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(user CXX)
find_package(shoal 0.1 REQUIRED)
add_executable(user user.cc)
target_link_libraries(user PRIVATE shoal::shoal)
file(WRITE ${CMAKE_BINARY_DIR}/data_dir "${shoal_DATA_DIR}")
END
cat >"$prefix/user/user.cc" <<'END'
#include "shoal.h"
using namespace shoal;
int main(int argc, char** argv) {
  Runtime runtime(argc, argv);
  Sequential model({layers::Dense(1, {.input_shape = {1}})});
  model.compile({.optimizer = optimizers::SGD({.learning_rate = 0.1}), .loss = "mse"});
  Tensor x(std::vector<float>{-1, 0, 1, 2}, {4, 1}), y(std::vector<float>{-1, 1, 3, 5}, {4, 1});
  model.fit(x, y, {.epochs = 200, .batch_size = 4, .verbose = 0});
  return model.evaluate(x, y, {.verbose = 0}).loss < 1e-4 ? 0 : 1;
}
END

check "cmake --install" cmake --install "$build" --prefix "$prefix/usr"
check "headers" test -f "$prefix/usr/include/shoal/model/train/model.h"
check "the tool" "$prefix/usr/bin/shoal" --help
check "find_package(shoal)" cmake -S "$prefix/user" -B "$prefix/build" -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_PREFIX_PATH="$prefix/usr"
check "a program outside of the tree builds" cmake --build "$prefix/build"
check "and it learns y = 2x + 1" "$prefix/build/user"
check "the small data set" test -d "$(cat "$prefix/build/data_dir")/mnist-12k"
check "no path of the build tree in the package" bash -c "! grep -rqF '$build' '$prefix'/usr/lib*/ --include='*.cmake'"
exit $status
