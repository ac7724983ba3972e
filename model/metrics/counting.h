#pragma once

#include <nlohmann/json.hpp>

#include "model/metrics/metric.h"

// The metrics that count true and false positives, by Keras's configs. Every prediction counts, whatever its row;
// labels take the shape of predictions. ValueError naming a key that has a value which is not supported.
namespace shoal::metrics {

Counting precision(const nlohmann::json& config);
Counting recall(const nlohmann::json& config);
Counting auc(const nlohmann::json& config);

}  // namespace shoal::metrics
