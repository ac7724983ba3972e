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
    : names_(log_names(objectives)), first_metric_(1 + logged_losses(objectives)) {
  for (std::size_t i = 0; i <= first_metric_; ++i) begins_.push_back(2 * i);
  for (const LoggedMetric& logged : logged_metrics(objectives)) {
    metrics_.push_back(*logged.metric);
    begins_.push_back(begins_.back() + logged.metric->size());
  }
  values_.resize(begins_.back());
}

void MetricSums::reset() { std::ranges::fill(values_, 0.0); }

void MetricSums::set(std::span<const double> values) {
  if (values.size() != values_.size())
    raise("the checkpoint holds {} sums of loss and metrics, this model has {}: they differ", values.size(),
          values_.size());
  std::ranges::copy(values, values_.begin());
}

void MetricSums::write_means(Logs& logs) const {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    // A worker without rows has seen nothing yet.
    const double found = result(i, values_), value = values_[1] > 0 ? found : 0;
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
  for (std::size_t i = 0; i < names_.size(); ++i) means.emplace_back(names_[i], result(i, totals));
  return means;
}

double MetricSums::result(std::size_t index, std::span<const double> values) const {
  const auto mine = values.subspan(begins_[index], begins_[index + 1] - begins_[index]);
  return index < first_metric_ ? mean(mine[0], mine[1]) : metrics_[index - first_metric_].result(mine);
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
