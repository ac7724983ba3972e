#include "model/kernels/winograd.h"

#include <map>

#include "model/plan/convolution.h"
#include "model/plan/program.h"

namespace shoal::plan {
namespace {

class Winograd {
 public:
  explicit Winograd(Program& program) : program_(program) {}

  void run() {
    std::vector<Item> before = std::move(program_.items);
    program_.items.clear();
    std::vector<int> place(before.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
      Item item = std::move(before[i]);
      for (int& input : item.inputs) input = place[static_cast<std::size_t>(input)];
      const bool forward = item.operation->is("conv2d") || item.operation->is("fused_conv2d");
      if (forward && fits(item, shape(item.inputs[0]), item.shape)) {
        if (const auto* window = std::get_if<graph::WindowAttributes>(&item.attributes)) {
          graph::FusedAttributes fused;
          fused.window = *window;
          item.attributes = fused;
        }
        item.operation = &graph::operation("winograd_conv2d");
        item.inputs[1] = planes_of(item.inputs[1], false);
      } else if (item.operation->is("conv2d_input_gradient") && fits(item, item.shape, shape(item.inputs[1]))) {
        item.operation = &graph::operation("winograd_conv2d_input_gradient");
        item.inputs[0] = planes_of(item.inputs[0], true);
      }
      place[i] = add(std::move(item));
    }
    for (int& output : program_.outputs) output = place[static_cast<std::size_t>(output)];
    program_.find_readers();
  }

 private:
  const Shape& shape(int item) const { return program_.items[static_cast<std::size_t>(item)].shape; }

  int add(Item item) {
    program_.items.push_back(std::move(item));
    return static_cast<int>(program_.items.size()) - 1;
  }

  static bool fits(const Item& item, const Shape& x, const Shape& y) {
    if (item.rows != graph::Rows::kRowWise || item.dtype != DType::kFloat32) return false;
    const kernels::Conv2DShape s = convolution(window_of(item.attributes), x, y);
    return kernels::takes_winograd(s) &&
           (!item.operation->is("conv2d_input_gradient") || kernels::takes_winograd(kernels::turned(s)));
  }

  // The kernel taken apart, one item for all that need it.
  int planes_of(int kernel, bool turned) {
    const auto found = planes_.find({kernel, turned});
    if (found != planes_.end()) return found->second;
    const Shape& of = shape(kernel);
    Item item;
    item.operation = &graph::operation(turned ? "winograd_turned_kernel" : "winograd_kernel");
    item.shape = Shape{kernels::kWinogradPlanes, kernels::winograd_plane(of[2] * of[3])};
    item.scope = program_.items[static_cast<std::size_t>(kernel)].scope;
    item.inputs = {kernel};
    return planes_[{kernel, turned}] = add(std::move(item));
  }

  Program& program_;
  std::map<std::pair<int, bool>, int> planes_;
};

}  // namespace

void take_winograd(Program& program) {
  if (kernels::table<float>().winograd_conv2d != nullptr) Winograd(program).run();
}

}  // namespace shoal::plan
