#pragma once

#include <span>
#include <string>
#include <vector>

#include "model/train/model.h"

namespace shoal::train {

// [sum, count] of the loss and of each metric, in double, over the rows this process has seen.
class MetricSums {
 public:
  explicit MetricSums(const CompileOptions& options);

  void reset();
  std::span<double> values() { return values_; }
  void set(std::span<const double> values);  // throws ValueError when the number differs

  // This process's running means, written into `logs`: after the first call nothing is allocated.
  void write_means(Logs& logs) const;
  // Means over all workers' rows, in the order of compile, the loss first. Every worker calls it.
  std::vector<std::pair<std::string, double>> means_of_all() const;
  // Each worker's values in rank order; the chief gets them, others nothing. Every worker calls it.
  std::vector<std::vector<double>> gather() const;

 private:
  std::vector<std::string> names_;
  std::vector<double> values_;
};

}  // namespace shoal::train
