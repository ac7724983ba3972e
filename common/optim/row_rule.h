#pragma once

#include <memory>
#include <vector>

#include "common/optim/span_kernels.h"

namespace shoal::optim {

class Rule;
struct Step;

// A rule on rows of a table, each at its own pace: a row that some steps leave alone (their gradient there is zero)
// gets them all when it is needed again, in registers, and has the bits then that it would have had step by step.
template <class T>
class RowRule {
 public:
  virtual ~RowRule() = default;

  // A step begins. Allocates nothing until more than `capacity` are remembered.
  virtual void remember(const Step& step) = 0;
  virtual std::size_t remembered() const = 0;
  virtual void forget() = 0;  // every row has had all steps

  // For one row, or some that lie one behind the other; from any thread.
  // The steps from `first` to the last, with zero gradients.
  virtual void catch_up(std::size_t first, std::size_t n, T* w, T* const* slots) const = 0;
  // The last step.
  virtual void apply(std::size_t n, T* w, const T* g, T* const* slots) const = 0;
};

// `rule` must outlive it.
template <class T>
std::unique_ptr<RowRule<T>> make_row_rule(const Rule& rule, std::size_t capacity);

}  // namespace shoal::optim
