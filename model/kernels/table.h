#pragma once

#include <cstddef>
#include <cstdint>

#include "model/kernels/attention.h"
#include "model/kernels/dropout.h"
#include "model/kernels/recurrent.h"
#include "model/kernels/scale_shift.h"

namespace shoal::kernels {

enum class Activation : std::uint8_t { kLinear, kRelu, kSigmoid, kTanh };

// c[m,n] (+)= a[m,k] b[k,n]; then, if not accumulating, c = activation(c + bias[n]). `transpose_a`: a is stored [k,m].
// Row-major; lda, ldb, ldc are elements between stored rows.
// Every element of c is one chain of additions in the order of k, starting from c when accumulating.
template <class T>
struct MatmulArgs {
  std::int64_t m = 0, n = 0, k = 0;
  const T* a = nullptr;
  std::int64_t lda = 0;
  bool transpose_a = false;
  const T* b = nullptr;
  std::int64_t ldb = 0;
  bool transpose_b = false;
  T* c = nullptr;
  std::int64_t ldc = 0;
  bool accumulate = false;
  const T* bias = nullptr;  // [n] or null
  Activation activation = Activation::kLinear;
  void* scratch = nullptr;  // matmul_scratch() bytes, 64-byte aligned
};

// x [batch, h, w, ci], kernel [kh, kw, ci / groups, co], y [batch, oh, ow, co]; all contiguous, channels last. Kernel
// cells lie `dilation` apart; output channel o reads the input channels of group o / (co / groups) alone.
struct Conv2DShape {
  std::int64_t batch = 0, h = 0, w = 0, ci = 0, kh = 0, kw = 0, co = 0, oh = 0, ow = 0;
  std::int64_t stride_h = 1, stride_w = 1, pad_top = 0, pad_left = 0;
  std::int64_t dilation_h = 1, dilation_w = 1, groups = 1;
};

template <class T>
struct Conv2DArgs {
  Conv2DShape shape;
  const T* x = nullptr;       // forward, kernel gradient
  const T* kernel = nullptr;  // forward, input gradient
  const T* dy = nullptr;      // gradients
  T* out = nullptr;           // forward: y; input gradient: dx (overwritten); kernel gradient: dkernel (added to)
  const T* bias = nullptr;    // forward only: y = activation(conv + bias[co])
  Activation activation = Activation::kLinear;
  void* scratch = nullptr;  // 64-byte aligned
};

// A convolution with bias and ReLU whose outputs go through 2x2 max-pooling with stride 2; an odd last row or column of
// outputs is left out.
template <class T>
struct PooledConv2DArgs {
  Conv2DShape shape;  // of the convolution
  const T* x = nullptr;
  const T* kernel = nullptr;
  const T* bias = nullptr;         // [co] or null
  T* out = nullptr;                // [batch, oh / 2, ow / 2, co]
  std::uint8_t* winner = nullptr;  // like out: 2 * row + column of the first largest output of the four
  void* scratch = nullptr;         // 64-byte aligned
};

// Gradients of a convolution from a `dy` that is mostly zeros, as behind a ReLU. With `winner` dy is the gradient of
// the pooled outputs [batch, oh / 2, ow / 2, co] and belongs to the output that won; else it is [batch, oh, ow, co].
template <class T>
struct SparseConv2DArgs {
  Conv2DShape shape;
  const T* x = nullptr;       // kernel gradient
  const T* kernel = nullptr;  // input gradient
  const T* dy = nullptr;
  const std::uint8_t* winner = nullptr;
  T* out = nullptr;         // input gradient: dx (overwritten); kernel gradient: dkernel (added to)
  void* scratch = nullptr;  // 64-byte aligned
};

// The kernel [3, 3, ci, co] taken apart for winograd_conv2d: planes of [ci, co], or of [co, ci] for the input gradient
// (`turned`); see winograd.h.
template <class T>
struct WinogradKernelArgs {
  std::int64_t ci = 0, co = 0;
  bool turned = false;
  std::int64_t begin = 0, end = 0;  // rows of the planes to write, in multiples of 16
  const T* kernel = nullptr;
  T* out = nullptr;
  void* scratch = nullptr;  // if turned, 9 * (end - begin) * ci elements, 64-byte aligned
};

struct Pool2DShape {
  std::int64_t batch = 0, h = 0, w = 0, c = 0, ph = 0, pw = 0, oh = 0, ow = 0;
  std::int64_t stride_h = 1, stride_w = 1, pad_top = 0, pad_left = 0;
};

// The hot kernels, replaceable one by one. Pure functions of their arguments; no allocation, no threads. A caller
// splits rows (batch) or columns and calls again.
template <class T>
struct Table {
  const char* level = "portable";

