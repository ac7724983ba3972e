#include "model/kernels/winograd.h"

#include <algorithm>

#include "model/kernels/strided.h"
#include "model/plan/activation.h"
#include "model/plan/convolution.h"

namespace shoal::plan {
namespace {

using namespace kernels;

struct KernelParams {
  std::int64_t ci = 0, co = 0;
  bool turned = false;
};

constexpr std::int64_t kPiece = 16;  // rows of the planes

void take_apart(const void* params, const Call& call) {
  const auto& p = *static_cast<const KernelParams*>(params);
  table<float>().winograd_kernel({.ci = p.ci,
                                  .co = p.co,
                                  .turned = p.turned,
                                  .begin = call.piece * kPiece,
                                  .end = (call.piece + 1) * kPiece,
                                  .kernel = input<float>(call, 0),
                                  .out = output<float>(call),
                                  .scratch = call.scratch});
}

Kernel bind_kernel(const Signature& s) {
  const Shape& of = s.inputs[0];
  const KernelParams p{of[2], of[3], s.operation->is("winograd_turned_kernel")};
  Kernel kernel = make_kernel(take_apart, p);
  kernel.pieces = (p.turned ? p.co : p.ci) / kPiece;
  kernel.scratch = [](const void* params, std::int64_t) {
    return static_cast<std::size_t>(9 * kPiece * static_cast<const KernelParams*>(params)->ci) * sizeof(float);
  };
  return kernel;
}

struct Params {
  Conv2DShape shape;
  Extent batch;
  std::size_t x = 0, planes = 1;  // inputs
  bool bias = false;
  Activation activation = Activation::kLinear;

  Conv2DShape at(std::int64_t rows) const {
    Conv2DShape s = shape;
    s.batch = batch.at(rows);
    return s;
  }
};

void convolve(const void* params, const Call& call) {
  const auto& p = *static_cast<const Params*>(params);
  const Conv2DShape shape = p.at(call.rows);
  if (shape.batch == 0) return;
  table<float>().winograd_conv2d({.shape = shape,
                                  .x = input<float>(call, p.x),
                                  .kernel = input<float>(call, p.planes),
                                  .out = output<float>(call),
                                  .bias = p.bias ? input<float>(call, 2) : nullptr,
                                  .activation = p.activation,
                                  .scratch = call.scratch});
}

std::size_t scratch(const void* params, std::int64_t rows) {
  return table<float>().winograd_scratch(static_cast<const Params*>(params)->at(std::max<std::int64_t>(rows, 1)));
}

Kernel bind_forward(const Signature& s) {
  const auto& fused = std::get<graph::FusedAttributes>(*s.attributes);
  Params p{.shape = convolution(fused.window, s.inputs[0], s.output), .batch = extent_of_axis(s.inputs[0][0])};
  p.bias = fused.bias;
  p.activation = activation_of(fused.activation);
  Kernel kernel = make_kernel(convolve, p);
  kernel.scratch = scratch;
  return kernel;
}

Kernel bind_input_gradient(const Signature& s) {
  const auto& window = std::get<graph::WindowAttributes>(*s.attributes);
  Params p{.shape = turned(convolution(window, s.output, s.inputs[1])), .batch = extent_of_axis(s.inputs[1][0])};
  p.x = 1;
  p.planes = 0;
  Kernel kernel = make_kernel(convolve, p);
  kernel.scratch = scratch;
  return kernel;
}

}  // namespace

Binder binders::winograd(std::string_view operation) {
  if (operation == "winograd_kernel" || operation == "winograd_turned_kernel") return bind_kernel;
  if (operation == "winograd_conv2d") return bind_forward;
  if (operation == "winograd_conv2d_input_gradient") return bind_input_gradient;
  return nullptr;
}

}  // namespace shoal::plan
