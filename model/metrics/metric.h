#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/tensor/tensor.h"

namespace shoal {

// (y_true, y_pred) -> a value per row; the metric is the mean over all rows seen.
using MetricFunction = std::function<Tensor(const Tensor& y_true, const Tensor& y_pred)>;

class Metric {
 public:
  Metric(const char* name);         // NOLINT: "accuracy", "acc", "mse", ...
  Metric(const std::string& name);  // NOLINT
  Metric(MetricFunction function, std::string name);
  const std::string& name() const { return name_; }
  nlohmann::json get_config() const;  // a string for plain names, Keras's object, null for one's own
  static Metric from_config(const nlohmann::json& config);
  static std::vector<std::string> registered();  // class names
  // "accuracy" picks binary, sparse or categorical accuracy by the shapes, as Keras does.
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
  double result(double mean) const;  // what is reported, of the mean over all values seen

 private:
  friend struct MetricFactory;
  MetricFunction function_;
  std::string name_;
  nlohmann::json config_;
  bool root_ = false;
};

namespace metrics {
Metric BinaryAccuracy(double threshold = 0.5);
Metric CategoricalAccuracy();
Metric SparseCategoricalAccuracy();
Metric TopKCategoricalAccuracy(std::int64_t k = 5);
Metric SparseTopKCategoricalAccuracy(std::int64_t k = 5);
Metric MeanSquaredError();
Metric RootMeanSquaredError();
Metric MeanAbsoluteError();
Metric KLDivergence();

struct CrossentropyOptions {
  bool from_logits = false;
  double label_smoothing = 0;  // not of the sparse one
};
Metric BinaryCrossentropy(const CrossentropyOptions& options = {});
Metric CategoricalCrossentropy(const CrossentropyOptions& options = {});
Metric SparseCategoricalCrossentropy(const CrossentropyOptions& options = {});
}  // namespace metrics

}  // namespace shoal
