#include "common/base/error.h"
#include "model/autograd/rules.h"
#include "model/graph/operation.h"
#include "model/ops/ops.h"

namespace shoal::autograd {
namespace {

using graph::make;
using graph::NodePtr;
using graph::RecurrentAttributes;
using Terms = std::vector<Tensor>;

void add_to(Tensor& sum, const Tensor& term) { sum = sum.defined() ? ops::add(sum, term) : term; }

// What arrives at a sequence op comes from slices of what it saved, added up: taken apart again, so that nobody fills
// and adds the whole.
class Arriving {
 public:
  Arriving(const NodePtr& node, const Tensor& gradient)
      : saved_(node->shape), units_(node->inputs[1]->shape[0]), cell_(attributes(node).cell) {
    take_apart(gradient);
  }
  Tensor sequence, h, c;  // undefined where nothing arrives

 private:
  static const RecurrentAttributes& attributes(const NodePtr& node) {
    return std::get<RecurrentAttributes>(node->attributes);
  }

  void take_apart(const Tensor& g) {
    const NodePtr& node = g.node();
    if (node && node->operation->is("add") && node->inputs[0]->shape == saved_ && node->inputs[1]->shape == saved_) {
      take_apart(operand(node, 0));
      take_apart(operand(node, 1));
    } else if (!(node && node->operation->is("unslice") && take_slice(node))) {
      if (saved_[2] != units_) raise("gradients: a recurrent layer's inner values have no gradient of their own");
      add_to(sequence, g);
    }
  }

  bool take_slice(const NodePtr& node) {
    const auto& slice = std::get<graph::SliceAttributes>(node->attributes);
    const Shape& part = node->inputs[0]->shape;
    const std::int64_t first = slice.starts[1], column = slice.starts[2];
    if (part[2] != units_ || slice.steps[1] != 1 || slice.steps[2] != 1) return false;
    const bool is_last = part[1] == 1 && first == saved_[1] - 1;
    if (column == saved_[2] - units_) {
      if (part[1] == saved_[1]) {
        add_to(sequence, operand(node, 0));
      } else if (is_last) {
        add_to(h, ops::reshape_rows(operand(node, 0), {units_}));
      } else {
        const Shape all{saved_[0], saved_[1], units_};
        add_to(sequence, make("unslice", {operand(node, 0)}, graph::SliceAttributes{{0, first, 0}, {1, 1, 1}, all}));
      }
      return true;
    }
    if (cell_ != "lstm" || !is_last || column != saved_[2] - 2 * units_) return false;
    add_to(c, ops::reshape_rows(operand(node, 0), {units_}));
    return true;
  }

  Shape saved_;
  std::int64_t units_;
  std::string cell_;
};

Terms recurrent(const NodePtr& node, const Tensor& g) {
  const auto& attributes = std::get<RecurrentAttributes>(node->attributes);
  const std::int64_t units = node->inputs[1]->shape[0], time = node->shape[1], gates = node->inputs[1]->shape[1];
  const auto given = [&](const char* name) {
    const int place = attributes.position(name);
    return place < 0 ? Tensor() : operand(node, static_cast<std::size_t>(place));
  };
  RecurrentAttributes like = attributes;
  like.optional.clear();
  like.state_gradient = given("h").defined() || given("c").defined();

  const Arriving arriving(node, g);
  RecurrentAttributes back = like, sums = like;
  Terms operands{output(node), operand(node, 1)}, summed{output(node)};
  const auto push = [](RecurrentAttributes& to, Terms& list, const char* name, const Tensor& tensor) {
    if (!tensor.defined()) return;
    to.optional.push_back(name);
    list.push_back(tensor);
  };
  if (attributes.cell.starts_with("gru")) push(back, operands, "h", given("h"));  // others do not look at it
  push(back, operands, "c", given("c"));
  push(back, operands, "mask", given("mask"));
  push(back, operands, "dropout", given("dropout"));
  push(back, operands, "d_sequence", arriving.sequence);
  push(back, operands, "d_h", arriving.h);
  push(back, operands, "d_c", arriving.c);
  const Tensor whole = make("recurrent_gradient", operands, back);
  const Tensor dx = like.state_gradient ? ops::slice(whole, {0, 0, 0}, {-1, time, gates}) : whole;
  summed.push_back(dx);
  push(sums, summed, "h", given("h"));
  push(sums, summed, "dropout", given("dropout"));

  Terms terms(node->inputs.size());
  terms[0] = dx;
  terms[1] = make("recurrent_kernel_gradient", summed, sums);
  const auto put = [&](const char* name, const auto& term) {
    if (const int place = attributes.position(name); place >= 0) terms[static_cast<std::size_t>(place)] = term();
  };
  const auto state = [&](std::int64_t index) {
    const Tensor slot = ops::slice(whole, {0, time, index * units}, {-1, 1, units});
    return ops::reshape_rows(slot, {units});
  };
  put("h", [&] { return state(0); });
  put("c", [&] { return state(1); });
  put("bias", [&] { return make("recurrent_bias_gradient", {output(node), dx}, like); });
  return terms;
}

constexpr Row kRecurrent[] = {
    {"recurrent", recurrent},
};

}  // namespace

std::span<const Row> tables::recurrent() { return kRecurrent; }

}  // namespace shoal::autograd
