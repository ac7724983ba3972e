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

// kVectors vectors of weights and their moments. Loops load and store them whole, so that they stand in registers
// within.
template <int kVectors, class T>
struct AdamPart {
  T *w, *first, *second;

  static hn::Vec<D<T>> load(const T* from, int i) {
    return hn::LoadU(D<T>(), from + static_cast<std::size_t>(i) * hn::Lanes(D<T>()));
  }
  static void store(hn::Vec<D<T>> x, T* to, int i) {
    hn::StoreU(x, D<T>(), to + static_cast<std::size_t>(i) * hn::Lanes(D<T>()));
  }
};

// A root and a division wait for nothing of the step before them, so several steps are under way at once.
template <int kVectors, bool kMoves, class T>
HWY_NOINLINE void replay_adam(const AdamStep<T>* steps, std::size_t count, const AdamPart<kVectors, T>& part) {
  using V = hn::Vec<D<T>>;
  const D<T> d;
  const V take_1 = hn::Set(d, steps->one_minus_beta_1), take_2 = hn::Set(d, steps->one_minus_beta_2),
          epsilon = hn::Set(d, steps->epsilon);
  V w[kVectors], m[kVectors], v[kVectors];
  for (int i = 0; i < kVectors; ++i) {
    w[i] = part.load(part.w, i);
    m[i] = part.load(part.first, i);
    v[i] = part.load(part.second, i);
  }
  for (std::size_t k = 0; k < count; ++k) {
    const V alpha = hn::Set(d, steps[k].alpha);
    for (int i = 0; i < kVectors; ++i) {
      m[i] = hn::Sub(m[i], hn::Mul(m[i], take_1));
      v[i] = hn::Sub(v[i], hn::Mul(v[i], take_2));
      if constexpr (kMoves) w[i] = hn::Sub(w[i], hn::Div(hn::Mul(m[i], alpha), hn::Add(hn::Sqrt(v[i]), epsilon)));
    }
  }
  for (int i = 0; i < kVectors; ++i) {
    if constexpr (kMoves) part.store(w[i], part.w, i);
    part.store(m[i], part.first, i);
    part.store(v[i], part.second, i);
  }
}

// Can no step with such an alpha move a weight?
template <int kVectors, class T>
bool too_small(const AdamStep<T>& step, T alpha, const AdamPart<kVectors, T>& at) {
  using V = hn::Vec<D<T>>;
  const D<T> d;
  // Half of the distance to the next smaller number is at least 2^-25 (2^-54) of a number.
  const V part = hn::Set(d, std::is_same_v<T, float> ? T(0x1p-26) : T(0x1p-55)), epsilon = hn::Set(d, step.epsilon);
  for (int i = 0; i < kVectors; ++i) {
    const V top = hn::Mul(hn::Abs(at.load(at.first, i)), hn::Set(d, alpha));
    const V move = hn::Div(top, hn::Add(hn::Sqrt(at.load(at.second, i)), epsilon));
    if (!hn::AllTrue(d, hn::Le(move, hn::Mul(hn::Abs(at.load(at.w, i)), part)))) return false;
  }
  return true;
}

// Can none of these steps? The first moment fades faster than the root of the second, so what is too small for a weight
// now stays so, as long as the rates do not grow.
template <int kVectors, class T>
bool at_rest(const AdamStep<T>* steps, std::size_t count, const AdamPart<kVectors, T>& part) {
  const T keep_1 = 1 - steps->one_minus_beta_1, keep_2 = 1 - steps->one_minus_beta_2;
  if (keep_1 * keep_1 > T(0.99) * keep_2 || steps->epsilon < T(1e-12)) return false;
  if (!too_small(*steps, steps->alpha, part)) return false;
  T most = 0;
  for (std::size_t k = 0; k < count; ++k) most = HWY_MAX(most, steps[k].alpha);
  return too_small(*steps, most, part);
}

// Steps with nothing before them. Once no weight can move any more only the moments go on.
template <int kVectors, class T>
void replay_plain_adam(const AdamStep<T>* steps, std::size_t count, const AdamPart<kVectors, T>& part) {
  constexpr std::size_t kLook = 32;  // steps between two looks
  for (std::size_t k = 0; k < count;) {
    if (k > 0 && at_rest(steps + k, count - k, part)) return replay_adam<kVectors, false>(steps + k, count - k, part);
    const std::size_t some = HWY_MIN(kLook, count - k);
    replay_adam<kVectors, true>(steps + k, some, part);
    k += some;
  }
}

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

  template <int kSlots, class Step, class T>
  static void replay(const Step* steps, std::size_t count, std::size_t n, T* w, T* const* slots) {
    const D<T> d;
    const std::size_t lanes = hn::Lanes(d);
    std::size_t done = 0;
    if constexpr (kSlots == 2 && std::is_same_v<Step, AdamStep<T>>) {
      bool plain = true;
      for (std::size_t k = 0; k < count; ++k) plain &= !steps[k].before.needed();
      for (; plain && done + 4 * lanes <= n; done += 4 * lanes)
        replay_plain_adam<4, T>(steps, count, {w + done, slots[0] + done, slots[1] + done});
      for (; plain && done + lanes <= n; done += lanes)
        replay_plain_adam<1, T>(steps, count, {w + done, slots[0] + done, slots[1] + done});
    }
    for (; done + lanes <= n; done += lanes) {
      hn::Vec<D<T>> weight = hn::LoadU(d, w + done), state[kSlots + 1];
      for (int s = 0; s < kSlots; ++s) state[s] = hn::LoadU(d, slots[s] + done);
      for (std::size_t k = 0; k < count; ++k) {
        const Step& step = steps[k];
        hn::Vec<D<T>> gradient = hn::Zero(d);
        if (step.before.needed()) HWY_NAMESPACE::prepare(step.before, Lanes<T>(), weight, gradient);
        HWY_NAMESPACE::update<kSlots>(step, Lanes<T>(), weight, gradient, state);
      }
      for (int s = 0; s < kSlots; ++s) hn::StoreU(state[s], d, slots[s] + done);
      hn::StoreU(weight, d, w + done);
    }
    plain::replay<kSlots>(steps, count, done, n, w, slots);
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
