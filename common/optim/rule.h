#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/optim/preparation.h"

namespace shoal::optim {

template <class T>
class RowRule;

struct Step {
  std::int64_t iteration = 0;  // updates done before this one; Keras's `iterations`
  double learning_rate = 0;
  double gradient_scale = 1;  // of clipping by a norm: gradients are multiplied by it first
};

// An update rule on a flat span of one parameter. The result for an element depends on neither where the span starts,
// nor its length, nor the instruction set: no contraction, no approximate operation, so a server may hold any slice.
class Rule {
 public:
  explicit Rule(Common common) : common_(std::move(common)) {}
  virtual ~Rule() = default;
  const Common& common() const { return common_; }
  virtual std::string_view name() const = 0;               // "Adam"
  virtual int slots() const = 0;                           // state values per weight
  virtual std::string_view slot_name(int slot) const = 0;  // Keras's: "momentum", "velocity"
  virtual double slot_initial(int /*slot*/) const { return 0; }
  // How many slots of one weight stand side by side in Keras's files; of further slots all weights follow in turn.
  virtual int slots_together() const { return 1; }
  // w, g and every slots[i] have n elements; w and the slots are updated in place. Clips by value; for norms the caller
  // sees to step.gradient_scale (common/optim/norms.h).
  virtual void apply(const Step& step, std::size_t n, float* w, const float* g, float* const* slots) const = 0;
  virtual void apply(const Step& step, std::size_t n, double* w, const double* g, double* const* slots) const = 0;

  // What a step does where the gradient is zero.
  enum class Rest {
    kAlways,      // nothing
    kWhileFresh,  // nothing as long as the slots have their first values
    kNever
  };
  virtual Rest rest() const = 0;
  virtual std::unique_ptr<RowRule<float>> float_rows(std::size_t capacity) const = 0;
  virtual std::unique_ptr<RowRule<double>> double_rows(std::size_t capacity) const = 0;

  // {"class_name": "Adam", "beta_1": 0.9, ...}: what make_rule takes, and what travels to a server.
  nlohmann::json config() const;

 protected:
  bool decays() const { return common_.weight_decay.value_or(0) != 0; }
  virtual nlohmann::json own_config() const = 0;  // without the keys of Common

 private:
  Common common_;
};

// class_name: "SGD" (momentum, nesterov), "Adam" and "AdamW" (beta_1, beta_2, epsilon, amsgrad), "RMSprop" (rho,
// momentum, epsilon, centered), "Adagrad" (initial_accumulator_value, epsilon); all take the keys of Common. Missing
// keys take Keras's defaults; throws ValueError on an unknown class, key or value out of range.
std::unique_ptr<Rule> make_rule(const nlohmann::json& config);
std::vector<std::string> rule_names();

// dst[i] = src[i] + dst[i] in element order; the sum of contributions in rank order is a chain of these.
void add(std::size_t n, const float* src, float* dst);
void add(std::size_t n, const double* src, double* dst);

}  // namespace shoal::optim
