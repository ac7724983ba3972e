#include "model/autograd/gradients.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "common/base/error.h"
#include "model/autograd/rules.h"
#include "model/graph/operation.h"
#include "model/ops/ops.h"

namespace shoal {
namespace autograd {

Rule rule_of(const graph::Operation& operation) {
  static const std::unordered_map<std::string_view, Rule> rules = [] {
    std::unordered_map<std::string_view, Rule> result;
    for (auto table : {tables::elementwise(), tables::shapes(), tables::normalization(), tables::products(),
                       tables::batch_products(), tables::attention(), tables::windows(), tables::losses(),
                       tables::gather(), tables::recurrent()})
      for (const Row& row : table) result.emplace(row.operation, row.rule);
    return result;
  }();
  const auto found = rules.find(operation.name);
  return found == rules.end() ? nullptr : found->second;
}

std::vector<Tensor> terms_of_formula(const graph::NodePtr& node, const Tensor& gradient,
                                     Tensor (*formula)(const graph::NodePtr&, const std::vector<Tensor>&)) {
  // Aliases of their own, so that no operand is found inside another one or inside `gradient`.
  std::vector<Tensor> inputs, sources;
  for (std::size_t i = 0; i < node->inputs.size(); ++i) {
    inputs.push_back(graph::make("reshape", {operand(node, i)}, graph::ShapeAttributes{node->inputs[i]->shape}));
    if (is_floating(inputs.back().dtype())) sources.push_back(inputs.back());
  }
  const std::vector<Tensor> found = gradients(ops::sum(formula(node, inputs) * gradient), sources);
  std::vector<Tensor> terms;
  for (std::size_t i = 0, next = 0; i < inputs.size(); ++i)
    terms.push_back(is_floating(inputs[i].dtype()) ? found[next++] : Tensor());
  return terms;
}

}  // namespace autograd

namespace {

using graph::Node;
using graph::NodePtr;

// All nodes that `target` depends on, in the order of their creation.
std::vector<NodePtr> ancestors(const NodePtr& target) {
  std::vector<NodePtr> found, stack{target};
  std::unordered_set<const Node*> seen{target.get()};
  while (!stack.empty()) {
    const NodePtr node = stack.back();
    stack.pop_back();
    found.push_back(node);
    for (const NodePtr& input : node->inputs)
      if (seen.insert(input.get()).second) stack.push_back(input);
  }
  std::sort(found.begin(), found.end(), [](const NodePtr& a, const NodePtr& b) { return a->id < b->id; });
  return found;
}

// Is `node` the source: the same node, another read of the same variable, or a constant of the same values.
struct Source {
  NodePtr node;
  const void* values = nullptr;
  Variable variable;

  explicit Source(const Tensor& tensor) : node(tensor.node()) {
    if (!node) values = tensor.raw();
  }
  explicit Source(Variable v) : variable(std::move(v)) {}

  bool matches(const Node& other) const {
    if (variable.defined()) return other.operation->is("variable") && other.variable == variable;
    if (node) return node.get() == &other;
    return other.operation->is("constant") && other.constant.raw() == values;
  }
};

std::vector<Tensor> backward(const Tensor& target, const std::vector<Source>& sources, std::vector<Tensor> results) {
  if (!is_floating(target.dtype()))
    raise("gradients: the target must have a floating dtype, received {}", name_of(target.dtype()));
  const std::vector<NodePtr> nodes = ancestors(graph::node_of(target));
  std::unordered_map<const Node*, std::vector<std::size_t>> found;
  std::unordered_set<const Node*> wanted;  // a source, or depends on one
  for (const NodePtr& node : nodes) {
    for (std::size_t i = 0; i < sources.size(); ++i)
      if (sources[i].matches(*node)) found[node.get()].push_back(i);
    bool needed = found.count(node.get()) > 0;
    for (const NodePtr& input : node->inputs) needed = needed || wanted.count(input.get()) > 0;
    if (needed && is_floating(node->dtype)) wanted.insert(node.get());
  }

  std::unordered_map<const Node*, Tensor> pending;
  const auto add_to = [](Tensor& sum, const Tensor& term) { sum = sum.defined() ? ops::add(sum, term) : term; };
  pending[nodes.back().get()] = ops::ones_like(target);
  for (auto it = nodes.rbegin(); it != nodes.rend(); ++it) {
    const NodePtr& node = *it;
    const auto gradient = pending.find(node.get());
    if (gradient == pending.end() || wanted.count(node.get()) == 0) continue;
    const graph::Scope scope(graph::Scope::Whole{}, node->scope);
    if (const auto mine = found.find(node.get()); mine != found.end())
      for (std::size_t i : mine->second) add_to(results[i], gradient->second);
    const bool goes_on = std::any_of(node->inputs.begin(), node->inputs.end(),
                                     [&](const NodePtr& input) { return wanted.count(input.get()) > 0; });
    if (!goes_on) continue;
    const autograd::Rule rule = autograd::rule_of(*node->operation);
    if (rule == nullptr) raise("gradients: operation '{}' has no gradient rule", node->operation->name);
    const std::vector<Tensor> terms = rule(node, gradient->second);
    for (std::size_t i = 0; i < terms.size(); ++i)
      if (terms[i].defined() && wanted.count(node->inputs[i].get()) > 0)
        add_to(pending[node->inputs[i].get()], terms[i]);
  }
  return results;
}

}  // namespace

std::vector<Tensor> gradients(const Tensor& target, const std::vector<Tensor>& sources) {
  std::vector<Source> wanted;
  for (const Tensor& source : sources) wanted.emplace_back(source);
  std::vector<Tensor> results = backward(target, wanted, std::vector<Tensor>(sources.size()));
  for (std::size_t i = 0; i < results.size(); ++i)
    if (!results[i].defined()) results[i] = ops::zeros_like(sources[i]);
  return results;
}

std::vector<Tensor> gradients(const Tensor& target, const std::vector<Variable>& variables) {
  std::vector<Source> wanted;
  for (const Variable& variable : variables) wanted.emplace_back(variable);
  std::vector<Tensor> results = backward(target, wanted, std::vector<Tensor>(variables.size()));
  for (std::size_t i = 0; i < results.size(); ++i)
    if (!results[i].defined()) results[i] = Tensor(variables[i].shape(), variables[i].dtype());
  return results;
}

}  // namespace shoal
