#pragma once

#include <span>
#include <string>
#include <vector>

#include "model/train/objectives.h"

namespace shoal::train {

// The sums of each of train::log_names, in double, over the rows this process has seen: [sum, count] of a mean, what it
// counts of another metric.
class MetricSums {
 public:
  explicit MetricSums(const std::vector<Objective>& objectives);

  void reset();
  std::span<double> values() { return values_; }
  void set(std::span<const double> values);  // throws ValueError when the number differs

  // This process's running means, written into `logs`: after the first call nothing is allocated.
  void write_means(Logs& logs) const;
  // Means over all workers' rows, in the order of the names. Every worker calls it.
  std::vector<std::pair<std::string, double>> means_of_all() const;
  // Each worker's values in rank order; the chief gets them, others nothing. Every worker calls it.
  std::vector<std::vector<double>> gather() const;

 private:
  double result(std::size_t index, std::span<const double> values) const;  // what is reported

  std::vector<Metric> metrics_;
  std::vector<std::string> names_;
  std::vector<std::size_t> begins_;  // of each name's sums, and the end
  std::vector<double> values_;
  std::size_t first_metric_;  // behind the losses
};

}  // namespace shoal::train
