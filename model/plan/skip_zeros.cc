#include <algorithm>
#include <array>

#include "model/kernels/winograd.h"
#include "model/plan/convolution.h"
#include "model/plan/program.h"

namespace shoal::plan {
namespace {

// Works on a program with its gradients: what is left undone is seen only there.
class ZeroSkipping {
 public:
  explicit ZeroSkipping(Program& program) : program_(program), gone_(program.items.size(), false) {}

  void run() {
    for (int i = 0; i < count(); ++i)
      if (at(i).operation->is("max_pool")) fuse_pool(i);
    program_.remove(gone_);
    for (int i = 0; i < count(); ++i) make_sparse(i);
  }

 private:
  Item& at(int i) { return program_.items[static_cast<std::size_t>(i)]; }
  int count() const { return static_cast<int>(program_.items.size()); }
  void drop(int i) { gone_[static_cast<std::size_t>(i)] = true; }
  bool has_one_reader(int i) { return !at(i).is_output && at(i).readers.size() == 1; }

  // What a pooled convolution consists of; -1: absent.
  struct Parts {
    int conv = -1, add = -1, bias = -1, relu = -1, pool = -1;
    int pool_gradient = -1, relu_gradient = -1;
  };

  static bool is_two_by_two(const graph::WindowAttributes& w) {
    constexpr std::array<std::int64_t, 2> two{2, 2}, none{0, 0};
    return w.size == two && w.strides == two && w.pad_before == none && w.pad_after == none;
  }

  // The sparse kernels know neither dilation nor groups.
  static bool is_plain(const Item& conv) {
    const auto& w = std::get<graph::WindowAttributes>(conv.attributes);
    return w.groups == 1 && w.dilation == std::array<std::int64_t, 2>{1, 1};
  }

  // relu(conv + bias) before a pooling that alone reads it, forward and backward.
  bool find(Parts& parts) {
    if (!is_two_by_two(std::get<graph::WindowAttributes>(at(parts.pool).attributes))) return false;
    parts.relu = at(parts.pool).inputs[0];
    if (!at(parts.relu).operation->is("relu") || at(parts.relu).is_output) return false;
    int before = at(parts.relu).inputs[0];
    if (at(before).operation->is("add")) {
      parts.add = before;
      const auto& operands = at(before).inputs;
      const bool first = at(operands[0]).operation->is("conv2d");
      before = operands[first ? 0 : 1];
      parts.bias = operands[first ? 1 : 0];
      if (!has_one_reader(parts.add)) return false;
    }
    if (!at(before).operation->is("conv2d") || !has_one_reader(before) || before == parts.bias) return false;
    parts.conv = before;
    if (parts.bias >= 0 && at(parts.bias).shape != Shape{at(parts.conv).shape[-1]}) return false;
    return at(parts.conv).rows == graph::Rows::kRowWise && is_plain(at(parts.conv)) && find_backward(parts);
  }

  bool find_backward(Parts& parts) {
    for (int reader : at(parts.relu).readers) {
      if (at(reader).operation->is("max_pool_gradient") && at(reader).inputs[0] == parts.relu &&
          at(reader).inputs[1] == parts.pool && parts.pool_gradient < 0) {
        parts.pool_gradient = reader;
      } else if (at(reader).operation->is("relu_gradient") && at(reader).inputs[0] == parts.relu &&
                 parts.relu_gradient < 0) {
        parts.relu_gradient = reader;
      } else if (reader != parts.pool) {
        return false;
      }
    }
    if (parts.pool_gradient < 0) return parts.relu_gradient < 0;
    if (parts.relu_gradient < 0 || at(parts.relu_gradient).inputs[1] != parts.pool_gradient) return false;
    if (!has_one_reader(parts.pool_gradient) || at(parts.relu_gradient).is_output) return false;
    const auto& readers = at(parts.relu_gradient).readers;
    return std::all_of(readers.begin(), readers.end(), [&](int reader) { return can_pool(parts, reader); });
  }

