#include "model/kernels/conv2d_products.h"
#include "model/kernels/fast.h"

// Convolutions with dilation or groups: the products of the portable kernels, made of fast tiles.
namespace shoal::kernels::fast {
namespace {

auto matmul_of(const Level& level) {
  return [&level](const MatmulArgs<float>& args) { matmul(level, args); };
}

}  // namespace

void general_conv2d(const Level& level, const Conv2DArgs<float>& args) {
  const Conv2DShape& s = args.shape;
  conv2d_products(args, matmul_of(level));
  if (args.bias || args.activation != Activation::kLinear) {
    level.bias_activation(s.batch * s.oh * s.ow, s.co, args.out, args.bias, args.activation, args.out);
  }
}

void general_conv2d_input_gradient(const Level& level, const Conv2DArgs<float>& args) {
  conv2d_input_gradient_products(args, matmul_of(level));
}

void general_conv2d_kernel_gradient(const Level& level, const Conv2DArgs<float>& args) {
  conv2d_kernel_gradient_products(args, matmul_of(level));
}

std::size_t general_conv2d_scratch(const Level& level, const Conv2DShape& s) {
  return conv2d_products_scratch<float>(s, [&](const MatmulArgs<float>& args) { return matmul_scratch(level, args); });
}

}  // namespace shoal::kernels::fast