  void (*matmul)(const MatmulArgs<T>&) = nullptr;
  std::size_t (*matmul_scratch)(const MatmulArgs<T>&) = nullptr;

  void (*conv2d)(const Conv2DArgs<T>&) = nullptr;
  void (*conv2d_input_gradient)(const Conv2DArgs<T>&) = nullptr;
  void (*conv2d_kernel_gradient)(const Conv2DArgs<T>&) = nullptr;
  // Bytes for any of the three.
  std::size_t (*conv2d_scratch)(const Conv2DShape&) = nullptr;
  // The same for channels that are convolved each alone: groups = ci, kernel [kh, kw, ci, co / ci]. Without scratch.
  void (*depthwise)(const Conv2DArgs<T>&) = nullptr;
  void (*depthwise_input_gradient)(const Conv2DArgs<T>&) = nullptr;
  void (*depthwise_kernel_gradient)(const Conv2DArgs<T>&) = nullptr;

  // Convolutions that takes_winograd (winograd.h); null where a level has none. `kernel` is one taken apart; the input
  // gradient is winograd_conv2d of the turned shape. Sums of the kernel gradient depend on the images of a call.
  void (*winograd_kernel)(const WinogradKernelArgs<T>&) = nullptr;
  void (*winograd_conv2d)(const Conv2DArgs<T>&) = nullptr;
  void (*winograd_kernel_gradient)(const Conv2DArgs<T>&) = nullptr;
  // Bytes for the last two.
  std::size_t (*winograd_scratch)(const Conv2DShape&) = nullptr;

  void (*pooled_conv2d)(const PooledConv2DArgs<T>&) = nullptr;
  void (*sparse_conv2d_input_gradient)(const SparseConv2DArgs<T>&) = nullptr;
  void (*sparse_conv2d_kernel_gradient)(const SparseConv2DArgs<T>&) = nullptr;
  // Bytes for any of the three.
  std::size_t (*sparse_conv2d_scratch)(const Conv2DShape&) = nullptr;

  // y = max over the window (padding never wins); the gradient goes to the first cell of a window that equals y and is
  // added where windows overlap; dx is overwritten.
  void (*max_pool)(const Pool2DShape&, const T* x, T* y) = nullptr;
  void (*max_pool_gradient)(const Pool2DShape&, const T* x, const T* y, const T* dy, T* dx) = nullptr;
  // y = the mean of the window's cells inside the input; dx is overwritten.
  void (*average_pool)(const Pool2DShape&, const T* x, T* y) = nullptr;
  void (*average_pool_gradient)(const Pool2DShape&, const T* dy, T* dx) = nullptr;

