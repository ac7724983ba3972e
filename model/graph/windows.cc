#include <utility>

#include "model/graph/rules.h"

// Convolutions, pooling and padding.
namespace shoal::graph {
namespace {

const WindowAttributes& window_attributes(const Attributes& attributes) {
  const auto* fused = std::get_if<FusedAttributes>(&attributes);
  return fused ? fused->window : std::get<WindowAttributes>(attributes);
}

// Cells from the first to the last of a window, both included.
std::int64_t extent(const WindowAttributes& w, std::size_t axis) { return (w.size[axis] - 1) * w.dilation[axis] + 1; }

std::int64_t outputs(const WindowAttributes& w, std::int64_t input, std::size_t axis) {
  const std::int64_t room = input + w.pad_before[axis] + w.pad_after[axis] - extent(w, axis);
  return room < 0 ? 0 : room / w.strides[axis] + 1;
}

Shape windowed(const Operation& operation, const WindowAttributes& w, const Shape& input, std::int64_t channels) {
  if (input.rank() != 4)
    raise("{}: the input must be (rows, height, width, channels), received shape {}", operation.name,
          input.to_string());
  for (std::size_t i : {0, 1})
    if (w.size[i] <= 0 || w.strides[i] <= 0 || w.dilation[i] <= 0)
      raise(
          "{}: window, strides and dilation must be positive, received window ({}, {}), strides ({}, {}), dilation "
          "({}, {})",
          operation.name, w.size[0], w.size[1], w.strides[0], w.strides[1], w.dilation[0], w.dilation[1]);
  const Shape output{input[0], outputs(w, input[1], 0), outputs(w, input[2], 1), channels};
  if (output[1] <= 0 || output[2] <= 0)
    raise("{}: a window of ({}, {}) does not fit into shape {}", operation.name, extent(w, 0), extent(w, 1),
          input.to_string());
  return output;
}

void check_groups(const Operation& operation, const WindowAttributes& w, const Shape& x, std::int64_t filters) {
  if (w.groups <= 0 || x[3] % w.groups != 0 || filters % w.groups != 0)
    raise("{}: {} groups must divide the {} channels of the input of shape {} and the {} of the output", operation.name,
          w.groups, x[3], x.to_string(), filters);
}

Result conv2d(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  const Node &x = *inputs[0], &kernel = *inputs[1];
  require_floating(operation, x);
  require_same_dtype(operation, x, kernel);
  require_rank(operation, kernel, 4, "the kernel");
  require_not_rows(operation, kernel, "the kernel");
  const WindowAttributes& window = window_attributes(attributes);
  const Shape output = windowed(operation, window, x.shape, kernel.shape[3]);
  check_groups(operation, window, x.shape, kernel.shape[3]);
  if (x.shape[3] != kernel.shape[2] * window.groups)
    raise("{}: the input of shape {} has {} channels, the kernel of shape {} wants {}", operation.name,
          x.shape.to_string(), x.shape[3], kernel.shape.to_string(), kernel.shape[2] * window.groups);
  return {output, x.dtype};
}

// (kernel, dy)
Result conv2d_input_gradient(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  require_same_dtype(operation, *inputs[0], *inputs[1]);
  const auto& window = std::get<WindowAttributes>(attributes);
  const Shape& x = window.input_shape;
  require_shape(operation, *inputs[1], windowed(operation, window, x, inputs[0]->shape[3]), "the gradient");
  return {x, inputs[0]->dtype};
}

// (x, dy)
Result conv2d_kernel_gradient(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  require_same_dtype(operation, *inputs[0], *inputs[1]);
  const auto& window = std::get<WindowAttributes>(attributes);
  const Shape &x = inputs[0]->shape, &dy = inputs[1]->shape;
  require_shape(operation, *inputs[1], windowed(operation, window, x, dy[3]), "the gradient");
  return {Shape{window.size[0], window.size[1], x[3] / window.groups, dy[3]}, inputs[0]->dtype};
}

Rows sums_rows(Inputs, const Attributes&, const Shape&) { return Rows::kSumsRows; }

// Two for each product: output pixels x window x channels in x channels out.
double cost_of_conv2d(Inputs inputs, const Attributes&, const Shape& output) {
  const Shape& kernel = inputs[1]->shape;
  return 2 * elements_or_row(output) * elements_or_row(kernel) / static_cast<double>(kernel[3]);
}

double cost_of_input_gradient(Inputs inputs, const Attributes&, const Shape&) {
  const Shape& kernel = inputs[0]->shape;
  return 2 * elements_or_row(inputs[1]->shape) * elements_or_row(kernel) / static_cast<double>(kernel[3]);
}

double cost_of_kernel_gradient(Inputs inputs, const Attributes&, const Shape& output) {
  return 2 * elements_or_row(inputs[1]->shape) * elements_or_row(output) / static_cast<double>(output[3]);
}

Result pooled(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  require_floating(operation, *inputs[0]);
  require_rank(operation, *inputs[0], 4, "the input");
  return {windowed(operation, std::get<WindowAttributes>(attributes), inputs[0]->shape, inputs[0]->shape[3]),
          inputs[0]->dtype};
}

// (x, y, dy) -> like x
Result max_pool_gradient(const Operation& operation, Inputs inputs, const Attributes&) {
  require_same_dtype(operation, *inputs[0], *inputs[2]);
  require_shape(operation, *inputs[2], inputs[1]->shape, "the gradient");
  return {inputs[0]->shape, inputs[0]->dtype};
}

// (x, y, values like x) -> like y: the value in the cell that won.
Result max_pool_gather(const Operation& operation, Inputs inputs, const Attributes&) {
  require_same_dtype(operation, *inputs[0], *inputs[2]);
  require_shape(operation, *inputs[2], inputs[0]->shape, "the values");
  return {inputs[1]->shape, inputs[1]->dtype};
}

// (dy) -> like x
Result average_pool_gradient(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  const auto& window = std::get<WindowAttributes>(attributes);
  const Shape& x = window.input_shape;
  require_shape(operation, *inputs[0], windowed(operation, window, x, x[3]), "the gradient");
  return {x, inputs[0]->dtype};
}

double cost_of_pool(Inputs, const Attributes& attributes, const Shape& output) {
  const auto& window = std::get<WindowAttributes>(attributes);
  return elements_or_row(output) * static_cast<double>(window.size[0] * window.size[1]);
}

Result padded(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  const Shape& from = inputs[0]->shape;
  const auto& cells = std::get<PadAttributes>(attributes).cells;
  if (static_cast<int>(cells.size()) != from.rank())
    raise("{}: shape {} needs {} pairs of widths, received {}", operation.name, from.to_string(), from.rank(),
          cells.size());
  std::vector<std::int64_t> dims = from.dims();
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    const auto [before, after] = cells[axis];
    if (dims[axis] < 0 && (before != 0 || after != 0))
      raise("{}: no rows can be added to or cut from a batch, received widths ({}, {})", operation.name, before, after);
    if (dims[axis] < 0) continue;
    if (before + after < -dims[axis] || before < -dims[axis] || after < -dims[axis])
      raise("{}: axis {} of shape {} does not have the cells that widths ({}, {}) cut off", operation.name, axis,
            from.to_string(), before, after);
    dims[axis] += before + after;
  }
  return {Shape(std::move(dims)), inputs[0]->dtype};
}

constexpr Operation kWindows[] = {
    {"conv2d", 2, 2, conv2d, row_wise, cost_of_conv2d},
    {"fused_conv2d", 2, 3, conv2d, row_wise, cost_of_conv2d},  // (x, kernel, bias)
    {"conv2d_input_gradient", 2, 2, conv2d_input_gradient, row_wise, cost_of_input_gradient},
    {"conv2d_kernel_gradient", 2, 2, conv2d_kernel_gradient, sums_rows, cost_of_kernel_gradient},
    {"max_pool", 1, 1, pooled, row_wise, cost_of_pool},
    {"max_pool_gradient", 3, 3, max_pool_gradient, row_wise, cost_of_output},
    {"max_pool_gather", 3, 3, max_pool_gather, row_wise, cost_of_output},
    {"average_pool", 1, 1, pooled, row_wise, cost_of_pool},
    {"average_pool_gradient", 1, 1, average_pool_gradient, row_wise, cost_of_output},
    {"pad", 1, 1, padded, row_wise, no_cost},
};

}  // namespace

std::span<const Operation> tables::windows() { return kWindows; }

}  // namespace shoal::graph
