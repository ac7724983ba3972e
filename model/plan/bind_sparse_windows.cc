#include <algorithm>

#include "model/kernels/strided.h"
#include "model/kernels/table.h"
#include "model/plan/kernel.h"

// Convolutions fused with pooling, and their gradients behind a ReLU.
namespace shoal::plan {
namespace {

using namespace kernels;

struct Params {
  Conv2DShape shape;
  Extent batch;
  std::int64_t outputs = 0;
  bool accumulate = false, bias = false, pooled = false;

  Conv2DShape at(std::int64_t rows) const {
    Conv2DShape result = shape;
    result.batch = batch.at(rows);
    return result;
  }
};

const Params& params_of(const void* params) { return *static_cast<const Params*>(params); }

Params make_params(const Signature& s, const Shape& x, const Shape& kernel) {
  const auto* fused = std::get_if<graph::FusedAttributes>(s.attributes);
  const auto& w = fused ? fused->window : std::get<graph::WindowAttributes>(*s.attributes);
  const auto outputs = [&](std::int64_t input, std::size_t i) {
    return (input + w.pad_before[i] + w.pad_after[i] - w.size[i]) / w.strides[i] + 1;
  };
  Params p;
  p.shape = {.batch = 0,
             .h = x[1],
             .w = x[2],
             .ci = x[3],
             .kh = kernel[0],
             .kw = kernel[1],
             .co = kernel[3],
             .oh = outputs(x[1], 0),
             .ow = outputs(x[2], 1),
             .stride_h = w.strides[0],
             .stride_w = w.strides[1],
             .pad_top = w.pad_before[0],
             .pad_left = w.pad_before[1]};
  p.batch = extent_of_axis(x[0]);
  p.outputs = kernel[0] * kernel[1] * kernel[2] * kernel[3];
  p.accumulate = s.accumulate;
  p.bias = fused && fused->bias;
  p.pooled = !fused && s.inputs.size() == 3;
  return p;
}

template <class T>
std::size_t scratch(const void* params, std::int64_t rows) {
  return table<T>().sparse_conv2d_scratch(params_of(params).at(std::max<std::int64_t>(rows, 1)));
}

template <class T>
void pooled_conv2d(const void* params, const Call& call) {
  const Params& p = params_of(params);
  // The one operand that is written: it has its place in the arena for that.
  auto* winner = static_cast<std::uint8_t*>(const_cast<void*>(call.in[2]));
  table<T>().pooled_conv2d({.shape = p.at(call.rows),
                            .x = input<T>(call, 0),
                            .kernel = input<T>(call, 1),
                            .bias = p.bias ? input<T>(call, 3) : nullptr,
                            .out = output<T>(call),
                            .winner = winner,
                            .scratch = call.scratch});
}

template <class T>
SparseConv2DArgs<T> gradient_args(const Params& p, const Call& call) {
  SparseConv2DArgs<T> args;
  args.shape = p.at(call.rows);
  args.dy = input<T>(call, 1);
  args.winner = p.pooled ? input<std::uint8_t>(call, 2) : nullptr;
  args.out = output<T>(call);
  args.scratch = call.scratch;
  return args;
}

template <class T>
void input_gradient(const void* params, const Call& call) {
  auto args = gradient_args<T>(params_of(params), call);
  args.kernel = input<T>(call, 0);
  if (args.shape.batch > 0) table<T>().sparse_conv2d_input_gradient(args);
}

template <class T>
void kernel_gradient(const void* params, const Call& call) {
  const Params& p = params_of(params);
  auto args = gradient_args<T>(p, call);
  args.x = input<T>(call, 0);
  if (!p.accumulate) std::fill_n(args.out, p.outputs, T(0));
  if (args.shape.batch > 0) table<T>().sparse_conv2d_kernel_gradient(args);
}

template <auto kFloat, auto kDouble>
Kernel with_scratch(const Signature& s, const Params& p) {
  return visit_floating(s, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    Kernel kernel = make_kernel(std::is_same_v<T, float> ? kFloat : kDouble, p);
    kernel.scratch = scratch<T>;
    return kernel;
  });
}

Kernel bind_pooled_conv2d(const Signature& s) {
  return with_scratch<&pooled_conv2d<float>, &pooled_conv2d<double>>(s, make_params(s, s.inputs[0], s.inputs[1]));
}

Kernel bind_input_gradient(const Signature& s) {
  return with_scratch<&input_gradient<float>, &input_gradient<double>>(s, make_params(s, s.output, s.inputs[0]));
}

Kernel bind_kernel_gradient(const Signature& s) {
  return with_scratch<&kernel_gradient<float>, &kernel_gradient<double>>(s, make_params(s, s.inputs[0], s.output));
}

// Room only; pooled_conv2d fills it.
Kernel bind_winners(const Signature&) {
  return make_kernel([](const void*, const Call&) {}, 0);
}

}  // namespace

Binder binders::sparse_windows(std::string_view operation) {
  if (operation == "pool_winners") return bind_winners;
  if (operation == "pooled_conv2d") return bind_pooled_conv2d;
  if (operation == "sparse_conv2d_input_gradient") return bind_input_gradient;
  if (operation == "sparse_conv2d_kernel_gradient") return bind_kernel_gradient;
  return nullptr;
}

}  // namespace shoal::plan
