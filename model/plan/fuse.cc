#include "model/plan/program.h"

namespace shoal::plan {
namespace {

class Fusion {
 public:
  explicit Fusion(Program& program) : program_(program), gone_(program.items.size(), false) {}

  void run() {
    for (std::size_t i = 0; i < program_.items.size(); ++i) {
      const bool product = at(i).operation->is("matmul") || at(i).operation->is("conv2d");
      if (product && at(i).rows == graph::Rows::kRowWise) extend(static_cast<int>(i));
    }
    program_.remove(gone_);
  }

 private:
  Item& at(std::size_t i) { return program_.items[i]; }
  Item& at(int i) { return program_.items[static_cast<std::size_t>(i)]; }

  // The one reader of an item that is needed nowhere else, or -1.
  int only_reader(int i) { return at(i).is_output || at(i).readers.size() != 1 ? -1 : at(i).readers[0]; }

  void extend(int product) {
    graph::FusedAttributes fused;
    int last = product, bias = -1;
    if (const int next = only_reader(last); next >= 0 && at(next).operation->is("add")) {
      const auto& operands = at(next).inputs;
      const int other = operands[0] == product ? operands[1] : operands[0];
      if (other != product && at(other).shape == Shape{at(product).shape[-1]}) {
        bias = other;
        last = next;
      }
    }
    if (const int next = only_reader(last); next >= 0) {
      const graph::Operation& operation = *at(next).operation;
      if (operation.is("relu") || operation.is("sigmoid") || operation.is("tanh")) {
        fused.activation = operation.name;
        last = next;
      }
    }
    if (last == product) return;

    fused.bias = bias >= 0;
    const bool conv = at(product).operation->is("conv2d");
    if (conv) {
      fused.window = std::get<graph::WindowAttributes>(at(product).attributes);
    } else {
      fused.matmul = std::get<graph::MatmulAttributes>(at(product).attributes);
    }
    // The fused item stands where the last of its parts stood: all operands are known there.
    Item& item = at(last);
    for (int part = product; part != last; part = at(part).readers[0]) {
      item.cost += at(part).cost;
      gone_[static_cast<std::size_t>(part)] = true;
    }
    item.operation = &graph::operation(conv ? "fused_conv2d" : "fused_matmul");
    item.inputs = at(product).inputs;
    if (fused.bias) item.inputs.push_back(bias);
    item.scope = at(product).scope;
    item.rows = graph::Rows::kRowWise;
    item.attributes = std::move(fused);
  }

  Program& program_;
  std::vector<bool> gone_;
};

}  // namespace

void fuse(Program& program) { Fusion(program).run(); }

}  // namespace shoal::plan
