#include "model/autograd/rules.h"

namespace shoal::autograd {
namespace {

using graph::make;
using graph::NodePtr;
using Terms = std::vector<Tensor>;

graph::GatherAttributes on_table(const NodePtr& node, const Shape& table) {
  graph::GatherAttributes attributes = std::get<graph::GatherAttributes>(node->attributes);
  attributes.table = table;
  return attributes;
}

Terms take_rows(const NodePtr& node, const Tensor& g) {
  return {make("add_rows", {operand(node, 1), g}, on_table(node, node->inputs[0]->shape)), Tensor()};
}

Terms add_rows(const NodePtr& node, const Tensor& g) {
  return {Tensor(), make("take_rows", {g, operand(node, 0)}, node->attributes)};
}

constexpr Row kGather[] = {
    {"take_rows", take_rows},
    {"add_rows", add_rows},
};

}  // namespace

std::span<const Row> tables::gather() { return kGather; }

}  // namespace shoal::autograd
