// Included once per target, inside no namespace: whole or partial vectors of a row, and functions that keep NaN.
#if defined(SHOAL_HIGHWAY_MATH) == defined(HWY_TARGET_TOGGLE)
#ifdef SHOAL_HIGHWAY_MATH
#undef SHOAL_HIGHWAY_MATH
#else
#define SHOAL_HIGHWAY_MATH
#endif

#include <cstdint>

#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

#ifndef SHOAL_UNROLL
#define SHOAL_UNROLL _Pragma("GCC unroll 32")
#endif

HWY_BEFORE_NAMESPACE();
namespace shoal::kernels::fast::HWY_NAMESPACE {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
using M = hn::Mask<D>;

// A full vector.
struct Whole {
  static constexpr bool kWhole = true;
  HWY_INLINE V load(const float* from) const { return hn::LoadU(D(), from); }
  HWY_INLINE void store(V value, float* to) const { hn::StoreU(value, D(), to); }
  HWY_INLINE V or_else(V value, V) const { return value; }
};

// The first lanes of a vector.
struct Part {
  static constexpr bool kWhole = false;
  M valid;
  HWY_INLINE V load(const float* from) const { return hn::MaskedLoad(valid, D(), from); }
  HWY_INLINE void store(V value, float* to) const { hn::BlendedStore(value, valid, D(), to); }
  HWY_INLINE V or_else(V value, V other) const { return hn::IfThenElse(valid, value, other); }
};

// visit(begin, part) for n values in vectors.
template <class Visit>
HWY_INLINE void for_vectors(std::int64_t n, Visit visit) {
  const std::int64_t lanes = static_cast<std::int64_t>(hn::Lanes(D()));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) visit(i, Whole());
  if (i < n) visit(i, Part{hn::FirstN(D(), static_cast<std::size_t>(n - i))});
}

HWY_INLINE V exp(V x) {
  const D d;
  const V clamped = hn::Min(x, hn::Set(d, 104.0f));
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Exp(d, clamped));
}

HWY_INLINE V tanh(V x) { return hn::IfThenElse(hn::IsNaN(x), x, hn::Tanh(D(), x)); }

#endif
}  // namespace shoal::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
