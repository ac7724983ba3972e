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

MetricSums::MetricSums(const std::vector<Objective>& objectives)
    : names_(log_names(objectives)), values_(2 * names_.size()), first_metric_(1 + logged_losses(objectives)) {
  for (const Objective& objective : objectives)
    metrics_.insert(metrics_.end(), objective.metrics.begin(), objective.metrics.end());
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
    const double value = values_[2 * i + 1] > 0 ? result(i, values_[2 * i] / values_[2 * i + 1]) : 0;
    if (const auto it = logs.find(names_[i]); it != logs.end())
      it->second = value;
    else
      logs.emplace(names_[i], value);
  }
}

std::vector<std::pair<std::string, double>> MetricSums::means_of_all() const {
  std::vector<double> totals = values_;
  run_context().sum(totals);
  std::vector<std::pair<std::string, double>> means;
  for (std::size_t i = 0; i < names_.size(); ++i)
    means.emplace_back(names_[i], result(i, mean(totals[2 * i], totals[2 * i + 1])));
  return means;
}

double MetricSums::result(std::size_t index, double mean) const {
  return index < first_metric_ ? mean : metrics_[index - first_metric_].result(mean);
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
