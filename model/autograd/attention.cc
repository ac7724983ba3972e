#include "model/autograd/rules.h"
#include "model/ops/ops.h"

namespace shoal::autograd {
namespace {

using graph::make;
using graph::NodePtr;
using Terms = std::vector<Tensor>;

const graph::AttentionAttributes& attributes_of(const NodePtr& node) {
  return std::get<graph::AttentionAttributes>(node->attributes);
}

Terms attention_weights(const NodePtr& node, const Tensor& g) {
  Terms inputs{output(node), g};
  if (node->inputs.size() > 2) inputs.push_back(operand(node, 2));
  const Tensor scores = make("attention_gradient", inputs, node->attributes);
  const auto by = [&](bool turned, std::size_t other) {
    return make("batch_matmul", {scores, operand(node, other)},
                graph::BatchMatmulAttributes{.transpose_a = turned, .heads_b = true, .heads_out = true});
  };
  return {by(false, 1), by(true, 0), Tensor()};
}

Terms attention_gradient(const NodePtr& node, const Tensor& g) {
  return terms_of_formula(node, g, [](const NodePtr& fused, const Terms& inputs) {
    const auto& how = attributes_of(fused);
    const Tensor &weights = inputs[0], &dweights = inputs[1];
    const Tensor scores = weights * (dweights - ops::sum(weights * dweights, {-1}, true)) * Tensor(how.scale);
    return inputs.size() > 2 && !how.adds ? ops::where(inputs[2], scores, Tensor(0.0)) : scores;
  });
}

constexpr Row kAttention[] = {
    {"attention_weights", attention_weights},
    {"attention_gradient", attention_gradient},
};

}  // namespace

std::span<const Row> tables::attention() { return kAttention; }

}  // namespace shoal::autograd
