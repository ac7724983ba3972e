#pragma once

#include <cmath>

#include "model/kernels/table.h"

// The kernels of every processor and both types, and the truth the fast ones are tested against.
namespace shoal::kernels::portable {

template <class T>
inline T activate(Activation activation, T x) {
  switch (activation) {
    case Activation::kRelu:
      return x < T(0) ? T(0) : x;  // NaN passes through
    case Activation::kSigmoid:
      return T(1) / (T(1) + std::exp(-x));
    case Activation::kTanh:
      return std::tanh(x);
    case Activation::kLinear:
      break;
  }
  return x;
}

template <class T>
void matmul(const MatmulArgs<T>& args);
template <class T>
std::size_t matmul_scratch(const MatmulArgs<T>& args);

template <class T>
void conv2d(const Conv2DArgs<T>& args);
template <class T>
void conv2d_input_gradient(const Conv2DArgs<T>& args);
template <class T>
void conv2d_kernel_gradient(const Conv2DArgs<T>& args);
template <class T>
std::size_t conv2d_scratch(const Conv2DShape& shape);

template <class T>
void pooled_conv2d(const PooledConv2DArgs<T>& args);
template <class T>
void sparse_conv2d_input_gradient(const SparseConv2DArgs<T>& args);
template <class T>
void sparse_conv2d_kernel_gradient(const SparseConv2DArgs<T>& args);
template <class T>
std::size_t sparse_conv2d_scratch(const Conv2DShape& shape);

template <class T>
void depthwise(const Conv2DArgs<T>& args);
template <class T>
void depthwise_input_gradient(const Conv2DArgs<T>& args);
template <class T>
void depthwise_kernel_gradient(const Conv2DArgs<T>& args);

template <class T>
void max_pool(const Pool2DShape& shape, const T* x, T* y);
template <class T>
void max_pool_gradient(const Pool2DShape& shape, const T* x, const T* y, const T* dy, T* dx);

template <class T>
void average_pool(const Pool2DShape& shape, const T* x, T* y);
template <class T>
void average_pool_gradient(const Pool2DShape& shape, const T* dy, T* dx);

template <class T>
void relu_gradient(std::int64_t n, const T* y, const T* dy, T* dx);
template <class T>
void column_sum(std::int64_t rows, std::int64_t cols, const T* x, T* out);
template <class T>
void bias_activation(std::int64_t rows, std::int64_t cols, const T* x, const T* bias, Activation activation, T* y);

template <class T>
void softmax(std::int64_t rows, std::int64_t cols, const T* x, T* y);
template <class T>
void softmax_gradient(std::int64_t rows, std::int64_t cols, const T* y, const T* dy, T* dx);
template <class T>
void layer_norm(std::int64_t rows, std::int64_t cols, T epsilon, const T* x, const T* gamma, const T* beta, T* y);
template <class T>
void layer_norm_gradient(std::int64_t rows, std::int64_t cols, T epsilon, const T* x, const T* gamma, const T* dy,
                         T* dx);
template <class T>
void layer_norm_scale_gradient(std::int64_t rows, std::int64_t cols, T epsilon, const T* x, const T* dy, T* dgamma);
template <class T>
void scale_shift(const ScaleShiftArgs<T>& args);
template <class T>
void column_dots(const ColumnDotsArgs<T>& args);
template <class T>
void relu_gradient_of_sum(std::int64_t n, const T* y, const T* first, const T* second, T* dx);
template <class T>
void column_moments(std::int64_t rows, std::int64_t cols, const T* x, const T* shift, T* sums);
template <class T>
void sparse_crossentropy(std::int64_t rows, std::int64_t cols, const T* x, const std::int64_t* label, T* loss);
template <class T>
void sparse_crossentropy_gradient(std::int64_t rows, std::int64_t cols, const T* x, const std::int64_t* label,
                                  const T* dloss, T* dx);
template <class T>
void crossentropy(std::int64_t rows, std::int64_t cols, const T* x, const T* y, T* loss);
template <class T>
void crossentropy_gradient(std::int64_t rows, std::int64_t cols, const T* x, const T* y, const T* dloss, T* dx);

template <class T>
void attention_weights(const AttentionWeights<T>& args);
template <class T>
void attention_gradient(const AttentionGradient<T>& args);
template <class T>
std::size_t attention_scratch(std::int64_t queries, std::int64_t keys, std::int64_t size);
template <class T>
void dropout(const DropoutArgs<T>& args);

template <class T>
void recurrent_step(const RecurrentStep<T>& step);
template <class T>
void recurrent_step_gradient(const RecurrentStepGradient<T>& step);

template <class T>
Table<T> make_table() {
  return {.level = "portable",
          .matmul = matmul<T>,
          .matmul_scratch = matmul_scratch<T>,
          .conv2d = conv2d<T>,
          .conv2d_input_gradient = conv2d_input_gradient<T>,
          .conv2d_kernel_gradient = conv2d_kernel_gradient<T>,
          .conv2d_scratch = conv2d_scratch<T>,
          .depthwise = depthwise<T>,
          .depthwise_input_gradient = depthwise_input_gradient<T>,
          .depthwise_kernel_gradient = depthwise_kernel_gradient<T>,
          .pooled_conv2d = pooled_conv2d<T>,
          .sparse_conv2d_input_gradient = sparse_conv2d_input_gradient<T>,
          .sparse_conv2d_kernel_gradient = sparse_conv2d_kernel_gradient<T>,
          .sparse_conv2d_scratch = sparse_conv2d_scratch<T>,
          .max_pool = max_pool<T>,
          .max_pool_gradient = max_pool_gradient<T>,
          .average_pool = average_pool<T>,
          .average_pool_gradient = average_pool_gradient<T>,
          .relu_gradient = relu_gradient<T>,
          .relu_gradient_of_sum = relu_gradient_of_sum<T>,
          .column_sum = column_sum<T>,
          .bias_activation = bias_activation<T>,
          .softmax = softmax<T>,
          .softmax_gradient = softmax_gradient<T>,
          .layer_norm = layer_norm<T>,
          .layer_norm_gradient = layer_norm_gradient<T>,
          .layer_norm_scale_gradient = layer_norm_scale_gradient<T>,
          .scale_shift = scale_shift<T>,
          .column_dots = column_dots<T>,
          .column_moments = column_moments<T>,
          .sparse_crossentropy = sparse_crossentropy<T>,
          .sparse_crossentropy_gradient = sparse_crossentropy_gradient<T>,
          .crossentropy = crossentropy<T>,
          .crossentropy_gradient = crossentropy_gradient<T>,
          .attention_weights = attention_weights<T>,
          .attention_gradient = attention_gradient<T>,
          .attention_scratch = attention_scratch<T>,
          .dropout = dropout<T>,
          .recurrent_step = recurrent_step<T>,
          .recurrent_step_gradient = recurrent_step_gradient<T>};
}

}  // namespace shoal::kernels::portable
