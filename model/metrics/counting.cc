#include "model/metrics/counting.h"

#include <algorithm>
#include <cmath>

#include "common/base/error.h"
#include "model/losses/align.h"
#include "model/ops/ops.h"

namespace shoal::metrics {
namespace {

using json = nlohmann::json;
using Counts = std::span<const double>;

constexpr double kEpsilon = 1e-7;

double divide_no_nan(double a, double b) { return b == 0 ? 0 : a / b; }

// Predictions, and how much each counts as a positive and as a negative.
struct Sides {
  Tensor output, positive, negative;
};

Sides sides(const Tensor& y_true, const Tensor& y_pred, const Tensor& weights) {
  const auto [target, output] = losses::align(y_true, y_pred);
  if (target.shape() != output.shape())
    raise("labels of shape {} do not fit predictions of shape {}", target.shape().to_string(),
          output.shape().to_string());
  Tensor positive = ops::cast(ops::not_equal(target, 0.0), output.dtype());
  Tensor negative = 1.0 - positive;
  if (weights.defined()) {
    const Tensor aligned = losses::align_weights(output, weights);
    positive = positive * aligned;
    negative = negative * aligned;
  }
  return {output, positive, negative};
}

Tensor vector_of(const Tensor& sum) { return ops::reshape(sum, {sum.shape().rank() == 0 ? 1 : sum.shape()[0]}); }

// [true positives, all that TP is a part of]
Counting ratio(const char* place, const json& config, bool of_predicted) {
  for (const char* key : {"top_k", "class_id"})
    if (config.contains(key) && !config[key].is_null())
      raise("metric {}: {} is not supported, received {}", place, key, config[key].dump());
  json thresholds = config.value("thresholds", json());
  if (thresholds.is_array() && thresholds.size() == 1) thresholds = thresholds[0];
  if (!thresholds.is_null() &&
      !(thresholds.is_number() && thresholds.get<double>() >= 0 && thresholds.get<double>() <= 1))
    raise("metric {}: thresholds must be one number in [0, 1], received {}", place, thresholds.dump());
  const double threshold = thresholds.is_null() ? 0.5 : thresholds.get<double>();
  const auto counts = [=](const Tensor& y_true, const Tensor& y_pred, const Tensor& weights) {
    const auto [output, positive, negative] = sides(y_true, y_pred, weights);
    const Tensor predicted = ops::cast(ops::greater(output, Tensor(threshold)), output.dtype());
    const Tensor whole = of_predicted ? ops::sum(predicted * (positive + negative)) : ops::sum(positive);
    return ops::concatenate({vector_of(ops::sum(predicted * positive)), vector_of(whole)}, 0);
  };
  return {2, counts, [](Counts sums) { return divide_no_nan(sums[0], sums[1]); }};
}

// True and false positives at every threshold, then all positives and all negatives.
struct Curve {
  Counts tp, fp;
  double positives, negatives;
  explicit Curve(Counts counts)
      : tp(counts.first(counts.size() / 2 - 1)),
        fp(counts.subspan(tp.size(), tp.size())),
        positives(counts[counts.size() - 2]),
        negatives(counts[counts.size() - 1]) {}
  double recall(std::size_t i) const { return divide_no_nan(tp[i], positives); }
  double fall_out(std::size_t i) const { return divide_no_nan(fp[i], negatives); }
  double precision(std::size_t i) const { return divide_no_nan(tp[i], tp[i] + fp[i]); }
};

// Precision is no line between two points: the exact area under what lies between them (Davis and Goadrich, 2006).
double interpolated_precision(const Curve& curve) {
  double area = 0;
  for (std::size_t i = 0; i + 1 < curve.tp.size(); ++i) {
    const double here = curve.tp[i] + curve.fp[i], next = curve.tp[i + 1] + curve.fp[i + 1];
    const double gained = curve.tp[i] - curve.tp[i + 1];
    const double slope = divide_no_nan(gained, std::max(here - next, 0.0));
    const double intercept = curve.tp[i + 1] - slope * next;
    const double ratio = here > 0 && next > 0 ? here / next : 1;
    area += divide_no_nan(slope * (gained + intercept * std::log(ratio)), std::max(curve.positives, 0.0));
  }
  return area;
}

double area_under(const Curve& curve, bool roc, const std::string& method) {
  if (!roc && method == "interpolation") return interpolated_precision(curve);
  double area = 0;
  for (std::size_t i = 0; i + 1 < curve.tp.size(); ++i) {
    const double width = roc ? curve.fall_out(i) - curve.fall_out(i + 1) : curve.recall(i) - curve.recall(i + 1);
    const double here = roc ? curve.recall(i) : curve.precision(i);
    const double next = roc ? curve.recall(i + 1) : curve.precision(i + 1);
    const double height = method == "interpolation" ? (here + next) / 2
                          : method == "minoring"    ? std::min(here, next)
                                                    : std::max(here, next);
    area += width * height;
  }
  return area;
}

}  // namespace

Counting precision(const json& config) { return ratio("Precision", config, true); }
Counting recall(const json& config) { return ratio("Recall", config, false); }

Counting auc(const json& config) {
  const json &curve = config.at("curve"), &method = config.at("summation_method");
  if (curve != "ROC" && curve != "PR") raise("metric AUC: curve must be 'ROC' or 'PR', received {}", curve.dump());
  if (method != "interpolation" && method != "minoring" && method != "majoring")
    raise("metric AUC: summation_method must be 'interpolation', 'minoring' or 'majoring', received {}", method.dump());
  if (!config.at("num_thresholds").is_number_integer() || config["num_thresholds"].get<std::int64_t>() < 2)
    raise("metric AUC: num_thresholds must be an integer above 1, received {}", config["num_thresholds"].dump());
  const auto number = config["num_thresholds"].get<std::size_t>();
  std::vector<double> thresholds{-kEpsilon};
  for (std::size_t i = 1; i + 1 < number; ++i)
    thresholds.push_back(static_cast<double>(i) / static_cast<double>(number - 1));
  thresholds.push_back(1 + kEpsilon);
  const bool logits = config.at("from_logits").get<bool>();
  const auto counts = [=](const Tensor& y_true, const Tensor& y_pred, const Tensor& weights) {
    const auto [output, positive, negative] = sides(y_true, y_pred, weights);
    const Tensor probability = logits ? ops::sigmoid(output) : output;
    const Tensor limits = Tensor(thresholds, {static_cast<std::int64_t>(number)}).astype(output.dtype());
    const Tensor above = ops::cast(ops::greater(ops::expand_dims(probability, -1), limits), output.dtype());
    std::vector<int> axes;
    for (int axis = 0; axis < output.shape().rank(); ++axis) axes.push_back(axis);
    const auto at_thresholds = [&](const Tensor& side) {
      return vector_of(ops::sum(above * ops::expand_dims(side, -1), axes));
    };
    return ops::concatenate({at_thresholds(positive), at_thresholds(negative), vector_of(ops::sum(positive)),
                             vector_of(ops::sum(negative))},
                            0);
  };
  const auto result = [roc = curve == "ROC", name = method.get<std::string>()](Counts sums) {
    return area_under(Curve(sums), roc, name);
  };
  return {2 * number + 2, counts, result};
}

}  // namespace shoal::metrics
