#include <algorithm>

#include "model/kernels/portable.h"
#include "model/kernels/reach.h"

// Convolutions as many small matrix products on the input itself: for an output row and a kernel cell, the output
// pixels that this cell reaches inside the input are the rows of one product. Padding is never read.
namespace shoal::kernels::portable {
namespace {

// Calls visit(image, oy, iy, first output pixel, input pixel, pixels, kernel cell) for every output row and cell, in
// the order image, row, cell.
template <class Visit>
void for_each_product(const Conv2DShape& s, Visit visit) {
  for (std::int64_t image = 0; image < s.batch; ++image) {
    for (std::int64_t oy = 0; oy < s.oh; ++oy) {
      for (std::int64_t ky = 0; ky < s.kh; ++ky) {
        const std::int64_t iy = oy * s.stride_h + ky - s.pad_top;
        if (iy < 0 || iy >= s.h) continue;
        for (std::int64_t kx = 0; kx < s.kw; ++kx) {
          const Range ox = reach(s.ow, s.w, s.stride_w, kx - s.pad_left);
          if (ox.begin >= ox.end) continue;
          const std::int64_t output = (image * s.oh + oy) * s.ow + ox.begin;
          const std::int64_t input = (image * s.h + iy) * s.w + ox.begin * s.stride_w + kx - s.pad_left;
          visit(output, input, ox.end - ox.begin, ky * s.kw + kx);
        }
      }
    }
  }
}

}  // namespace

template <class T>
void conv2d(const Conv2DArgs<T>& args) {
  const Conv2DShape& s = args.shape;
  const std::int64_t pixels = s.batch * s.oh * s.ow;
  std::fill_n(args.out, pixels * s.co, T(0));
  for_each_product(s, [&](std::int64_t output, std::int64_t input, std::int64_t count, std::int64_t cell) {
    matmul<T>({.m = count,
               .n = s.co,
               .k = s.ci,
               .a = args.x + input * s.ci,
               .lda = s.stride_w * s.ci,
               .b = args.kernel + cell * s.ci * s.co,
               .ldb = s.co,
               .c = args.out + output * s.co,
               .ldc = s.co,
               .accumulate = true,
               .scratch = args.scratch});
  });
  if (args.bias || args.activation != Activation::kLinear) {
    bias_activation(pixels, s.co, args.out, args.bias, args.activation, args.out);
  }
}

template <class T>
void conv2d_input_gradient(const Conv2DArgs<T>& args) {
  const Conv2DShape& s = args.shape;
  // kernel [cell, ci, co] as [cell, co, ci], so that every product reads rows
  T* transposed = static_cast<T*>(args.scratch);
  T* panel = transposed + s.kh * s.kw * s.ci * s.co;
  for (std::int64_t cell = 0; cell < s.kh * s.kw; ++cell) {
    const T* from = args.kernel + cell * s.ci * s.co;
    T* to = transposed + cell * s.ci * s.co;
    for (std::int64_t i = 0; i < s.ci; ++i) {
      for (std::int64_t o = 0; o < s.co; ++o) to[o * s.ci + i] = from[i * s.co + o];
    }
  }
  std::fill_n(args.out, s.batch * s.h * s.w * s.ci, T(0));
  for_each_product(s, [&](std::int64_t output, std::int64_t input, std::int64_t count, std::int64_t cell) {
    matmul<T>({.m = count,
               .n = s.ci,
               .k = s.co,
               .a = args.dy + output * s.co,
               .lda = s.co,
               .b = transposed + cell * s.ci * s.co,
               .ldb = s.ci,
               .c = args.out + input * s.ci,
               .ldc = s.stride_w * s.ci,
               .accumulate = true,
               .scratch = panel});
  });
}

template <class T>
void conv2d_kernel_gradient(const Conv2DArgs<T>& args) {
  const Conv2DShape& s = args.shape;
  for_each_product(s, [&](std::int64_t output, std::int64_t input, std::int64_t count, std::int64_t cell) {
    matmul<T>({.m = s.ci,
               .n = s.co,
               .k = count,
               .a = args.x + input * s.ci,
               .lda = s.stride_w * s.ci,
               .transpose_a = true,
               .b = args.dy + output * s.co,
               .ldb = s.co,
               .c = args.out + cell * s.ci * s.co,
               .ldc = s.co,
               .accumulate = true,
               .scratch = args.scratch});
  });
}

template <class T>
std::size_t conv2d_scratch(const Conv2DShape& s) {
  const std::int64_t weights = s.kh * s.kw * s.ci * s.co;
  const std::int64_t panel =
      static_cast<std::int64_t>(matmul_scratch<T>({.m = 1, .n = 1, .k = std::max({s.ci, s.co, s.ow})}));
  return static_cast<std::size_t>(weights) * sizeof(T) + static_cast<std::size_t>(panel);
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