  // Does this reader of the gradient have a form that takes the gradient of the pooled outputs?
  bool can_pool(const Parts& parts, int reader) {
    const Item& item = at(reader);
    if (item.operation->is("conv2d_kernel_gradient") || item.operation->is("conv2d_input_gradient"))
      return item.inputs[1] == parts.relu_gradient && item.inputs[0] != parts.relu_gradient;
    if (!item.operation->is("sum")) return false;
    const auto& sum = std::get<graph::ReduceAttributes>(item.attributes);
    return sum.axes == std::vector<int>{0, 1, 2} && !sum.keepdims;
  }

  void fuse_pool(int pool) {
    Parts parts;
    parts.pool = pool;
    if (!find(parts)) return;

    // The convolution's place is taken by the winners, of the shape of the pooled outputs.
    Item& winners = at(parts.conv);
    graph::FusedAttributes fused;
    fused.window = std::get<graph::WindowAttributes>(winners.attributes);
    fused.bias = parts.bias >= 0;
    fused.activation = "relu";
    const int x = winners.inputs[0], kernel = winners.inputs[1];
    Item& pooled = at(parts.pool);
    pooled.operation = &graph::operation("pooled_conv2d");
    pooled.attributes = fused;
    pooled.inputs = {x, kernel, parts.conv};
    if (fused.bias) pooled.inputs.push_back(parts.bias);
    pooled.scope = winners.scope;
    pooled.cost += winners.cost + at(parts.relu).cost;
    pooled.rows = graph::Rows::kRowWise;
    winners.operation = &graph::operation("pool_winners");
    winners.attributes = {};
    winners.shape = pooled.shape;
    winners.dtype = DType::kUInt8;
    winners.cost = 0;
    if (parts.add >= 0) drop(parts.add);
    drop(parts.relu);
    if (parts.pool_gradient < 0) return;

    Item& gradient = at(parts.relu_gradient);
    gradient.inputs = {parts.pool, at(parts.pool_gradient).inputs[2]};
    gradient.shape = pooled.shape;
    gradient.cost = pooled.cost > 0 ? graph::elements_or_row(pooled.shape) : 0;
    drop(parts.pool_gradient);
    for (int reader : gradient.readers)
      if (!at(reader).operation->is("sum")) at(reader).inputs.push_back(parts.conv);
  }

  // A list costs more than a product with one cell, and than Winograd's algorithm.
  bool is_faster_dense(const Item& item, bool kernel) {
    const auto& window = std::get<graph::WindowAttributes>(item.attributes);
    if (window.size == std::array<std::int64_t, 2>{1, 1}) return true;
    if (item.dtype != DType::kFloat32 || kernels::table<float>().winograd_conv2d == nullptr) return false;
    const auto shape = convolution(window, kernel ? at(item.inputs[0]).shape : item.shape, at(item.inputs[1]).shape);
    return kernels::takes_winograd(shape) && (kernel || kernels::takes_winograd(kernels::turned(shape)));
  }

  // A gradient of a convolution whose dy comes out of a ReLU.
  void make_sparse(int i) {
    Item& item = at(i);
    const bool kernel = item.operation->is("conv2d_kernel_gradient");
    if (!kernel && !item.operation->is("conv2d_input_gradient")) return;
    if (!at(item.inputs[1]).operation->is("relu_gradient") || item.rows == graph::Rows::kWhole) return;
    if (!is_plain(item) || (item.inputs.size() == 2 && is_faster_dense(item, kernel))) return;
    item.operation = &graph::operation(kernel ? "sparse_conv2d_kernel_gradient" : "sparse_conv2d_input_gradient");
  }

  Program& program_;
  std::vector<bool> gone_;
};

}  // namespace

void skip_zeros(Program& program) { ZeroSkipping(program).run(); }

}  // namespace shoal::plan
