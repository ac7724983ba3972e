#include "common/optim/norms.h"

#include <algorithm>
#include <array>

namespace shoal::optim {
namespace {

// Eight sums side by side, so that a compiler may take them as vectors; joined in pairs.
double joined(const std::array<double, 8>& sums) {
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

template <class T>
double sum_of(std::size_t n, const T* g) {
  std::array<double, 8> sums{};
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (std::size_t k = 0; k < 8; ++k) sums[k] += static_cast<double>(g[i + k]) * static_cast<double>(g[i + k]);
  for (; i < n; ++i) sums[i % 8] += static_cast<double>(g[i]) * static_cast<double>(g[i]);
  return joined(sums);
}

}  // namespace

double sum_of_squares(std::size_t n, const float* g) { return sum_of(n, g); }
double sum_of_squares(std::size_t n, const double* g) { return sum_of(n, g); }

template <class T>
void SquaresInPieces::add(std::size_t begin, std::size_t n, const T* g) {
  for (std::size_t i = 0; i < n;) {
    const std::size_t at = begin + i, block = at / kNormBlock, end = std::min(n, (block + 1) * kNormBlock - begin);
    if (block != block_) {
      total_ = sum();
      block_ = block;
      sums_.fill(0);
    }
    for (; i < end; ++i) sums_[(begin + i) % 8] += static_cast<double>(g[i]) * static_cast<double>(g[i]);
  }
}
double SquaresInPieces::sum() const { return total_ + joined(sums_); }

template void SquaresInPieces::add(std::size_t, std::size_t, const float*);
template void SquaresInPieces::add(std::size_t, std::size_t, const double*);

double clip_scale(double norm, double limit) { return norm <= limit ? 1 : limit / norm; }
double global_clip_scale(double norm, double limit) { return clip_scale(norm, limit) + (norm - norm); }

}  // namespace shoal::optim
