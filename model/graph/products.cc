#include <utility>

#include "model/graph/rules.h"

// Matrix products, convolutions and pooling.
namespace shoal::graph {
namespace {

MatmulAttributes matmul_attributes(const Attributes& attributes) {
  const auto* fused = std::get_if<FusedAttributes>(&attributes);
  return fused ? fused->matmul : std::get<MatmulAttributes>(attributes);
}

const WindowAttributes& window_attributes(const Attributes& attributes) {
  const auto* fused = std::get_if<FusedAttributes>(&attributes);
  return fused ? fused->window : std::get<WindowAttributes>(attributes);
}

Result matmul(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  const auto [transpose_a, transpose_b] = matmul_attributes(attributes);
  const Node &a = *inputs[0], &b = *inputs[1];
  require_floating(operation, a);
  require_same_dtype(operation, a, b);
  require_rank(operation, b, 2, "the second operand");
  if (a.shape.rank() < 1 || (transpose_a && a.shape.rank() != 2))
    raise("{}: the first operand must be a matrix or a stack of rows, received shape {}", operation.name,
          a.shape.to_string());
  if (b.shape.has_rows() && !(transpose_a && !transpose_b && a.shape.has_rows()))
    raise("{}: the rows of the batch may be summed over (both operands) or stay in front, received {} and {}",
          operation.name, a.shape.to_string(), b.shape.to_string());
  if (a.shape.rank() == 1 && a.shape.has_rows())
    raise("{}: the first operand has no axis beside the rows of the batch, received shape {}", operation.name,
          a.shape.to_string());
  const std::int64_t inner_a = a.shape[transpose_a ? 0 : -1], inner_b = b.shape[transpose_b ? 1 : 0];
  if (inner_a != inner_b)
    raise("{}: inner sizes must agree, received shapes {} and {}", operation.name, a.shape.to_string(),
          b.shape.to_string());
  std::vector<std::int64_t> dims = a.shape.dims();
  if (transpose_a) dims = {a.shape[1], 0};
  dims.back() = b.shape[transpose_b ? 0 : 1];
  return {Shape(std::move(dims)), a.dtype};
}

Rows rows_of_matmul(Inputs inputs, const Attributes& attributes, const Shape&) {
  const bool sums = matmul_attributes(attributes).transpose_a && inputs[0]->shape.has_rows();
  return sums ? Rows::kSumsRows : Rows::kRowWise;
}

double cost_of_matmul(Inputs inputs, const Attributes& attributes, const Shape& output) {
  const std::int64_t inner = inputs[0]->shape[matmul_attributes(attributes).transpose_a ? 0 : -1];
  return 2 * elements_or_row(output) * static_cast<double>(inner < 0 ? -inner : inner);
}

std::int64_t outputs(const WindowAttributes& w, std::int64_t input, int axis) {
  const auto i = static_cast<std::size_t>(axis);
  const std::int64_t room = input + w.pad_before[i] + w.pad_after[i] - w.size[i];
  return room < 0 ? 0 : room / w.strides[i] + 1;
}

Shape windowed(const Operation& operation, const WindowAttributes& w, const Shape& input, std::int64_t channels) {
  if (input.rank() != 4)
    raise("{}: the input must be (rows, height, width, channels), received shape {}", operation.name,
          input.to_string());
  for (std::size_t i : {0, 1})
    if (w.size[i] <= 0 || w.strides[i] <= 0)
      raise("{}: window and strides must be positive, received window ({}, {}) and strides ({}, {})", operation.name,
            w.size[0], w.size[1], w.strides[0], w.strides[1]);
  const Shape output{input[0], outputs(w, input[1], 0), outputs(w, input[2], 1), channels};
  if (output[1] <= 0 || output[2] <= 0)
    raise("{}: a window of ({}, {}) does not fit into shape {}", operation.name, w.size[0], w.size[1],
          input.to_string());
  return output;
}

Result conv2d(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  const Node &x = *inputs[0], &kernel = *inputs[1];
  require_floating(operation, x);
  require_same_dtype(operation, x, kernel);
  require_rank(operation, kernel, 4, "the kernel");
  require_not_rows(operation, kernel, "the kernel");
  const Shape output = windowed(operation, window_attributes(attributes), x.shape, kernel.shape[3]);
  if (x.shape[3] != kernel.shape[2])
    raise("{}: the input of shape {} has {} channels, the kernel of shape {} wants {}", operation.name,
          x.shape.to_string(), x.shape[3], kernel.shape.to_string(), kernel.shape[2]);
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
  require_shape(operation, *inputs[1], windowed(operation, window, inputs[0]->shape, inputs[1]->shape[3]),
                "the gradient");
  return {Shape{window.size[0], window.size[1], inputs[0]->shape[3], inputs[1]->shape[3]}, inputs[0]->dtype};
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

Result max_pool(const Operation& operation, Inputs inputs, const Attributes& attributes) {
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

double cost_of_pool(Inputs, const Attributes& attributes, const Shape& output) {
  const auto& window = std::get<WindowAttributes>(attributes);
  return elements_or_row(output) * static_cast<double>(window.size[0] * window.size[1]);
}

constexpr Operation kProducts[] = {
    {"matmul", 2, 2, matmul, rows_of_matmul, cost_of_matmul},
    {"fused_matmul", 2, 3, matmul, rows_of_matmul, cost_of_matmul},  // (a, b, bias)
    {"conv2d", 2, 2, conv2d, row_wise, cost_of_conv2d},
    {"fused_conv2d", 2, 3, conv2d, row_wise, cost_of_conv2d},  // (x, kernel, bias)
    {"conv2d_input_gradient", 2, 2, conv2d_input_gradient, row_wise, cost_of_input_gradient},
    {"conv2d_kernel_gradient", 2, 2, conv2d_kernel_gradient, sums_rows, cost_of_kernel_gradient},
    {"max_pool", 1, 1, max_pool, row_wise, cost_of_pool},
    {"max_pool_gradient", 3, 3, max_pool_gradient, row_wise, cost_of_output},
    {"max_pool_gather", 3, 3, max_pool_gather, row_wise, cost_of_output},
};

}  // namespace

std::span<const Operation> tables::products() { return kProducts; }

}  // namespace shoal::graph
