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
           node.operation->is("inverse_rows") || node.operation->is("row_count") || node.operation->is("variable")));
}

// What must run for the targets, inputs first.
std::vector<NodePtr> needed_for(const std::vector<NodePtr>& targets) {
  std::vector<NodePtr> found, stack;
  std::unordered_set<const Node*> seen;
  for (const NodePtr& target : targets)
    if (seen.insert(target.get()).second) stack.push_back(target);
  const NodePtr& target = targets.front();
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
  for (call.piece = 0; call.piece < kernel.pieces; ++call.piece) kernel.run(kernel.params.get(), call);
  return values;
}

}  // namespace

void evaluate(const Tensor& tensor) { evaluate(std::vector<Tensor>{tensor}); }

void evaluate(const std::vector<Tensor>& tensors) {
  if (tensors.empty()) return;
  std::vector<NodePtr> targets;
  for (const Tensor& tensor : tensors) targets.push_back(graph::node_of(tensor));
  const std::vector<NodePtr> nodes = needed_for(targets);
  std::unordered_map<const Node*, int> readers;
  for (const NodePtr& target : targets) ++readers[target.get()];
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
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (const auto computed = values.find(targets[i].get()); computed != values.end())
      targets[i]->values = computed->second;
    if (!tensors[i].has_values()) tensors[i].set_values(known_values(*targets[i]));
  }
}

void install_evaluator() {
  set_evaluator([](const Tensor& tensor) { evaluate(tensor); });
}

}  // namespace shoal::plan
