#include "model/plan/program.h"

namespace shoal::plan {
namespace {

// The product dvalues value^T of heads as a projection makes them.
bool is_gradient_of_weights(const Item& item) {
  if (!item.operation->is("batch_matmul")) return false;
  const auto& how = std::get<graph::BatchMatmulAttributes>(item.attributes);
  return !how.transpose_a && how.transpose_b && how.heads_a && how.heads_b && !how.heads_out;
}

}  // namespace

void fuse_attention(Program& program) {
  std::vector<bool> gone(program.items.size(), false);
  for (Item& item : program.items) {
    if (!item.operation->is("attention_gradient") || item.inputs[0] == item.inputs[1]) continue;
    const auto place = static_cast<std::size_t>(item.inputs[1]);
    const Item& product = program.items[place];
    if (!is_gradient_of_weights(product) || product.is_output || product.readers.size() != 1) continue;
    item.operation = &graph::operation("fused_attention_gradient");
    item.cost += product.cost;
    item.inputs[1] = product.inputs[0];
    item.inputs.insert(item.inputs.begin() + 2, product.inputs[1]);
    gone[place] = true;
  }
  program.remove(gone);
}

}  // namespace shoal::plan
