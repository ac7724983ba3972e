#include <algorithm>

#include "model/kernels/portable.h"
#include "model/kernels/reach.h"

// Convolutions of each channel alone: y[c * m + k] is made of x[c], for m outputs of a channel.
namespace shoal::kernels::portable {
namespace {

// Calls visit(output pixel, input pixel, kernel cell) in the order image, row, pixel, cell.
template <class Visit>
void for_each_cell(const Conv2DShape& s, Visit visit) {
  for (std::int64_t image = 0, output = 0; image < s.batch; ++image) {
    for (std::int64_t oy = 0; oy < s.oh; ++oy) {
      const std::int64_t top = oy * s.stride_h - s.pad_top;
      const Range rows = reach(s.kh, s.h, s.dilation_h, top);
      for (std::int64_t ox = 0; ox < s.ow; ++ox, ++output) {
        const std::int64_t left = ox * s.stride_w - s.pad_left;
        const Range columns = reach(s.kw, s.w, s.dilation_w, left);
        for (std::int64_t ky = rows.begin; ky < rows.end; ++ky) {
          const std::int64_t line = (image * s.h + top + ky * s.dilation_h) * s.w + left;
          for (std::int64_t kx = columns.begin; kx < columns.end; ++kx) {
            visit(output, line + kx * s.dilation_w, ky * s.kw + kx);
          }
        }
      }
    }
  }
}

}  // namespace

template <class T>
void depthwise(const Conv2DArgs<T>& args) {
  const Conv2DShape& s = args.shape;
  const std::int64_t pixels = s.batch * s.oh * s.ow, multiplier = s.co / s.ci;
  std::fill_n(args.out, pixels * s.co, T(0));
  for_each_cell(s, [&](std::int64_t output, std::int64_t input, std::int64_t cell) {
    const T *x = args.x + input * s.ci, *kernel = args.kernel + cell * s.co;
    T* y = args.out + output * s.co;
    if (multiplier == 1) {
      for (std::int64_t c = 0; c < s.ci; ++c) y[c] += x[c] * kernel[c];
      return;
    }
    for (std::int64_t c = 0; c < s.ci; ++c) {
      for (std::int64_t o = c * multiplier; o < (c + 1) * multiplier; ++o) y[o] += x[c] * kernel[o];
    }
  });
  if (args.bias || args.activation != Activation::kLinear) {
    bias_activation(pixels, s.co, args.out, args.bias, args.activation, args.out);
  }
}

template <class T>
void depthwise_input_gradient(const Conv2DArgs<T>& args) {
  const Conv2DShape& s = args.shape;
  const std::int64_t multiplier = s.co / s.ci;
  std::fill_n(args.out, s.batch * s.h * s.w * s.ci, T(0));
  for_each_cell(s, [&](std::int64_t output, std::int64_t input, std::int64_t cell) {
    const T *dy = args.dy + output * s.co, *kernel = args.kernel + cell * s.co;
    T* dx = args.out + input * s.ci;
    for (std::int64_t c = 0; c < s.ci; ++c) {
      for (std::int64_t o = c * multiplier; o < (c + 1) * multiplier; ++o) dx[c] += dy[o] * kernel[o];
    }
  });
}

template <class T>
void depthwise_kernel_gradient(const Conv2DArgs<T>& args) {
  const Conv2DShape& s = args.shape;
  const std::int64_t multiplier = s.co / s.ci;
  for_each_cell(s, [&](std::int64_t output, std::int64_t input, std::int64_t cell) {
    const T *x = args.x + input * s.ci, *dy = args.dy + output * s.co;
    T* dkernel = args.out + cell * s.co;
    for (std::int64_t c = 0; c < s.ci; ++c) {
      for (std::int64_t o = c * multiplier; o < (c + 1) * multiplier; ++o) dkernel[o] += x[c] * dy[o];
    }
  });
}

template void depthwise(const Conv2DArgs<float>&);
template void depthwise(const Conv2DArgs<double>&);
template void depthwise_input_gradient(const Conv2DArgs<float>&);
template void depthwise_input_gradient(const Conv2DArgs<double>&);
template void depthwise_kernel_gradient(const Conv2DArgs<float>&);
template void depthwise_kernel_gradient(const Conv2DArgs<double>&);

}  // namespace shoal::kernels::portable
