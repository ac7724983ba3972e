#include <algorithm>

#include "model/plan/program.h"

namespace shoal::plan {
namespace {

// Works on a program with its gradients.
class NormalizationFusion {
 public:
  explicit NormalizationFusion(Program& program) : program_(program) {}

  void run() {
    for_all("relu_gradient", &NormalizationFusion::take_sum);
    for_all("add", &NormalizationFusion::take_two);
    for_all("relu_gradient", &NormalizationFusion::drop_relu_gradient);
    for_all("scale_shift", &NormalizationFusion::extend);
  }

 private:
  Item& at(int i) { return program_.items[static_cast<std::size_t>(i)]; }
  bool is(int i, std::string_view operation) { return at(i).operation->is(operation); }
  void drop(int i) { gone_[static_cast<std::size_t>(i)] = true; }
  bool is_read_once(int i) { return !at(i).is_output && at(i).readers.size() == 1; }

  void for_all(std::string_view operation, void (NormalizationFusion::*visit)(int)) {
    gone_.assign(program_.items.size(), false);
    for (int i = 0; i < static_cast<int>(program_.items.size()); ++i)
      if (is(i, operation) && at(i).rows == graph::Rows::kRowWise) (this->*visit)(i);
    program_.remove(gone_);
  }

  // relu_gradient of a sum of two that nobody else needs.
  void take_sum(int i) {
    const int sum = at(i).inputs[1];
    if (!is(sum, "add") || !is_read_once(sum) || at(i).inputs[0] == sum || at(sum).shape != at(i).shape) return;
    const std::vector<int> terms = at(sum).inputs;
    if (std::ranges::any_of(terms, [&](int term) { return at(term).shape != at(i).shape; })) return;
    at(i).inputs = {at(i).inputs[0], terms[0], terms[1]};
    at(i).operation = &graph::operation("relu_gradient_of_sum");
    drop(sum);
  }

  // The gradient of a batch normalization: one part comes by way of the values, the other by way of their moments.
  void take_two(int i) {
    const std::vector<int> terms = at(i).inputs;
    if (terms[0] == terms[1]) return;
    for (int term : terms)
      if (!is(term, "scale_shift") || !is_read_once(term) || at(term).shape != at(i).shape) return;
    const bool second = is(at(terms[1]).inputs[0], "relu_gradient");
    const Item &x = at(terms[second ? 1 : 0]), &y = at(terms[second ? 0 : 1]);
    at(i).inputs = {x.inputs[0], x.inputs[1], y.inputs[0], y.inputs[1]};
    at(i).operation = &graph::operation("scale_shift_two");
    for (int term : terms) {
      at(i).cost += at(term).cost;
      drop(term);
    }
  }

  // A ReLU's gradient that only a normalization needs is made where it is used.
  void drop_relu_gradient(int i) {
    if (at(i).is_output) return;
    for (int reader : at(i).readers) {
      const std::vector<int>& inputs = at(reader).inputs;
      const bool fits = (is(reader, "scale_shift_two") && inputs.size() == 4) || is(reader, "column_dots");
      if (!fits || std::ranges::count(inputs, i) != 1 || inputs[0] != i) return;
    }
    const int relu = at(i).inputs[0], dy = at(i).inputs[1];
    for (int reader : at(i).readers) {
      Item& item = at(reader);
      const bool dots = item.operation->is("column_dots");
      const int y = item.inputs[dots ? 1 : 2];
      // Behind a scale and shift of the same y the gate is made again, and the ReLU's output not read.
      const int before = is(relu, "relu") ? at(relu).inputs[0] : -1;
      const bool again = before >= 0 && is(before, "scale_shift") && at(before).inputs[0] == y;
      item.inputs[0] = dy;
      item.inputs.push_back(again ? at(before).inputs[1] : relu);
      if (dots) item.operation = &graph::operation("gated_column_dots");
    }
    drop(i);
  }

  // scale_shift, then an addition, then a ReLU: those of the two that are there.
  void extend(int i) {
    int last = i, addend = -1;
    if (is_read_once(last) && is(at(last).readers[0], "add") && !gone_[static_cast<std::size_t>(at(last).readers[0])]) {
      const int sum = at(last).readers[0];
      const auto& terms = at(sum).inputs;
      const int other = terms[0] == i ? terms[1] : terms[0];
      if (other != i && at(other).shape == at(i).shape && at(sum).shape == at(i).shape) {
        addend = other;
        last = sum;
      }
    }
    graph::FusedAttributes fused;
    if (is_read_once(last) && is(at(last).readers[0], "relu")) {
      fused.activation = "relu";
      last = at(last).readers[0];
    }
    if (last == i) return;
    // It stands where the last of its parts stood: all operands are known there.
    Item& item = at(last);
    item.inputs = {at(i).inputs[0], at(i).inputs[1]};
    if (addend >= 0) item.inputs.push_back(addend);
    for (int part = i; part != last; part = at(part).readers[0]) {
      item.cost += at(part).cost;
      drop(part);
    }
    item.operation = &graph::operation("fused_scale_shift");
    item.attributes = std::move(fused);
    item.scope = at(i).scope;
  }

  Program& program_;
  std::vector<bool> gone_;
};

}  // namespace

void fuse_normalization(Program& program) { NormalizationFusion(program).run(); }

}  // namespace shoal::plan
