#include <algorithm>

#include "model/kernels/strided.h"
#include "model/kernels/winograd.h"
#include "model/plan/activation.h"
#include "model/plan/convolution.h"

namespace shoal::plan {
namespace {

using namespace kernels;

struct ConvParams {
  Conv2DShape shape;
  Extent batch;
  std::int64_t outputs = 0;
  bool accumulate = false, bias = false, depthwise = false, winograd = false;
  Activation activation = Activation::kLinear;
};

ConvParams conv_params(const Signature& s, const Shape& x, const Shape& kernel, const Shape& y) {
  const graph::WindowAttributes& w = window_of(*s.attributes);
  ConvParams p;
  p.shape = convolution(w, x, y);
  p.depthwise = w.groups > 1 && w.groups == x[3];
  p.batch = extent_of_axis(x[0]);
  p.outputs = kernel[0] * kernel[1] * kernel[2] * kernel[3];
  p.accumulate = s.accumulate;
  return p;
}

template <class T>
Conv2DArgs<T> conv_args(const ConvParams& p, const Call& call) {
  Conv2DArgs<T> args;
  args.shape = p.shape;
  args.shape.batch = p.batch.at(call.rows);
  args.activation = p.activation;
  args.out = output<T>(call);
  args.scratch = call.scratch;
  return args;
}

template <class T>
std::size_t conv_bytes(const void* params, std::int64_t rows) {
  const auto& p = *static_cast<const ConvParams*>(params);
  if (p.depthwise) return 0;
  Conv2DShape shape = p.shape;
  shape.batch = std::max<std::int64_t>(p.batch.at(rows), 1);
  return p.winograd ? table<T>().winograd_scratch(shape) : table<T>().conv2d_scratch(shape);
}

template <class T>
void conv2d(const void* params, const Call& call) {
  const auto& p = *static_cast<const ConvParams*>(params);
  auto args = conv_args<T>(p, call);
  args.x = input<T>(call, 0);
  args.kernel = input<T>(call, 1);
  args.bias = p.bias ? input<T>(call, 2) : nullptr;
  if (args.shape.batch > 0) (p.depthwise ? table<T>().depthwise : table<T>().conv2d)(args);
}

template <class T>
void conv2d_input_gradient(const void* params, const Call& call) {
  const auto& p = *static_cast<const ConvParams*>(params);
  auto args = conv_args<T>(p, call);
  args.kernel = input<T>(call, 0);
  args.dy = input<T>(call, 1);
  if (args.shape.batch > 0)
    (p.depthwise ? table<T>().depthwise_input_gradient : table<T>().conv2d_input_gradient)(args);
}

template <class T>
void conv2d_kernel_gradient(const void* params, const Call& call) {
  const auto& p = *static_cast<const ConvParams*>(params);
  auto args = conv_args<T>(p, call);
  args.x = input<T>(call, 0);
  args.dy = input<T>(call, 1);
  if (!p.accumulate) std::fill_n(args.out, p.outputs, T(0));
  if (args.shape.batch == 0) return;
  (p.depthwise  ? table<T>().depthwise_kernel_gradient
   : p.winograd ? table<T>().winograd_kernel_gradient
                : table<T>().conv2d_kernel_gradient)(args);
}

Kernel with_scratch(const Signature& s, const ConvParams& p, void (*in_float)(const void*, const Call&),
                    void (*in_double)(const void*, const Call&)) {
  return visit_floating(s, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    Kernel kernel = make_kernel(std::is_same_v<T, float> ? in_float : in_double, p);
    kernel.scratch = conv_bytes<T>;
    return kernel;
  });
}

Kernel bind_conv2d(const Signature& s) {
  ConvParams p = conv_params(s, s.inputs[0], s.inputs[1], s.output);
  if (const auto* fused = std::get_if<graph::FusedAttributes>(s.attributes)) {
    p.bias = fused->bias;
    p.activation = activation_of(fused->activation);
  }
  return with_scratch(s, p, conv2d<float>, conv2d<double>);
}

Kernel bind_input_gradient(const Signature& s) {
  return with_scratch(s, conv_params(s, s.output, s.inputs[0], s.inputs[1]), conv2d_input_gradient<float>,
                      conv2d_input_gradient<double>);
}

Kernel bind_kernel_gradient(const Signature& s) {
  ConvParams p = conv_params(s, s.inputs[0], s.output, s.inputs[1]);
  p.winograd = s.dtype == DType::kFloat32 && table<float>().winograd_kernel_gradient && takes_winograd(p.shape);
  return with_scratch(s, p, conv2d_kernel_gradient<float>, conv2d_kernel_gradient<double>);
}

}  // namespace

Binder binders::windows(std::string_view operation) {
  if (operation == "conv2d" || operation == "fused_conv2d") return bind_conv2d;
  if (operation == "conv2d_input_gradient") return bind_input_gradient;
  if (operation == "conv2d_kernel_gradient") return bind_kernel_gradient;
  return nullptr;
}

}  // namespace shoal::plan
