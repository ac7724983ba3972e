#include "model/kernels/highway_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/kernels/highway_scale_shift.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "model/kernels/highway.h"
#include "model/kernels/highway_math.h"

#ifndef SHOAL_UNROLL
#define SHOAL_UNROLL _Pragma("GCC unroll 32")
#endif

HWY_BEFORE_NAMESPACE();
namespace shoal::kernels::fast::HWY_NAMESPACE {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3

using ScaleShift = ScaleShiftArgs<float>;
enum class Where { kEverywhere, kValues, kPair };

// What is passed on of x at element i; scale and shift are the pair's.
template <Where kWhere, class Part>
HWY_INLINE V passed_on(const Passed<float>& passed, Part part, V x, V y, V scale, V shift, std::int64_t i) {
  if (kWhere == Where::kEverywhere) return x;
  const V gate = kWhere == Where::kValues ? part.load(passed.values + i) : hn::MulAdd(y, scale, shift);
  return hn::IfThenElseZero(hn::Gt(gate, hn::Zero(D())), x);
}

// A row's columns at c: constants of the columns, and the value of an element.
template <bool kAddend, bool kRelu>
struct Forward {
  V scale, shift;
  template <class Part>
  HWY_INLINE Forward(const ScaleShift& p, Part part, std::int64_t c)
      : scale(part.load(p.a + c)), shift(part.load(p.a + p.cols + c)) {}
  template <class Part>
  HWY_INLINE V at(const ScaleShift& p, Part part, std::int64_t i) const {
    V value = hn::MulAdd(part.load(p.x + i), scale, shift);
    if (kAddend) value = hn::Add(value, part.load(p.addend + i));
    return kRelu ? hn::IfThenZeroElse(hn::Lt(value, hn::Zero(D())), value) : value;
  }
};

template <Where kWhere>
struct Backward {
  V x_scale, y_scale, shift, gate_scale, gate_shift;
  template <class Part>
  HWY_INLINE Backward(const ScaleShift& p, Part part, std::int64_t c)
      : x_scale(part.load(p.a + c)),
        y_scale(part.load(p.b + c)),
        shift(hn::Add(part.load(p.a + p.cols + c), part.load(p.b + p.cols + c))),
        gate_scale(x_scale),
        gate_shift(x_scale) {
    if (kWhere != Where::kPair) return;
    gate_scale = part.load(p.passed.pair + c);
    gate_shift = part.load(p.passed.pair + p.cols + c);
  }
  template <class Part>
  HWY_INLINE V at(const ScaleShift& p, Part part, std::int64_t i) const {
    const V y = part.load(p.y + i);
    const V x = passed_on<kWhere>(p.passed, part, part.load(p.x + i), y, gate_scale, gate_shift, i);
    return hn::MulAdd(x, x_scale, hn::MulAdd(y, y_scale, shift));
  }
};

// Two vectors of columns at a time: a cache line or two of each row.
template <class Work>
HWY_NOINLINE void run(const ScaleShift& p) {
  const std::int64_t lanes = static_cast<std::int64_t>(hn::Lanes(D())), all = p.rows * p.cols;
  std::int64_t c = 0;
  for (; c + 2 * lanes <= p.cols; c += 2 * lanes) {
    const Work first(p, Whole(), c), second(p, Whole(), c + lanes);
    for (std::int64_t i = c; i < all; i += p.cols) {
      hn::StoreU(first.at(p, Whole(), i), D(), p.out + i);
      hn::StoreU(second.at(p, Whole(), i + lanes), D(), p.out + i + lanes);
    }
  }
  for_vectors(p.cols - c, [&](std::int64_t rest, auto part) HWY_ATTR {
    const Work work(p, part, c + rest);
    for (std::int64_t i = c + rest; i < all; i += p.cols) part.store(work.at(p, part, i), p.out + i);
  });
}

void scale_shift(const ScaleShift& p) {
  if (p.y) {
    if (p.passed.values) return run<Backward<Where::kValues>>(p);
    if (p.passed.pair) return run<Backward<Where::kPair>>(p);
    return run<Backward<Where::kEverywhere>>(p);
  }
  if (p.addend) return p.relu ? run<Forward<true, true>>(p) : run<Forward<true, false>>(p);
  return p.relu ? run<Forward<false, true>>(p) : run<Forward<false, false>>(p);
}

// Four rows side by side, then their sums.
template <Where kWhere>
HWY_NOINLINE void dots(const ColumnDotsArgs<float>& p) {
  const D d;
  const std::int64_t rows = p.rows, cols = p.cols;
  for_vectors(cols, [&](std::int64_t c, auto part) HWY_ATTR {
    const bool pair = kWhere == Where::kPair;
    const V scale = pair ? part.load(p.passed.pair + c) : hn::Zero(d);
    const V shift = pair ? part.load(p.passed.pair + cols + c) : hn::Zero(d);
    const auto add = [&](std::int64_t i, V& dot, V& sum) HWY_ATTR {
      const V y = part.load(p.y + i);
      const V x = passed_on<kWhere>(p.passed, part, part.load(p.x + i), y, scale, shift, i);
      dot = hn::MulAdd(x, y, dot);
      sum = hn::Add(sum, x);
    };
    V a0 = hn::Zero(d), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
    std::int64_t r = 0, i = c;
    for (; r + 4 <= rows; r += 4, i += 4 * cols) {
      add(i, a0, b0);
      add(i + cols, a1, b1);
      add(i + 2 * cols, a2, b2);
      add(i + 3 * cols, a3, b3);
    }
    for (; r < rows; ++r, i += cols) add(i, a0, b0);
    const V a = hn::Add(hn::Add(a0, a1), hn::Add(a2, a3)), b = hn::Add(hn::Add(b0, b1), hn::Add(b2, b3));
    part.store(hn::Add(part.load(p.sums + c), a), p.sums + c);
    part.store(hn::Add(part.load(p.sums + cols + c), b), p.sums + cols + c);
  });
}

void column_dots(const ColumnDotsArgs<float>& p) {
  if (p.passed.values) return dots<Where::kValues>(p);
  if (p.passed.pair) return dots<Where::kPair>(p);
  dots<Where::kEverywhere>(p);
}

void relu_gradient_of_sum(std::int64_t n, const float* y, const float* first, const float* second, float* dx) {
  for_vectors(n, [&](std::int64_t i, auto part) HWY_ATTR {
    const V sum = hn::Add(part.load(first + i), part.load(second + i));
    part.store(hn::IfThenElseZero(hn::Gt(part.load(y + i), hn::Zero(D())), sum), dx + i);
  });
}

void fill_scale_shift(Table<float>& table) {
  table.scale_shift = scale_shift;
  table.column_dots = column_dots;
  table.relu_gradient_of_sum = relu_gradient_of_sum;
}

#endif
}  // namespace shoal::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "model/kernels/highway_dispatch.h"

namespace shoal::kernels::fast {

void fill_scale_shift(Target target, Table<float>& table) { SHOAL_FOR_TARGET(target, fill_scale_shift(table)); }

}  // namespace shoal::kernels::fast
#endif
