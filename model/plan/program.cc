#include "model/plan/program.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "common/base/error.h"

namespace shoal::plan {
namespace {

using graph::Node;
using graph::NodePtr;

Kind kind_of(const graph::Operation& operation) {
  static const std::unordered_map<std::string_view, Kind> kinds{{"constant", Kind::kConstant},
                                                                {"variable", Kind::kVariable},
                                                                {"input", Kind::kInput},
                                                                {"step", Kind::kStep},
                                                                {"first_row", Kind::kFirstRow},
                                                                {"inverse_rows", Kind::kInverseRows},
                                                                {"row_count", Kind::kRowCount},
                                                                {"reshape", Kind::kAlias},
                                                                {"stop_gradient", Kind::kAlias},
                                                                {"assign", Kind::kAssign},
                                                                {"apply_gradient", Kind::kApplyGradient}};
  const auto found = kinds.find(operation.name);
  return found == kinds.end() ? Kind::kCompute : found->second;
}

std::vector<NodePtr> reachable(std::vector<NodePtr> stack) {
  std::vector<NodePtr> found;
  std::unordered_set<const Node*> seen;
  while (!stack.empty()) {
    const NodePtr node = stack.back();
    stack.pop_back();
    if (!seen.insert(node.get()).second) continue;
    found.push_back(node);
    stack.insert(stack.end(), node->inputs.begin(), node->inputs.end());
  }
  std::sort(found.begin(), found.end(), [](const NodePtr& a, const NodePtr& b) { return a->id < b->id; });
  return found;
}

Item item_of(const Node& node) {
  Item item;
  item.kind = kind_of(*node.operation);
  item.operation = node.operation;
  item.attributes = node.attributes;
  item.shape = node.shape;
  item.dtype = node.dtype;
  item.scope = node.scope;
  item.rows = graph::rows_of(node);
  item.cost = node.operation->cost(node.inputs, node.attributes, node.shape);
  item.constant = node.constant;
  item.variable = node.variable;
  if (item.kind == Kind::kVariable && item.constant.defined()) item.kind = Kind::kConstant;  // read before the trace
  return item;
}

}  // namespace

std::size_t Item::row_bytes() const {
  return shape.has_rows() ? static_cast<std::size_t>(graph::elements_or_row(shape)) * size_of(dtype) : 0;
}

std::size_t Item::fixed_bytes() const {
  return shape.has_rows() ? 0 : static_cast<std::size_t>(graph::elements_or_row(shape)) * size_of(dtype);
}

int Program::storage(int item) const {
  while (items[static_cast<std::size_t>(item)].kind == Kind::kAlias)
    item = items[static_cast<std::size_t>(item)].inputs[0];
  return item;
}

void Program::find_readers() {
  for (Item& item : items) item.readers.clear();
  for (std::size_t i = 0; i < items.size(); ++i)
    for (int input : items[i].inputs) {
      auto& readers = items[static_cast<std::size_t>(input)].readers;
      if (readers.empty() || readers.back() != static_cast<int>(i)) readers.push_back(static_cast<int>(i));
    }
}

void Program::remove(const std::vector<bool>& gone) {
  std::vector<int> place(items.size(), -1);
  std::vector<Item> kept;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (gone[i]) continue;
    place[i] = static_cast<int>(kept.size());
    kept.push_back(std::move(items[i]));
    for (int& input : kept.back().inputs) input = place[static_cast<std::size_t>(input)];
  }
  items = std::move(kept);
  for (int& output : outputs) output = place[static_cast<std::size_t>(output)];
  find_readers();
}

Program collect(const graph::Trace& trace, const std::vector<Tensor>& outputs) {
  std::vector<NodePtr> ends;
  for (const Tensor& root : trace.roots()) ends.push_back(graph::node_of(root));
  const std::size_t roots = ends.size();
  for (const Tensor& output : outputs) ends.push_back(graph::node_of(output));

  Program program;
  std::unordered_map<const Node*, int> place;
  for (const NodePtr& node : reachable(ends)) {
    Item item = item_of(*node);
    for (const NodePtr& input : node->inputs) item.inputs.push_back(place.at(input.get()));
    if (item.kind == Kind::kInput) {
      for (std::size_t i = 0; i < trace.inputs().size(); ++i)
        if (trace.inputs()[i].node() == node) item.input = static_cast<int>(i);
      if (item.input < 0) raise("plan: input '{}' belongs to another trace", node->name);
    }
    place[node.get()] = static_cast<int>(program.items.size());
    program.items.push_back(std::move(item));
  }
  for (std::size_t i = roots; i < ends.size(); ++i) {
    program.outputs.push_back(place.at(ends[i].get()));
    program.items[static_cast<std::size_t>(program.outputs.back())].is_output = true;
  }
  program.find_readers();
  return program;
}

void split_large_products(Program& program, bool gradients_leave_early) {
  // Up to kLarge a lane's copy of a gradient is cheap; up to kCached every block of rows may read all weights anew.
  constexpr std::size_t kLarge = 128 * 1024, kCached = 512 * 1024;
  for (Item& item : program.items) {
    if (!item.operation->is("matmul") && !item.operation->is("fused_matmul") &&
        !item.operation->is("recurrent_kernel_gradient"))
      continue;
    const bool sums = item.rows == graph::Rows::kSumsRows;
    if (item.rows == graph::Rows::kWhole) continue;
    const std::size_t weights =
        sums ? item.fixed_bytes() : program.items[static_cast<std::size_t>(item.inputs[1])].fixed_bytes();
    if (weights < (sums || gradients_leave_early ? kLarge : kCached)) continue;
    item.rows = graph::Rows::kWhole;
    item.split = true;
  }
}

}  // namespace shoal::plan
