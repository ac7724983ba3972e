#include "common/optim/norms.h"

#include <array>

namespace shoal::optim {
namespace {

// Eight sums side by side, so that a compiler may take them as vectors; joined in pairs.
template <class T>
double sum_of(std::size_t n, const T* g) {
  std::array<double, 8> sums{};
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (std::size_t k = 0; k < 8; ++k) sums[k] += static_cast<double>(g[i + k]) * static_cast<double>(g[i + k]);
  for (; i < n; ++i) sums[i % 8] += static_cast<double>(g[i]) * static_cast<double>(g[i]);
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

}  // namespace

double sum_of_squares(std::size_t n, const float* g) { return sum_of(n, g); }
double sum_of_squares(std::size_t n, const double* g) { return sum_of(n, g); }

double clip_scale(double norm, double limit) { return norm <= limit ? 1 : limit / norm; }
double global_clip_scale(double norm, double limit) { return clip_scale(norm, limit) + (norm - norm); }

}  // namespace shoal::optim
