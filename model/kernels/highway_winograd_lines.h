// Included once per target, inside no namespace: Winograd's matrices for F(4, 3), each times one line of vectors; along
// both axes they give the two-dimensional ones. The points are 0, a, -a, b, -b and infinity with a = sqrt(1/2) and
// b = sqrt(2): a fifth of the error that 1 and 2 give.
#if defined(SHOAL_HIGHWAY_WINOGRAD_LINES) == defined(HWY_TARGET_TOGGLE)
#ifdef SHOAL_HIGHWAY_WINOGRAD_LINES
#undef SHOAL_HIGHWAY_WINOGRAD_LINES
#else
#define SHOAL_HIGHWAY_WINOGRAD_LINES
#endif

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

struct Three {
  V v[3];
};
struct Four {
  V v[4];
};
struct Six {
  V v[6];
};

HWY_INLINE Six load_six(const float* from) {
  const D d;
  constexpr std::int64_t kStep = HWY_MAX_BYTES / sizeof(float);
  return {hn::Load(d, from),
          hn::Load(d, from + kStep),
          hn::Load(d, from + 2 * kStep),
          hn::Load(d, from + 3 * kStep),
          hn::Load(d, from + 4 * kStep),
          hn::Load(d, from + 5 * kStep)};
}

constexpr float kA = 0.70710678f, kB = 1.41421356f, kA3 = 0.35355339f, kB3 = 2.82842712f;

// (1 0 -5/2 0 1 0), (0 -+b -2 +-a 1 0), (0 -+a -1/2 +-b 1 0), (0 1 0 -5/2 0 1)
HWY_INLINE Six inputs_line(const Six& x) {
  const D d;
  const V two = hn::Set(d, 2.0f), half = hn::Set(d, 0.5f), more = hn::Set(d, 2.5f);
  const V even_a = hn::NegMulAdd(two, x.v[2], x.v[4]), even_b = hn::NegMulAdd(half, x.v[2], x.v[4]);
  const V odd_a = hn::Mul(hn::Set(d, kA), hn::NegMulAdd(two, x.v[1], x.v[3]));
  const V odd_b = hn::Mul(hn::Set(d, kB), hn::NegMulAdd(half, x.v[1], x.v[3]));
  return {hn::NegMulAdd(more, x.v[2], hn::Add(x.v[0], x.v[4])),
          hn::Add(even_a, odd_a),
          hn::Sub(even_a, odd_a),
          hn::Add(even_b, odd_b),
          hn::Sub(even_b, odd_b),
          hn::NegMulAdd(more, x.v[3], hn::Add(x.v[1], x.v[5]))};
}

// (1 1 1 1 1 0), (0 a -a b -b 0), (0 1/2 1/2 2 2 0), (0 a^3 -a^3 b^3 -b^3 1)
HWY_INLINE Four outputs_line(const Six& m) {
  const D d;
  const V even_a = hn::Add(m.v[1], m.v[2]), odd_a = hn::Sub(m.v[1], m.v[2]);
  const V even_b = hn::Add(m.v[3], m.v[4]), odd_b = hn::Sub(m.v[3], m.v[4]);
  return {hn::Add(hn::Add(m.v[0], even_a), even_b), hn::MulAdd(hn::Set(d, kA), odd_a, hn::Mul(hn::Set(d, kB), odd_b)),
          hn::MulAdd(hn::Set(d, 0.5f), even_a, hn::Add(even_b, even_b)),
          hn::MulAdd(hn::Set(d, kA3), odd_a, hn::MulAdd(hn::Set(d, kB3), odd_b, m.v[5]))};
}

// The transpose of that of outputs.
HWY_INLINE Six gradients_line(const Four& g) {
  const D d;
  const V even_a = hn::MulAdd(hn::Set(d, 0.5f), g.v[2], g.v[0]), even_b = hn::MulAdd(hn::Set(d, 2.0f), g.v[2], g.v[0]);
  const V odd_a = hn::MulAdd(hn::Set(d, kA3), g.v[3], hn::Mul(hn::Set(d, kA), g.v[1]));
  const V odd_b = hn::MulAdd(hn::Set(d, kB3), g.v[3], hn::Mul(hn::Set(d, kB), g.v[1]));
  return {g.v[0], hn::Add(even_a, odd_a), hn::Sub(even_a, odd_a), hn::Add(even_b, odd_b), hn::Sub(even_b, odd_b),
          g.v[3]};
}

// (1 0 0), -2/3 (1 +-a 1/2), 1/6 (1 +-b 2), (0 0 1)
HWY_INLINE Six kernel_line(V first, V middle, V last) {
  const D d;
  const V third = hn::Mul(hn::Set(d, 1.0f / 3), last);
  const V even_a = hn::NegMulAdd(hn::Set(d, 2.0f / 3), first, hn::Neg(third));
  const V even_b = hn::MulAdd(hn::Set(d, 1.0f / 6), first, third);
  const V odd_a = hn::Mul(hn::Set(d, -kB / 3), middle), odd_b = hn::Mul(hn::Set(d, kB / 6), middle);
  return {first, hn::Add(even_a, odd_a), hn::Sub(even_a, odd_a), hn::Add(even_b, odd_b), hn::Sub(even_b, odd_b), last};
}

// Its transpose.
HWY_INLINE Three kernel_gradient_line(const Six& u) {
  const D d;
  const V even_a = hn::Add(u.v[1], u.v[2]), odd_a = hn::Sub(u.v[1], u.v[2]);
  const V even_b = hn::Add(u.v[3], u.v[4]), odd_b = hn::Sub(u.v[3], u.v[4]);
  return {hn::NegMulAdd(hn::Set(d, 2.0f / 3), even_a, hn::MulAdd(hn::Set(d, 1.0f / 6), even_b, u.v[0])),
          hn::MulAdd(hn::Set(d, -kB / 3), odd_a, hn::Mul(hn::Set(d, kB / 6), odd_b)),
          hn::MulAdd(hn::Set(d, 1.0f / 3), hn::Sub(even_b, even_a), u.v[5])};
}

#endif
}  // namespace shoal::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
