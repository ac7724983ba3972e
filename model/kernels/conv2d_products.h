#pragma once

#include <algorithm>

#include "model/kernels/reach.h"
#include "model/kernels/table.h"

// Convolutions of every kind as many small matrix products on the input itself: for an output row and a kernel cell,
// the output pixels that this cell reaches inside the input are the rows of one product for each group of channels.
// Padding is never read. `matmul` takes MatmulArgs<T>.
namespace shoal::kernels {

// Calls visit(first output pixel, input pixel, pixels, kernel cell) for every output row and cell, in the order image,
// row, cell.
template <class Visit>
void for_each_product(const Conv2DShape& s, Visit visit) {
  for (std::int64_t image = 0; image < s.batch; ++image) {
    for (std::int64_t oy = 0; oy < s.oh; ++oy) {
      const std::int64_t top = oy * s.stride_h - s.pad_top;
      const Range rows = reach(s.kh, s.h, s.dilation_h, top);
      for (std::int64_t ky = rows.begin; ky < rows.end; ++ky) {
        for (std::int64_t kx = 0; kx < s.kw; ++kx) {
          const std::int64_t left = kx * s.dilation_w - s.pad_left;
          const Range ox = reach(s.ow, s.w, s.stride_w, left);
          if (ox.begin >= ox.end) continue;
          const std::int64_t output = (image * s.oh + oy) * s.ow + ox.begin;
          const std::int64_t input = (image * s.h + top + ky * s.dilation_h) * s.w + ox.begin * s.stride_w + left;
          visit(output, input, ox.end - ox.begin, ky * s.kw + kx);
        }
      }
    }
  }
}

// Without bias and activation.
template <class T, class Matmul>
void conv2d_products(const Conv2DArgs<T>& args, Matmul matmul) {
  const Conv2DShape& s = args.shape;
  const std::int64_t in = s.ci / s.groups, out = s.co / s.groups;
  std::fill_n(args.out, s.batch * s.oh * s.ow * s.co, T(0));
  for_each_product(s, [&](std::int64_t output, std::int64_t input, std::int64_t count, std::int64_t cell) {
    for (std::int64_t group = 0; group < s.groups; ++group) {
      matmul(MatmulArgs<T>{.m = count,
                           .n = out,
                           .k = in,
                           .a = args.x + input * s.ci + group * in,
                           .lda = s.stride_w * s.ci,
                           .b = args.kernel + cell * in * s.co + group * out,
                           .ldb = s.co,
                           .c = args.out + output * s.co + group * out,
                           .ldc = s.co,
                           .accumulate = true,
                           .scratch = args.scratch});
    }
  });
}

// Elements of the kernel, a multiple of 64 bytes: where the scratch of the products begins behind the turned kernel.
inline std::int64_t turned_elements(const Conv2DShape& s) {
  return (s.kh * s.kw * (s.ci / s.groups) * s.co + 15) / 16 * 16;
}

template <class T, class Matmul>
void conv2d_input_gradient_products(const Conv2DArgs<T>& args, Matmul matmul) {
  const Conv2DShape& s = args.shape;
  const std::int64_t in = s.ci / s.groups, out = s.co / s.groups;
  // kernel [cell, in, co] as [cell, co, in], so that every product reads rows
  T* turned = static_cast<T*>(args.scratch);
  for (std::int64_t cell = 0; cell < s.kh * s.kw; ++cell) {
    const T* from = args.kernel + cell * in * s.co;
    T* to = turned + cell * in * s.co;
    for (std::int64_t i = 0; i < in; ++i) {
      for (std::int64_t o = 0; o < s.co; ++o) to[o * in + i] = from[i * s.co + o];
    }
  }
  std::fill_n(args.out, s.batch * s.h * s.w * s.ci, T(0));
  for_each_product(s, [&](std::int64_t output, std::int64_t input, std::int64_t count, std::int64_t cell) {
    for (std::int64_t group = 0; group < s.groups; ++group) {
      matmul(MatmulArgs<T>{.m = count,
                           .n = in,
                           .k = out,
                           .a = args.dy + output * s.co + group * out,
                           .lda = s.co,
                           .b = turned + (cell * s.co + group * out) * in,
                           .ldb = in,
                           .c = args.out + input * s.ci + group * in,
                           .ldc = s.stride_w * s.ci,
                           .accumulate = true,
                           .scratch = turned + turned_elements(s)});
    }
  });
}

template <class T, class Matmul>
void conv2d_kernel_gradient_products(const Conv2DArgs<T>& args, Matmul matmul) {
  const Conv2DShape& s = args.shape;
  const std::int64_t in = s.ci / s.groups, out = s.co / s.groups;
  for_each_product(s, [&](std::int64_t output, std::int64_t input, std::int64_t count, std::int64_t cell) {
    for (std::int64_t group = 0; group < s.groups; ++group) {
      matmul(MatmulArgs<T>{.m = in,
                           .n = out,
                           .k = count,
                           .a = args.x + input * s.ci + group * in,
                           .lda = s.stride_w * s.ci,
                           .transpose_a = true,
                           .b = args.dy + output * s.co + group * out,
                           .ldb = s.co,
                           .c = args.out + cell * in * s.co + group * out,
                           .ldc = s.co,
                           .accumulate = true,
                           .scratch = args.scratch});
    }
  });
}

// Bytes for any of the three; `matmul_scratch` says what a product of MatmulArgs<T> takes.
template <class T, class MatmulScratch>
std::size_t conv2d_products_scratch(const Conv2DShape& s, MatmulScratch matmul_scratch) {
  const std::int64_t largest = std::max({s.ci / s.groups, s.co / s.groups, s.ow});
  return static_cast<std::size_t>(turned_elements(s)) * sizeof(T) +
         matmul_scratch(MatmulArgs<T>{.m = largest, .n = 1, .k = largest});  // n = 1: a tail, which is packed
}

}  // namespace shoal::kernels