  // dx = dy where y > 0, else 0.
  void (*relu_gradient)(std::int64_t n, const T* y, const T* dy, T* dx) = nullptr;
  // The same of dy = first + second.
  void (*relu_gradient_of_sum)(std::int64_t n, const T* y, const T* first, const T* second, T* dx) = nullptr;
  // out[cols] += sum over rows of x[rows, cols], rows in order.
  void (*column_sum)(std::int64_t rows, std::int64_t cols, const T* x, T* out) = nullptr;
  // y = activation(x + bias[cols]); bias may be null.
  void (*bias_activation)(std::int64_t rows, std::int64_t cols, const T* x, const T* bias, Activation, T* y) = nullptr;
  // Over the last axis.
  void (*softmax)(std::int64_t rows, std::int64_t cols, const T* x, T* y) = nullptr;
  void (*softmax_gradient)(std::int64_t rows, std::int64_t cols, const T* y, const T* dy, T* dx) = nullptr;
  // y = xhat gamma[cols] + beta[cols], xhat = (x - mean) / sqrt(variance + epsilon) of each row; dx of (x, gamma, dy);
  // dgamma[cols] += sum over rows of dy xhat.
  void (*layer_norm)(std::int64_t rows, std::int64_t cols, T epsilon, const T* x, const T* gamma, const T* beta,
                     T* y) = nullptr;
  void (*layer_norm_gradient)(std::int64_t rows, std::int64_t cols, T epsilon, const T* x, const T* gamma, const T* dy,
                              T* dx) = nullptr;
  void (*layer_norm_scale_gradient)(std::int64_t rows, std::int64_t cols, T epsilon, const T* x, const T* dy,
                                    T* dgamma) = nullptr;
  // See scale_shift.h.
  void (*scale_shift)(const ScaleShiftArgs<T>&) = nullptr;
  void (*column_dots)(const ColumnDotsArgs<T>&) = nullptr;
  // sums[0][cols] += sum over rows of (x - shift[cols])^2, sums[1][cols] += of x - shift.
  void (*column_moments)(std::int64_t rows, std::int64_t cols, const T* x, const T* shift, T* sums) = nullptr;
  // loss[row] = log(sum exp(x)) - x[label], and its gradient dx = (softmax(x) - onehot(label)) * dloss[row].
  // Labels are int64; a label outside [0, cols) gives NaN.
  void (*sparse_crossentropy)(std::int64_t rows, std::int64_t cols, const T* x, const std::int64_t* label,
                              T* loss) = nullptr;
  void (*sparse_crossentropy_gradient)(std::int64_t rows, std::int64_t cols, const T* x, const std::int64_t* label,
                                       const T* dloss, T* dx) = nullptr;
  // loss[row] = sum_c y[c] (log(sum exp(x)) - x[c]), and its gradient dx = (softmax(x) sum(y) - y) * dloss[row].
  void (*crossentropy)(std::int64_t rows, std::int64_t cols, const T* x, const T* y, T* loss) = nullptr;
  void (*crossentropy_gradient)(std::int64_t rows, std::int64_t cols, const T* x, const T* y, const T* dloss,
                                T* dx) = nullptr;

  // See attention.h; the weights of one row and head, and the gradient of the scores behind them.
  void (*attention_weights)(const AttentionWeights<T>&) = nullptr;
  void (*attention_gradient)(const AttentionGradient<T>&) = nullptr;
  std::size_t (*attention_scratch)(std::int64_t queries, std::int64_t keys, std::int64_t size) = nullptr;  // of either
  void (*dropout)(const DropoutArgs<T>&) = nullptr;

  // Every cell but the GRU that resets before its product.
  void (*recurrent_step)(const RecurrentStep<T>&) = nullptr;
  void (*recurrent_step_gradient)(const RecurrentStepGradient<T>&) = nullptr;
};

// Chosen once, at the first call: the best level this processor has, or the one named by the environment variable
// SHOAL_KERNELS (portable, avx2, avx512); throws ValueError when the processor lacks it. float64 is always portable.
template <class T>
const Table<T>& table();

// "avx512 (processor has avx512f/bw/dq/vl; set SHOAL_KERNELS to choose)", for one line of a log.
const char* level_reason();

// Denormal numbers cost a factor of several in real training: every thread that computes calls this once.
void flush_denormals();

// For tests: the table of one level, or null when the processor lacks it.
const Table<float>* table_of_level(const char* level);

}  // namespace shoal::kernels
