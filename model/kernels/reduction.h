#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "model/kernels/strided.h"

namespace shoal::kernels {

template <class T>
bool is_nan(T x) {
  if constexpr (std::is_floating_point_v<T>)
    return x != x;
  else
    return false;
}

// Eight sums side by side, in double for floats; their order depends on n alone.
template <class T>
T line_sum(std::int64_t n, const T* x) {
  using Wide = std::conditional_t<std::is_floating_point_v<T>, double, std::int64_t>;
  Wide sums[8] = {};
  std::int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (int j = 0; j < 8; ++j) sums[j] += static_cast<Wide>(x[i + j]);
  for (int j = 0; i < n; ++i, ++j) sums[j] += static_cast<Wide>(x[i]);
  return static_cast<T>(((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7])));
}

// out += x over the loop; operand 0 is out (stride 0 on reduced axes), operand 1 is x.
template <class T>
void add_reduced(const Strided<2>& loop, std::int64_t rows, T* out, const T* x) {
  loop.run(rows, [&](const auto& at, std::int64_t n, const auto& stride) {
    T* to = out + at[0];
    const T* from = x + at[1];
    if (stride[0] == 0) {
      *to = static_cast<T>(*to + line_sum(n, from));
    } else {
      for (std::int64_t i = 0; i < n; ++i) to[i] = static_cast<T>(to[i] + from[i]);
    }
  });
}

// out = max(out, x); NaN wins.
template <class T>
void max_reduced(const Strided<2>& loop, std::int64_t rows, T* out, const T* x) {
  loop.run(rows, [&](const auto& at, std::int64_t n, const auto& stride) {
    T* to = out + at[0];
    const T* from = x + at[1];
    for (std::int64_t i = 0; i < n; ++i) {
      T& best = to[i * stride[0]];
      if (from[i] > best || is_nan(from[i])) best = from[i];
    }
  });
}

// x [outer, axis, inner] -> out [outer, inner]: the position of the first largest (of the first NaN, if any).
template <class T>
void argmax(std::int64_t outer, std::int64_t axis, std::int64_t inner, const T* x, std::int64_t* out) {
  for (std::int64_t o = 0; o < outer; ++o, x += axis * inner) {
    for (std::int64_t i = 0; i < inner; ++i) {
      std::int64_t best = 0;
      for (std::int64_t a = 1; a < axis; ++a) {
        const T value = x[a * inner + i], top = x[best * inner + i];
        if (!is_nan(top) && (value > top || is_nan(value))) best = a;
      }
      *out++ = best;
    }
  }
}

}  // namespace shoal::kernels
