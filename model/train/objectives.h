#pragma once

#include <string>
#include <vector>

#include "model/train/model.h"

namespace shoal::train {

// What compile says of one output.
struct Objective {
  std::string output;
  Loss loss;  // undefined: none
  double weight = 1;
  std::vector<Metric> metrics, weighted_metrics;
  bool has_target() const { return loss.defined() || !metrics.empty() || !weighted_metrics.empty(); }
};

// For each output in order. Throws ValueError when losses, weights or metrics do not fit the model's outputs.
std::vector<Objective> objectives(const Model& model);

struct LoggedMetric {
  std::size_t output;
  const Metric* metric;
  bool weighted;
};
// In the order in which they are logged: the metrics output by output, then the weighted ones.
std::vector<LoggedMetric> logged_metrics(const std::vector<Objective>& objectives);

// Keras's names of what is logged, in the order of the sums: "loss", with several losses "<output>_loss" each, then the
// logged metrics, "<output>_<metric>" with several outputs.
std::vector<std::string> log_names(const std::vector<Objective>& objectives);

// How many outputs have a loss of their own to log: none when there is one loss.
std::size_t logged_losses(const std::vector<Objective>& objectives);

// x in the order of the model's inputs; y in the order of the outputs, undefined where an output needs none. Throws
// ValueError naming `what` when number or names differ.
std::vector<Tensor> order_inputs(const Model& model, const char* what, const Several<Tensor>& x);
// Weights in the order of the outputs, one for all when it is given alone; undefined where an output has none.
std::vector<Tensor> order_weights(const Model& model, const char* what, const Several<Tensor>& sample_weight);
std::vector<Tensor> order_targets(const Model& model, const char* what, const Several<Tensor>& y);

}  // namespace shoal::train
