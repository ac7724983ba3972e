#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "common/optim/highway_span_kernels.cc"
#include "common/optim/highway_span_kernels.h"
#include "common/optim/plain_loops.h"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

// Multiplications, additions, divisions and roots one by one, never fused: the bits of the plain loops, which also take
// the elements behind the last whole vector.
HWY_BEFORE_NAMESPACE();
namespace shoal::optim::HWY_NAMESPACE {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using D = hn::ScalableTag<T>;

template <class T>
void sgd(const SgdStep<T>& step, std::size_t n, T* w, const T* g, T* const* slots) {
  const D<T> d;
  const std::size_t lanes = hn::Lanes(d), whole = n / lanes * lanes;
  const auto rate = hn::Set(d, step.learning_rate), momentum = hn::Set(d, step.momentum);
  T* velocity = step.has_momentum ? slots[0] : nullptr;
  for (std::size_t i = 0; i < whole; i += lanes) {
    const auto pull = hn::Mul(rate, hn::LoadU(d, g + i));
    const auto old = hn::LoadU(d, w + i);
    if (!velocity) {
      hn::StoreU(hn::Sub(old, pull), d, w + i);
      continue;
    }
    const auto v = hn::Sub(hn::Mul(momentum, hn::LoadU(d, velocity + i)), pull);
    hn::StoreU(v, d, velocity + i);
    hn::StoreU(hn::Add(old, step.nesterov ? hn::Sub(hn::Mul(momentum, v), pull) : v), d, w + i);
  }
  T* const rest[] = {velocity ? velocity + whole : nullptr};
  plain::sgd(step, n - whole, w + whole, g + whole, rest);
}

template <class T>
void adam(const AdamStep<T>& step, std::size_t n, T* w, const T* g, T* const* slots) {
  const D<T> d;
  const std::size_t lanes = hn::Lanes(d), whole = n / lanes * lanes;
  const auto alpha = hn::Set(d, step.alpha), epsilon = hn::Set(d, step.epsilon);
  const auto rest_1 = hn::Set(d, step.one_minus_beta_1), rest_2 = hn::Set(d, step.one_minus_beta_2);
  T *moment = slots[0], *velocity = slots[1], *largest = step.amsgrad ? slots[2] : nullptr;
  for (std::size_t i = 0; i < whole; i += lanes) {
    const auto gradient = hn::LoadU(d, g + i);
    auto m = hn::LoadU(d, moment + i), v = hn::LoadU(d, velocity + i);
    m = hn::Add(m, hn::Mul(hn::Sub(gradient, m), rest_1));
    v = hn::Add(v, hn::Mul(hn::Sub(hn::Mul(gradient, gradient), v), rest_2));
    hn::StoreU(m, d, moment + i);
    hn::StoreU(v, d, velocity + i);
    if (largest) {
      const auto old = hn::LoadU(d, largest + i);
      v = hn::IfThenElse(hn::Gt(old, v), old, v);
      hn::StoreU(v, d, largest + i);
    }
    const auto move = hn::Div(hn::Mul(m, alpha), hn::Add(hn::Sqrt(v), epsilon));
    hn::StoreU(hn::Sub(hn::LoadU(d, w + i), move), d, w + i);
  }
  T* const rest[] = {moment + whole, velocity + whole, largest ? largest + whole : nullptr};
  plain::adam(step, n - whole, w + whole, g + whole, rest);
}

template <class T>
void add(std::size_t n, const T* src, T* dst) {
  const D<T> d;
  const std::size_t lanes = hn::Lanes(d), whole = n / lanes * lanes;
  for (std::size_t i = 0; i < whole; i += lanes) {
    hn::StoreU(hn::Add(hn::LoadU(d, src + i), hn::LoadU(d, dst + i)), d, dst + i);
  }
  plain::add(n - whole, src + whole, dst + whole);
}

template <class T>
SpanKernels<T> kernels() {
  return {sgd<T>, adam<T>, add<T>};
}

#endif
}  // namespace shoal::optim::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace shoal::optim {

template <class T>
void append_highway_span_kernels(std::vector<SpanKernels<T>>& builds) {
#if HWY_TARGETS & HWY_AVX2
  if (hwy::SupportedTargets() & HWY_AVX2) builds.push_back(N_AVX2::kernels<T>());
#endif
#if HWY_TARGETS & HWY_AVX3
  if (hwy::SupportedTargets() & HWY_AVX3) builds.push_back(N_AVX3::kernels<T>());
#endif
  static_cast<void>(builds);
}

template void append_highway_span_kernels(std::vector<SpanKernels<float>>&);
template void append_highway_span_kernels(std::vector<SpanKernels<double>>&);

}  // namespace shoal::optim
#endif
