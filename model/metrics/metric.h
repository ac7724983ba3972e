#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/tensor/tensor.h"

namespace shoal {

// (y_true, y_pred) -> a value per row; the metric is the mean over all rows seen.
using MetricFunction = std::function<Tensor(const Tensor& y_true, const Tensor& y_pred)>;

// A metric that is no mean of values: it counts, and makes its result of the counts.
struct Counting {
  std::size_t size;  // numbers that are kept
  // What the rows of a batch add to them, of shape (size); `weights` may be undefined.
  std::function<Tensor(const Tensor& y_true, const Tensor& y_pred, const Tensor& weights)> counts;
  std::function<double(std::span<const double> counts)> result;
};

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
  // A value per row; ValueError of a metric that counts.
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
  const Counting* counting() const { return counting_.get(); }  // null: a mean
  // [weighted sum, weights] over all rows of what operator() gave, of shape (2). Where there are no `weights` each
  // value counts once; those that the predictions' `mask`, if there is one, does not keep do not count. Throws
  // ValueError when a scalar has weights.
  Tensor weighted_sums(const Tensor& values, const Tensor& mask, const Tensor& weights) const;
  std::size_t size() const { return counting_ ? counting_->size : 2; }  // of the sums: of a mean sum and count
  double result(std::span<const double> sums) const;                    // what is reported; NaN of a mean of nothing

 private:
  friend struct MetricFactory;
  MetricFunction function_;
  std::string name_;
  nlohmann::json config_;
  bool root_ = false;
  std::shared_ptr<const Counting> counting_;
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

// Of predictions above the threshold, and of labels that are not 0: TP / (TP + FP), and TP / (TP + FN).
Metric Precision(double thresholds = 0.5);
Metric Recall(double thresholds = 0.5);

struct AUCOptions {
  std::int64_t num_thresholds = 200;               // from 0 to 1, as Keras spreads them
  std::string curve = "ROC";                       // or "PR"
  std::string summation_method = "interpolation";  // or "minoring", "majoring"
  bool from_logits = false;
};
// The area under the curve of true positives by false positives, or of precision by recall.
Metric AUC(const AUCOptions& options = {});

struct CrossentropyOptions {
  bool from_logits = false;
  double label_smoothing = 0;  // not of the sparse one
};
Metric BinaryCrossentropy(const CrossentropyOptions& options = {});
Metric CategoricalCrossentropy(const CrossentropyOptions& options = {});
Metric SparseCategoricalCrossentropy(const CrossentropyOptions& options = {});
}  // namespace metrics

}  // namespace shoal
