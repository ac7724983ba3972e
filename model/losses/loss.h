#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <vector>

#include "model/tensor/tensor.h"

namespace shoal {

// (y_true, y_pred) -> a value per row, or a scalar. Written with `ops`; its gradient is derived.
using LossFunction = std::function<Tensor(const Tensor& y_true, const Tensor& y_pred)>;

// What `compile` takes as loss. A value in front of a function with a name and a config.
class Loss {
 public:
  Loss() = default;  // undefined
  // "mse", "binary_crossentropy", "huber", ...: Keras's names; ValueError naming the registered ones
  Loss(const char* name);                                  // NOLINT
  Loss(const std::string& name);                           // NOLINT
  Loss(LossFunction function, std::string name = "loss");  // NOLINT: one's own
  template <class F>
  requires std::is_invocable_r_v<Tensor, F, const Tensor&, const Tensor&> Loss(F function)
      : Loss(LossFunction(std::move(function))) {}  // NOLINT

  bool defined() const { return static_cast<bool>(function_); }
  const std::string& name() const { return name_; }
  nlohmann::json get_config() const;  // a string for plain names, Keras's object, null for one's own
  static Loss from_config(const nlohmann::json& config);
  static std::vector<std::string> registered();  // class names

  // Scalar: the mean of the values over the global batch (Keras's sum_over_batch_size); a scalar from the function
  // stays as it is. With a mask of the values' shape, given or carried by y_pred, the mean over the values that it
  // keeps, 0 when there are none; `kept`, a scalar not below 1, is how many it keeps in the whole batch, where these
  // are not all rows of it.
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred, const Tensor& mask = {}, const Tensor& kept = {}) const;
  // The same loss with every value multiplied by its weight, and the mean over as many values as before. Throws
  // ValueError when it is called and the function gives a scalar.
  Loss weighted_by(const Tensor& weights) const;
  bool from_logits() const { return from_logits_; }
  // The same loss of the values before the activation that makes probabilities ("softmax" or "sigmoid"); undefined and
  // empty when there is none. Training and evaluation use it when a model ends in that activation: fused, stable,
  // without the clipping that probabilities need.
  Loss on_logits() const;
  std::string activation() const;

 private:
  friend struct LossFactory;
  LossFunction function_;
  std::string name_;
  nlohmann::json config_;
  bool from_logits_ = false;
};

namespace losses {
struct CrossentropyOptions {
  bool from_logits = false;
  double label_smoothing = 0;  // not of the sparse one
};
Loss BinaryCrossentropy(const CrossentropyOptions& options = {});
Loss CategoricalCrossentropy(const CrossentropyOptions& options = {});
Loss SparseCategoricalCrossentropy(const CrossentropyOptions& options = {});
Loss MeanSquaredError();
Loss MeanAbsoluteError();
Loss Huber(double delta = 1);
Loss KLDivergence();
}  // namespace losses

}  // namespace shoal
