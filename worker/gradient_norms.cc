#include "worker/gradient_norms.h"

#include <cmath>
#include <numeric>

#include "common/optim/norms.h"

namespace shoal::worker {

GradientNorms::GradientNorms(const optim::Common& common, std::span<const std::size_t> variable_sizes)
    : common_(common), first_{0}, scales_(variable_sizes.size(), 1.0) {
  for (const std::size_t size : variable_sizes)
    first_.push_back(first_.back() + (size + optim::kNormBlock - 1) / optim::kNormBlock);
  if (needed()) squares_.resize(first_.back());
}

double* GradientNorms::squares(std::size_t variable, std::size_t element) {
  return squares_.data() + first_[variable] + element / optim::kNormBlock;
}

double GradientNorms::sum(std::size_t variable) const {
  const auto at = [&](std::size_t block) { return squares_.begin() + static_cast<std::ptrdiff_t>(block); };
  return std::accumulate(at(first_[variable]), at(first_[variable + 1]), 0.0);
}

void GradientNorms::limit(std::size_t variable) {
  scales_[variable] = optim::clip_scale(std::sqrt(sum(variable)), *common_.clipnorm);
}

void GradientNorms::limit_all(std::span<const char> marked) {
  double squares = 0;
  for (std::size_t v = 0; v < marked.size(); ++v)
    if (marked[v] != 0) squares += sum(v);
  const double scale = optim::global_clip_scale(std::sqrt(squares), *common_.global_clipnorm);
  for (std::size_t v = 0; v < marked.size(); ++v)
    if (marked[v] != 0) scales_[v] = scale;
}

}  // namespace shoal::worker
