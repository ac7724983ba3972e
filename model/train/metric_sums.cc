#include "model/train/metric_sums.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "common/base/error.h"
#include "model/train/run_context.h"

namespace shoal::train {
namespace {

double mean(double sum, double count) { return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN(); }

}  // namespace

MetricSums::MetricSums(const CompileOptions& options) {
  names_.push_back("loss");
  for (const Metric& metric : options.metrics) names_.push_back(metric.name());
  values_.resize(2 * names_.size());
}

void MetricSums::reset() { std::ranges::fill(values_, 0.0); }

void MetricSums::set(std::span<const double> values) {
  if (values.size() != values_.size())
    raise("the checkpoint holds sums of {} values, this model has {}: its loss and metrics differ", values.size() / 2,
          names_.size());
  std::ranges::copy(values, values_.begin());
}

void MetricSums::write_means(Logs& logs) const {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    // A worker without rows has seen nothing yet.
    const double value = values_[2 * i + 1] > 0 ? values_[2 * i] / values_[2 * i + 1] : 0;
    if (const auto it = logs.find(names_[i]); it != logs.end())
      it->second = value;
    else
      logs.emplace(names_[i], value);
  }
}

std::vector<std::pair<std::string, double>> MetricSums::means_of_all() const {
  std::vector<double> totals = values_;
  run_context().sum(totals);
  std::vector<std::pair<std::string, double>> result;
  for (std::size_t i = 0; i < names_.size(); ++i)
    result.emplace_back(names_[i], mean(totals[2 * i], totals[2 * i + 1]));
  return result;
}

std::vector<std::vector<double>> MetricSums::gather() const {
  const std::string mine(reinterpret_cast<const char*>(values_.data()), values_.size() * sizeof(double));
  std::vector<std::vector<double>> result;
  for (const std::string& bytes : run_context().gather(mine)) {
    if (bytes.size() != mine.size())
      raise<PeerError>("a worker has metric sums of {} bytes, expected {}", bytes.size(), mine.size());
    std::memcpy(result.emplace_back(values_.size()).data(), bytes.data(), bytes.size());
  }
  return result;
}

}  // namespace shoal::train
