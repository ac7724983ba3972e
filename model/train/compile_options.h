#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "model/losses/loss.h"
#include "model/metrics/metric.h"
#include "model/train/optimizer.h"
#include "model/train/several.h"

namespace shoal {

// Metrics of a model. A list: all of the only output's, or one for each of several outputs. By name of the output, or
// a list of lists: some for each.
//   .metrics = {"accuracy", "mse"}     .metrics = {{"digit", "accuracy"}, {"size", {"mse", "mae"}}}
class Metrics {
 public:
  Metrics() = default;
  Metrics(std::initializer_list<Metric> list) : list_(list) {}
  Metrics(std::vector<Metric> list) : list_(std::move(list)) {}  // NOLINT
  Metrics(std::initializer_list<std::pair<std::string, Several<Metric>>> named) : named_(named), is_named_(true) {}
  Metrics(std::vector<std::vector<Metric>> lists);                     // NOLINT
  Metrics(std::vector<std::pair<std::string, Several<Metric>>> named)  // NOLINT
      : named_(std::move(named)), is_named_(true) {}

  void push_back(Metric metric) { list_.push_back(std::move(metric)); }
  bool empty() const { return list_.empty() && named_.empty() && lists_.empty(); }
  bool is_named() const { return is_named_; }
  const std::vector<Metric>& list() const { return list_; }
  const std::vector<std::pair<std::string, Several<Metric>>>& named() const { return named_; }
  const std::vector<std::vector<Metric>>& lists() const { return lists_; }

 private:
  std::vector<Metric> list_;
  std::vector<std::pair<std::string, Several<Metric>>> named_;
  std::vector<std::vector<Metric>> lists_;
  bool is_named_ = false;
};

inline Metrics::Metrics(std::vector<std::vector<Metric>> lists) : lists_(std::move(lists)) {}

// Options are given by designated initialisers, in this order.
struct CompileOptions {
  Optimizer optimizer = "rmsprop";  // a name, or optimizers::Adam({.learning_rate = 1e-4})
  // A name, losses::..., or a function (y_true, y_pred) -> value per row; for several outputs one for all, a list, or
  // by the output's name: {{"digit", "sparse_categorical_crossentropy"}, {"size", "mse"}}.
  Several<Loss> loss = {};
  Several<double> loss_weights = {};  // as the losses
  Metrics metrics = {};               // names or metrics::...
  Metrics weighted_metrics = {};      // those that sample_weight and class_weight count in
  bool run_eagerly = false;           // node by node, for debugging
};

}  // namespace shoal
