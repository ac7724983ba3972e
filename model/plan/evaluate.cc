#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "common/base/error.h"
#include "model/plan/kernel.h"
#include "model/plan/plan.h"

namespace shoal::plan {
namespace {

using graph::Node;
using graph::NodePtr;

std::shared_ptr<void> known_values(const Node& node) {
  if (node.values) return node.values;
  if (!node.constant.defined()) return nullptr;
  return {const_cast<void*>(node.constant.raw()), [keep = node.constant](void*) {}};
}

bool is_traced(const Node& node) {
  return node.shape.has_rows() ||
         (node.inputs.empty() &&
          (node.operation->is("input") || node.operation->is("step") || node.operation->is("first_row") ||
           node.operation->is("inverse_rows") || node.operation->is("variable")));
}

// What must run for `target`, inputs first.
std::vector<NodePtr> needed_for(const NodePtr& target) {
  std::vector<NodePtr> found, stack{target};
  std::unordered_set<const Node*> seen{target.get()};
  while (!stack.empty()) {
    const NodePtr node = stack.back();
    stack.pop_back();
    if (known_values(*node)) continue;
    if (is_traced(*node))
      raise(
          "{}: a value cannot be read while a step is traced, nor afterwards (it depends on the batch, shape {}); "
          "compile with run_eagerly to read values in between",
          target->operation->name, target->shape.to_string());
    found.push_back(node);
    for (const NodePtr& input : node->inputs)
      if (seen.insert(input.get()).second) stack.push_back(input);
  }
  std::sort(found.begin(), found.end(), [](const NodePtr& a, const NodePtr& b) { return a->id < b->id; });
  return found;
}

std::shared_ptr<void> run(const Node& node, const std::vector<std::shared_ptr<void>>& inputs) {
  Signature signature{node.operation, &node.attributes, {}, {}, node.shape, node.dtype};
  Call call;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    signature.inputs.push_back(node.inputs[i]->shape);
    signature.dtypes.push_back(node.inputs[i]->dtype);
    call.in[i] = inputs[i].get();
  }
  const Kernel kernel = bind(signature);
  const auto values = allocate_values(static_cast<std::size_t>(node.shape.elements()) * size_of(node.dtype));
  const auto scratch = allocate_values(kernel.scratch_bytes(0));
  call.out = values.get();
  call.scratch = scratch.get();
  kernel.run(kernel.params.get(), call);
  return values;
}

}  // namespace

void evaluate(const Tensor& tensor) {
  const NodePtr target = graph::node_of(tensor);
  const std::vector<NodePtr> nodes = needed_for(target);
  std::unordered_map<const Node*, int> readers;
  for (const NodePtr& node : nodes)
    for (const NodePtr& input : node->inputs) ++readers[input.get()];
  std::unordered_map<const Node*, std::shared_ptr<void>> values;
  for (const NodePtr& node : nodes) {
    std::vector<std::shared_ptr<void>> inputs;
    for (const NodePtr& input : node->inputs) {
      const auto computed = values.find(input.get());
      inputs.push_back(computed != values.end() ? computed->second : known_values(*input));
      if (--readers[input.get()] == 0) values.erase(input.get());
    }
    values[node.get()] = run(*node, inputs);
  }
  if (!nodes.empty()) target->values = values[target.get()];
  tensor.set_values(known_values(*target));
}

void install_evaluator() { set_evaluator(&evaluate); }

}  // namespace shoal::plan
