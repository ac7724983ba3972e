#include "model/train/common_state.h"

#include <algorithm>
#include <span>
#include <vector>

#include "model/train/run_context.h"

namespace shoal::train {
namespace {

constexpr std::size_t kPiece = 4096;  // values in one sum

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

void take_the_chiefs(std::span<char> bytes, RunContext& context) {
  const std::string told = context.broadcast(std::string(bytes.begin(), bytes.end()));
  std::copy_n(told.begin(), std::min(told.size(), bytes.size()), bytes.begin());
}

}  // namespace

void make_state_common(Model& model) {
  RunContext& context = run_context();
  if (context.workers() == 1) return;
  for (const Variable& variable : model.weights()) {
    if (variable.trainable()) continue;
    if (variable.dtype() == DType::kFloat32)
      average(std::span(static_cast<float*>(variable.data()), variable.size()), context);
    else if (variable.dtype() == DType::kFloat64)
      average(std::span(static_cast<double*>(variable.data()), variable.size()), context);
    else
      take_the_chiefs({static_cast<char*>(variable.data()), variable.bytes()}, context);
  }
}

}  // namespace shoal::train
