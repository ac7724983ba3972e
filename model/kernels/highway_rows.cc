#include "model/kernels/highway_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/kernels/highway_rows.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "model/kernels/highway.h"
#include "model/kernels/highway_math.h"

HWY_BEFORE_NAMESPACE();
namespace shoal::kernels::fast::HWY_NAMESPACE {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3

void relu_gradient(std::int64_t n, const float* y, const float* dy, float* dx) {
  const D d;
  for_vectors(n, [&](std::int64_t i, auto part) HWY_ATTR {
    part.store(hn::IfThenElseZero(hn::Gt(part.load(y + i), hn::Zero(d)), part.load(dy + i)), dx + i);
  });
}

void column_sum(std::int64_t rows, std::int64_t cols, const float* x, float* out) {
  for_vectors(cols, [&](std::int64_t c, auto part) HWY_ATTR {
    V sum = part.load(out + c);
    for (std::int64_t r = 0; r < rows; ++r) sum = hn::Add(sum, part.load(x + r * cols + c));
    part.store(sum, out + c);
  });
}

template <Activation kActivation>
HWY_INLINE V activate(V x) {
  const D d;
  switch (kActivation) {
    case Activation::kRelu:
      return hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x);
    case Activation::kSigmoid:
      return hn::Div(hn::Set(d, 1.0f), hn::Add(hn::Set(d, 1.0f), exp(hn::Neg(x))));
    case Activation::kTanh:
      return tanh(x);
    case Activation::kLinear:
      break;
  }
  return x;
}

template <Activation kActivation>
HWY_NOINLINE void bias_activation_of(std::int64_t rows, std::int64_t cols, const float* x, const float* bias,
                                     float* y) {
  if (!bias) {
    cols *= rows;
    rows = 1;
  }
  for (std::int64_t r = 0; r < rows; ++r, x += cols, y += cols) {
    for_vectors(cols, [&](std::int64_t c, auto part) HWY_ATTR {
      V value = part.load(x + c);
      if (bias) value = hn::Add(value, part.load(bias + c));
      part.store(activate<kActivation>(value), y + c);
    });
  }
}

void bias_activation(std::int64_t rows, std::int64_t cols, const float* x, const float* bias, Activation activation,
                     float* y) {
  switch (activation) {
    case Activation::kLinear:
      return bias_activation_of<Activation::kLinear>(rows, cols, x, bias, y);
    case Activation::kRelu:
      return bias_activation_of<Activation::kRelu>(rows, cols, x, bias, y);
    case Activation::kSigmoid:
      return bias_activation_of<Activation::kSigmoid>(rows, cols, x, bias, y);
    case Activation::kTanh:
      return bias_activation_of<Activation::kTanh>(rows, cols, x, bias, y);
  }
}

void fill_rows(Table<float>& table) {
  table.relu_gradient = relu_gradient;
  table.column_sum = column_sum;
  table.bias_activation = bias_activation;
}

#endif
}  // namespace shoal::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "model/kernels/highway_dispatch.h"

namespace shoal::kernels::fast {

void fill_rows(Target target, Table<float>& table) { SHOAL_FOR_TARGET(target, fill_rows(table)); }

}  // namespace shoal::kernels::fast
#endif
