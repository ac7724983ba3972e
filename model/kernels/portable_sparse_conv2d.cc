#include <algorithm>

#include "model/kernels/portable.h"

// One image at a time through the kernels that know neither pooling nor zeros.
namespace shoal::kernels::portable {
namespace {

std::size_t round_up(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

template <class T>
std::size_t map_bytes(const Conv2DShape& s) {
  return round_up(static_cast<std::size_t>(s.oh * s.ow * s.co) * sizeof(T));
}

// dy of one image where it belongs among the outputs of the convolution, or dy itself when nothing was pooled.
template <class T>
const T* spread(const SparseConv2DArgs<T>& args, std::int64_t image, T* map) {
  const Conv2DShape& s = args.shape;
  if (!args.winner) return args.dy + image * s.oh * s.ow * s.co;
  const std::int64_t ph = s.oh / 2, pw = s.ow / 2;
  std::fill_n(map, s.oh * s.ow * s.co, T(0));
  std::int64_t from = image * ph * pw * s.co;
  for (std::int64_t y = 0; y < ph; ++y) {
    for (std::int64_t x = 0; x < pw; ++x) {
      for (std::int64_t c = 0; c < s.co; ++c, ++from) {
        const int winner = args.winner[from];
        map[((2 * y + winner / 2) * s.ow + 2 * x + winner % 2) * s.co + c] = args.dy[from];
      }
    }
  }
  return map;
}

}  // namespace

template <class T>
void pooled_conv2d(const PooledConv2DArgs<T>& args) {
  Conv2DShape one = args.shape;
  one.batch = 1;
  const std::int64_t ph = one.oh / 2, pw = one.ow / 2;
  T* map = static_cast<T*>(args.scratch);
  std::int64_t to = 0;
  for (std::int64_t image = 0; image < args.shape.batch; ++image) {
    portable::conv2d<T>({.shape = one,
                         .x = args.x + image * one.h * one.w * one.ci,
                         .kernel = args.kernel,
                         .out = map,
                         .bias = args.bias,
                         .activation = Activation::kRelu,
                         .scratch = static_cast<std::byte*>(args.scratch) + map_bytes<T>(one)});
    for (std::int64_t y = 0; y < ph; ++y) {
      for (std::int64_t x = 0; x < pw; ++x) {
        for (std::int64_t c = 0; c < one.co; ++c, ++to) {
          int winner = 0;
          T best = T(0);
          for (int i = 0; i < 4; ++i) {
            const T value = map[((2 * y + i / 2) * one.ow + 2 * x + i % 2) * one.co + c];
            if (i == 0 || value > best || value != value) {
              best = value;
              winner = i;
            }
          }
          args.out[to] = best;
          args.winner[to] = static_cast<std::uint8_t>(winner);
        }
      }
    }
  }
}

template <class T>
void sparse_conv2d_input_gradient(const SparseConv2DArgs<T>& args) {
  Conv2DShape one = args.shape;
  one.batch = 1;
  T* map = static_cast<T*>(args.scratch);
  for (std::int64_t image = 0; image < args.shape.batch; ++image) {
    portable::conv2d_input_gradient<T>({.shape = one,
                                        .kernel = args.kernel,
                                        .dy = spread(args, image, map),
                                        .out = args.out + image * one.h * one.w * one.ci,
                                        .scratch = static_cast<std::byte*>(args.scratch) + map_bytes<T>(one)});
  }
}

template <class T>
void sparse_conv2d_kernel_gradient(const SparseConv2DArgs<T>& args) {
  Conv2DShape one = args.shape;
  one.batch = 1;
  T* map = static_cast<T*>(args.scratch);
  for (std::int64_t image = 0; image < args.shape.batch; ++image) {
    portable::conv2d_kernel_gradient<T>({.shape = one,
                                         .x = args.x + image * one.h * one.w * one.ci,
                                         .dy = spread(args, image, map),
                                         .out = args.out,
                                         .scratch = static_cast<std::byte*>(args.scratch) + map_bytes<T>(one)});
  }
}

template <class T>
std::size_t sparse_conv2d_scratch(const Conv2DShape& shape) {
  Conv2DShape one = shape;
  one.batch = 1;
  return map_bytes<T>(one) + portable::conv2d_scratch<T>(one);
}

template void pooled_conv2d(const PooledConv2DArgs<float>&);
template void pooled_conv2d(const PooledConv2DArgs<double>&);
template void sparse_conv2d_input_gradient(const SparseConv2DArgs<float>&);
template void sparse_conv2d_input_gradient(const SparseConv2DArgs<double>&);
template void sparse_conv2d_kernel_gradient(const SparseConv2DArgs<float>&);
template void sparse_conv2d_kernel_gradient(const SparseConv2DArgs<double>&);
template std::size_t sparse_conv2d_scratch<float>(const Conv2DShape&);
template std::size_t sparse_conv2d_scratch<double>(const Conv2DShape&);

}  // namespace shoal::kernels::portable
