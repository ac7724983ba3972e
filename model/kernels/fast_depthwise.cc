#include <algorithm>

#include "model/kernels/fast.h"
#include "model/kernels/portable.h"

// One output for each channel is vectorised over channels; several (rare, and a mixed order in memory) are portable.
namespace shoal::kernels::fast {

void depthwise(const Level& level, const Conv2DArgs<float>& args) {
  const Conv2DShape& s = args.shape;
  if (s.co != s.ci) return portable::depthwise(args);
  level.depthwise(s, args.x, args.kernel, s.ci, args.out);
  if (args.bias || args.activation != Activation::kLinear) {
    level.bias_activation(s.batch * s.oh * s.ow, s.co, args.out, args.bias, args.activation, args.out);
  }
}

// With stride 1 it is the convolution of dy with the kernel turned around.
void depthwise_input_gradient(const Level& level, const Conv2DArgs<float>& args) {
  const Conv2DShape& s = args.shape;
  if (s.co != s.ci) return portable::depthwise_input_gradient(args);
  if (s.stride_h > 1 || s.stride_w > 1) {
    std::fill_n(args.out, s.batch * s.h * s.w * s.ci, 0.0f);
    level.depthwise_scatter(s, args.dy, args.kernel, args.out);
    return;
  }
  Conv2DShape turned = s;
  std::swap(turned.h, turned.oh);
  std::swap(turned.w, turned.ow);
  turned.pad_top = (s.kh - 1) * s.dilation_h - s.pad_top;
  turned.pad_left = (s.kw - 1) * s.dilation_w - s.pad_left;
  level.depthwise(turned, args.dy, args.kernel + (s.kh * s.kw - 1) * s.ci, -s.ci, args.out);
}

void depthwise_kernel_gradient(const Level& level, const Conv2DArgs<float>& args) {
  if (args.shape.co != args.shape.ci) return portable::depthwise_kernel_gradient(args);
  level.depthwise_kernel_gradient(args.shape, args.x, args.dy, args.out);
}

}  // namespace shoal::kernels::fast
