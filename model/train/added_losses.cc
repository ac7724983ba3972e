#include "model/train/added_losses.h"

#include <set>

namespace shoal::train {
namespace {

Tensor sum_of(const std::vector<Tensor>& terms) {
  Tensor sum;
  for (const Tensor& term : terms) sum = sum.defined() ? sum + term : term;
  return sum;
}

}  // namespace

AddedLosses::AddedLosses(const Model& model, const layers::CallLosses& calls)
    : of_weights(penalties_of(model)), of_calls(calls.values()) {}

std::vector<Tensor> penalties_of(const Model& model) {
  std::vector<Tensor> result;
  std::set<std::uint64_t> seen;
  for (const Layer& layer : model.layers())
    for (const auto& [variable, regularizer] : layer->penalties())
      if (seen.insert(variable.id()).second)
        if (const Tensor penalty = regularizers::penalty(regularizer, ops::convert_to_tensor(variable));
            penalty.defined())
          result.push_back(penalty);
  return result;
}

Tensor part_of(const AddedLosses& losses, const Tensor& rows) {
  Tensor sum = sum_of(losses.of_calls);
  if (losses.of_weights.empty()) return sum;
  const Tensor weights = sum_of(losses.of_weights);
  const Tensor share = ops::mean(ops::ones_like(rows));
  const Tensor part = weights * (share.dtype() == weights.dtype() ? share : ops::cast(share, weights.dtype()));
  return sum.defined() ? sum + part : part;
}

}  // namespace shoal::train
