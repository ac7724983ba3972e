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

#include "common/optim/rule_formulas.h"

template <class T>
struct Lanes {
  using V = hn::Vec<D<T>>;
  V set(T x) const { return hn::Set(D<T>(), x); }
  V sqrt(V x) const { return hn::Sqrt(x); }
  V if_greater(V a, V b, V x, V y) const { return hn::IfThenElse(hn::Gt(a, b), x, y); }
};

struct Loops {
  template <int kSlots, class Step, class T>
  static void run(const Step& given, std::size_t n, T* w, const T* g, T* const* slots) {
    const D<T> d;
    const Step step = given;
    const bool prepared = step.before.needed();
    const std::size_t lanes = hn::Lanes(d), whole = n / lanes * lanes;
    for (std::size_t i = 0; i < whole; i += lanes) {
      hn::Vec<D<T>> weight = hn::LoadU(d, w + i), gradient = hn::LoadU(d, g + i), state[kSlots + 1];
      for (int s = 0; s < kSlots; ++s) state[s] = hn::LoadU(d, slots[s] + i);
      if (prepared) HWY_NAMESPACE::prepare(step.before, Lanes<T>(), weight, gradient);
      HWY_NAMESPACE::update<kSlots>(step, Lanes<T>(), weight, gradient, state);
      for (int s = 0; s < kSlots; ++s) hn::StoreU(state[s], d, slots[s] + i);
      hn::StoreU(weight, d, w + i);
    }
    plain::loop<kSlots>(step, whole, n, w, g, slots);
  }

  template <class T>
  static void add(std::size_t n, const T* src, T* dst) {
    const D<T> d;
    const std::size_t lanes = hn::Lanes(d), whole = n / lanes * lanes;
    for (std::size_t i = 0; i < whole; i += lanes)
      hn::StoreU(hn::Add(hn::LoadU(d, src + i), hn::LoadU(d, dst + i)), d, dst + i);
    plain::add(whole, n, src, dst);
  }
};

template <class T>
SpanKernels<T> kernels() {
  return kernels_of<Loops, T>();
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
