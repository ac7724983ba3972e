#include "model/kernels/conv2d_products.h"
#include "model/kernels/portable.h"

namespace shoal::kernels::portable {

template <class T>
void conv2d(const Conv2DArgs<T>& args) {
  const Conv2DShape& s = args.shape;
  conv2d_products(args, matmul<T>);
  if (args.bias || args.activation != Activation::kLinear) {
    bias_activation(s.batch * s.oh * s.ow, s.co, args.out, args.bias, args.activation, args.out);
  }
}

template <class T>
void conv2d_input_gradient(const Conv2DArgs<T>& args) {
  conv2d_input_gradient_products(args, matmul<T>);
}

template <class T>
void conv2d_kernel_gradient(const Conv2DArgs<T>& args) {
  conv2d_kernel_gradient_products(args, matmul<T>);
}

template <class T>
std::size_t conv2d_scratch(const Conv2DShape& s) {
  return conv2d_products_scratch<T>(s, matmul_scratch<T>);
}

template void conv2d(const Conv2DArgs<float>&);
template void conv2d(const Conv2DArgs<double>&);
template void conv2d_input_gradient(const Conv2DArgs<float>&);
template void conv2d_input_gradient(const Conv2DArgs<double>&);
template void conv2d_kernel_gradient(const Conv2DArgs<float>&);
template void conv2d_kernel_gradient(const Conv2DArgs<double>&);
template std::size_t conv2d_scratch<float>(const Conv2DShape&);
template std::size_t conv2d_scratch<double>(const Conv2DShape&);

}  // namespace shoal::kernels::portable
