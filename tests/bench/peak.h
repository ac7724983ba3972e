#pragma once

#include <chrono>

#include "model/kernels/peak.h"

namespace shoal::bench {

using kernels::peak_gflops;

inline double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace shoal::bench
