#include "model/train/common_state.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "common/base/digest.h"
#include "common/base/error.h"
#include "model/train/run_context.h"

namespace shoal::train {
namespace {

constexpr std::size_t kPiece = 4096;  // values in one sum

std::span<const std::byte> bytes_of(const Variable& variable) {
  return {static_cast<const std::byte*>(variable.data()), variable.bytes()};
}

// Whatever is not trained, frozen weights among it, is compared by digest: most of it never differs.
std::vector<int> differing_weights(const std::vector<Variable>& weights, RunContext& context) {
  std::vector<int> untrained;
  std::string digests;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i].trainable()) continue;
    untrained.push_back(static_cast<int>(i));
    const Digest digest = sha256(bytes_of(weights[i]));
    digests.append(reinterpret_cast<const char*>(digest.data()), digest.size());
  }
  if (untrained.empty()) return {};
  const std::vector<std::string> all = context.gather(digests);
  std::string differ(untrained.size(), '0');
  for (const std::string& theirs : all)
    for (std::size_t i = 0; i < untrained.size(); ++i)
      if (theirs.compare(i * sizeof(Digest), sizeof(Digest), all[0], i * sizeof(Digest), sizeof(Digest)) != 0)
        differ[i] = '1';
  differ = context.broadcast(differ);
  std::vector<int> result;
  for (std::size_t i = 0; i < untrained.size(); ++i)
    if (differ.at(i) == '1') result.push_back(untrained[i]);
  return result;
}

std::string values_of(const std::vector<Variable>& weights, const std::vector<int>& which) {
  std::string values;
  for (const int i : which) {
    const auto bytes = bytes_of(weights[static_cast<std::size_t>(i)]);
    values.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  return values;
}

void set_values(const std::vector<Variable>& weights, const std::vector<int>& which, const std::string& values) {
  std::size_t at = 0;
  for (const int i : which) {
    const Variable& variable = weights.at(static_cast<std::size_t>(i));
    if (values.size() - at < variable.bytes())
      raise("variable '{}': {} bytes are left of its worker's state, it has {}", variable.path(), values.size() - at,
            variable.bytes());
    std::memcpy(variable.data(), values.data() + at, variable.bytes());
    at += variable.bytes();
  }
  if (at != values.size()) raise("a worker's own state has {} bytes, expected {}", values.size(), at);
}

template <class T>
void average(std::span<T> values, RunContext& context) {
  std::vector<double> sums;
  for (std::size_t at = 0; at < values.size(); at += kPiece) {
    const auto piece = values.subspan(at, std::min(kPiece, values.size() - at));
    sums.assign(piece.begin(), piece.end());
    context.sum(sums);
    std::transform(sums.begin(), sums.end(), piece.begin(),
                   [&](double sum) { return static_cast<T>(sum / context.workers()); });
  }
}

void make_common(const Variable& variable, RunContext& context) {
  if (variable.dtype() == DType::kFloat32)
    average(std::span(static_cast<float*>(variable.data()), variable.size()), context);
  else if (variable.dtype() == DType::kFloat64)
    average(std::span(static_cast<double*>(variable.data()), variable.size()), context);
  else
    set_values({variable}, {0}, context.broadcast(values_of({variable}, {0})));
}

}  // namespace

void make_state_common(Model& model) {
  RunContext& context = run_context();
  if (context.workers() == 1) return;
  const std::vector<Variable> weights = model.weights();
  for (const int i : differing_weights(weights, context)) make_common(weights[static_cast<std::size_t>(i)], context);
}

CommonForNow::CommonForNow(Model& model) : model_(model) {
  RunContext& context = run_context();
  if (context.workers() == 1) return;
  const std::vector<Variable> weights = model.weights();
  before_.weights = differing_weights(weights, context);
  if (before_.weights.empty()) return;
  mine_ = values_of(weights, before_.weights);
  before_.values = context.gather(mine_);
  for (const int i : before_.weights) make_common(weights[static_cast<std::size_t>(i)], context);
}

CommonForNow::~CommonForNow() {
  if (!before_.weights.empty()) set_values(model_.weights(), before_.weights, mine_);
}

void restore_own_state(Model& model, const OwnState& state, int workers) {
  RunContext& context = run_context();
  if (state.weights.empty() || workers != context.workers()) return;
  for (int rank = 0; rank < workers; ++rank) {
    const std::string theirs =
        context.broadcast(context.is_chief() ? state.values.at(static_cast<std::size_t>(rank)) : std::string());
    if (rank == context.rank()) set_values(model.weights(), state.weights, theirs);
  }
}

}  // namespace shoal::train
