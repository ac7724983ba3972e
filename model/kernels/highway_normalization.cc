#include "model/kernels/highway_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/kernels/highway_normalization.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "model/kernels/highway.h"
#include "model/kernels/highway_math.h"

HWY_BEFORE_NAMESPACE();
namespace shoal::kernels::fast::HWY_NAMESPACE {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3

// sums[0] += first, sums[1] += second of visit(element, part), over rows: four rows side by side, then their sums.
template <class Visit>
HWY_INLINE void two_sums(std::int64_t rows, std::int64_t cols, float* sums, Visit visit) {
  const D d;
  for_vectors(cols, [&](std::int64_t c, auto part) HWY_ATTR {
    V a0 = hn::Zero(d), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
    std::int64_t r = 0, i = c;
    for (; r + 4 <= rows; r += 4, i += 4 * cols) {
      visit(i, c, part, a0, b0);
      visit(i + cols, c, part, a1, b1);
      visit(i + 2 * cols, c, part, a2, b2);
      visit(i + 3 * cols, c, part, a3, b3);
    }
    for (; r < rows; ++r, i += cols) visit(i, c, part, a0, b0);
    const V a = hn::Add(hn::Add(a0, a1), hn::Add(a2, a3)), b = hn::Add(hn::Add(b0, b1), hn::Add(b2, b3));
    part.store(hn::Add(part.load(sums + c), a), sums + c);
    part.store(hn::Add(part.load(sums + cols + c), b), sums + cols + c);
  });
}

void column_moments(std::int64_t rows, std::int64_t cols, const float* x, const float* shift, float* sums) {
  two_sums(rows, cols, sums, [&](std::int64_t i, std::int64_t c, auto part, V& squares, V& sum) HWY_ATTR {
    const V value = hn::Sub(part.load(x + i), part.load(shift + c));
    squares = hn::MulAdd(value, value, squares);
    sum = hn::Add(sum, value);
  });
}

void fill_normalization(Table<float>& table) { table.column_moments = column_moments; }

#endif
}  // namespace shoal::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "model/kernels/highway_dispatch.h"

namespace shoal::kernels::fast {

void fill_normalization(Target target, Table<float>& table) { SHOAL_FOR_TARGET(target, fill_normalization(table)); }

}  // namespace shoal::kernels::fast
#endif
