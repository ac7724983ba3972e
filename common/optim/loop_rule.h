#pragma once

#include <memory>
#include <vector>

#include "common/optim/row_rule.h"
#include "common/optim/rule.h"

namespace shoal::optim {

template <class Self, class Step, class T>
class LoopRowRule final : public RowRule<T> {
 public:
  LoopRowRule(const Self& rule, const RuleLoops<Step, T>& loops, std::size_t capacity) : rule_(rule), loops_(loops) {
    steps_.reserve(capacity);
  }

  void remember(const optim::Step& step) override { steps_.push_back(rule_.template rounded<T>(step)); }
  std::size_t remembered() const override { return steps_.size(); }
  void forget() override { steps_.clear(); }

  void catch_up(std::size_t first, std::size_t n, T* w, T* const* slots) const override {
    if (first < steps_.size()) loops_.replay(steps_.data() + first, steps_.size() - first, n, w, slots);
  }
  void apply(std::size_t n, T* w, const T* g, T* const* slots) const override {
    loops_.apply(steps_.back(), n, w, g, slots);
  }

 private:
  const Self& rule_;
  const RuleLoops<Step, T> loops_;
  std::vector<Step> steps_;
};

// A rule made of loops over elements. `Self` has rounded<T>(step), what the loops need of a step, and loops<T>().
template <class Self>
class LoopRule : public Rule {
 public:
  using Rule::Rule;

  void apply(const Step& step, std::size_t n, float* w, const float* g, float* const* slots) const final {
    self().template loops<float>().apply(self().template rounded<float>(step), n, w, g, slots);
  }
  void apply(const Step& step, std::size_t n, double* w, const double* g, double* const* slots) const final {
    self().template loops<double>().apply(self().template rounded<double>(step), n, w, g, slots);
  }
  std::unique_ptr<RowRule<float>> float_rows(std::size_t capacity) const final { return rows<float>(capacity); }
  std::unique_ptr<RowRule<double>> double_rows(std::size_t capacity) const final { return rows<double>(capacity); }

 private:
  const Self& self() const { return static_cast<const Self&>(*this); }

  template <class T>
  std::unique_ptr<RowRule<T>> rows(std::size_t capacity) const {
    using Rounded = decltype(self().template rounded<T>(Step()));
    return std::make_unique<LoopRowRule<Self, Rounded, T>>(self(), self().template loops<T>(), capacity);
  }
};

}  // namespace shoal::optim
