#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "common/optim/rule.h"

namespace shoal::worker {

// What clipping by norms makes of the sums of squares of all gradients' blocks: every worker computes the same bits,
// those of a single process (model/train/local_updater).
class GradientNorms {
 public:
  GradientNorms(const optim::Common& common, std::span<const std::size_t> variable_sizes);

  bool needed() const { return common_.needs_norms(); }
  bool of_all() const { return common_.global_clipnorm.has_value(); }

  // Where the sums of a variable's blocks from this element on belong.
  double* squares(std::size_t variable, std::size_t element);
  // The variable's scale is now that of its own norm.
  void limit(std::size_t variable);
  // The scales of those that are marked are now that of the norm of all of them.
  void limit_all(std::span<const char> marked);
  const double& scale(std::size_t variable) const { return scales_[variable]; }  // stays where it is

 private:
  double sum(std::size_t variable) const;

  optim::Common common_;
  std::vector<std::size_t> first_;  // variable v has blocks [first_[v], first_[v + 1])
  std::vector<double> squares_, scales_;
};

}  // namespace shoal::worker
