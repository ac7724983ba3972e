#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <type_traits>

#include "model/kernels/strided.h"

// Functions of one element, and the loops around them.
namespace shoal::kernels {

struct Add {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a + b);
  }
};
struct Subtract {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a - b);
  }
};
struct Multiply {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a * b);
  }
};
struct Divide {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>)
      return b == 0 ? T(0) : b == static_cast<T>(-1) ? static_cast<T>(T(0) - a) : static_cast<T>(a / b);
    else
      return a / b;
  }
};
// NaN on either side gives NaN, as in NumPy.
struct Maximum {
  template <class T>
  T operator()(T a, T b) const {
    return a > b || a != a ? a : b;
  }
};
struct Minimum {
  template <class T>
  T operator()(T a, T b) const {
    return a < b || a != a ? a : b;
  }
};
struct Power {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(std::pow(a, b));
  }
};
struct Equal {
  template <class T>
  bool operator()(T a, T b) const {
    return a == b;
  }
};
struct NotEqual {
  template <class T>
  bool operator()(T a, T b) const {
    return a != b;
  }
};
struct Greater {
  template <class T>
  bool operator()(T a, T b) const {
    return a > b;
  }
};
struct GreaterEqual {
  template <class T>
  bool operator()(T a, T b) const {
    return a >= b;
  }
};
struct Less {
  template <class T>
  bool operator()(T a, T b) const {
    return a < b;
  }
};
struct LessEqual {
  template <class T>
  bool operator()(T a, T b) const {
    return a <= b;
  }
};
struct And {
  bool operator()(bool a, bool b) const { return a && b; }
};
struct Or {
  bool operator()(bool a, bool b) const { return a || b; }
};
struct Not {
  bool operator()(bool x) const { return !x; }
};
struct Select {
  template <class T>
  T operator()(bool condition, T a, T b) const {
    return condition ? a : b;
  }
};

struct Identity {
  template <class T>
  T operator()(T x) const {
    return x;
  }
};
struct Negative {
  template <class T>
  T operator()(T x) const {
    return static_cast<T>(T(0) - x);
  }
};
struct Absolute {
  template <class T>
  T operator()(T x) const {
    return x < T(0) ? static_cast<T>(T(0) - x) : x;
  }
};
struct Sign {
  template <class T>
  T operator()(T x) const {
    return x != x ? x : static_cast<T>((x > T(0)) - (x < T(0)));
  }
};
struct Square {
  template <class T>
  T operator()(T x) const {
    return static_cast<T>(x * x);
  }
};
struct Relu {
  template <class T>
  T operator()(T x) const {
    return x < T(0) ? T(0) : x;
  }
};
struct Exp {
  template <class T>
  T operator()(T x) const {
    return std::exp(x);
  }
};
struct Log {
  template <class T>
  T operator()(T x) const {
    return std::log(x);
  }
};
struct Sqrt {
  template <class T>
  T operator()(T x) const {
    return std::sqrt(x);
  }
};
struct Log1p {
  template <class T>
  T operator()(T x) const {
    return std::log1p(x);
  }
};
struct Expm1 {
  template <class T>
  T operator()(T x) const {
    return std::expm1(x);
  }
};
struct Erf {
  template <class T>
  T operator()(T x) const {
    return std::erf(x);
  }
};
struct Sin {
  template <class T>
  T operator()(T x) const {
    return std::sin(x);
  }
};
struct Cos {
  template <class T>
  T operator()(T x) const {
    return std::cos(x);
  }
};
struct Floor {
  template <class T>
  T operator()(T x) const {
    return std::floor(x);
  }
};
struct Rsqrt {
  template <class T>
  T operator()(T x) const {
    return T(1) / std::sqrt(x);
  }
};
struct Tanh {
  template <class T>
  T operator()(T x) const {
    return std::tanh(x);
  }
};
struct Sigmoid {
  template <class T>
  T operator()(T x) const {
    return T(1) / (T(1) + std::exp(-x));
  }
};
struct Softplus {
  template <class T>
  T operator()(T x) const {
    return std::max(x, T(0)) + std::log1p(std::exp(-std::abs(x)));
  }
};
template <class To>
struct Convert {
  template <class T>
  To operator()(T x) const {
    return static_cast<To>(x);
  }
};

// out[i] = f(a[i * stride]...): out is contiguous.
template <class F, class R, class A>
void map_line(F f, std::int64_t n, R* out, const A* a, std::int64_t sa) {
  if (sa == 1) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = f(a[i]);
  } else if (sa == 0) {
    std::fill_n(out, n, f(*a));
  } else {
    for (std::int64_t i = 0; i < n; ++i) out[i] = f(a[i * sa]);
  }
}

template <class F, class R, class A, class B>
void map_line(F f, std::int64_t n, R* out, const A* a, std::int64_t sa, const B* b, std::int64_t sb) {
  if (sa == 1 && sb == 1) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = f(a[i], b[i]);
  } else if (sa == 1 && sb == 0) {
    const B repeated = *b;
    for (std::int64_t i = 0; i < n; ++i) out[i] = f(a[i], repeated);
  } else if (sa == 0 && sb == 1) {
    const A repeated = *a;
    for (std::int64_t i = 0; i < n; ++i) out[i] = f(repeated, b[i]);
  } else {
    for (std::int64_t i = 0; i < n; ++i) out[i] = f(a[i * sa], b[i * sb]);
  }
}

template <class F, class R, class A, class B, class C>
void map_line(F f, std::int64_t n, R* out, const A* a, std::int64_t sa, const B* b, std::int64_t sb, const C* c,
              std::int64_t sc) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = f(a[i * sa], b[i * sb], c[i * sc]);
}

template <class F, class R, class A>
void map(const Strided<1>& loop, std::int64_t rows, R* out, const A* a) {
  loop.run(rows, [&](const auto& at, std::int64_t n, const auto& stride) {
    map_line(F(), n, out, a + at[0], stride[0]);
    out += n;
  });
}

template <class F, class R, class A, class B>
void map(const Strided<2>& loop, std::int64_t rows, R* out, const A* a, const B* b) {
  loop.run(rows, [&](const auto& at, std::int64_t n, const auto& stride) {
    map_line(F(), n, out, a + at[0], stride[0], b + at[1], stride[1]);
    out += n;
  });
}

template <class F, class R, class A, class B, class C>
void map(const Strided<3>& loop, std::int64_t rows, R* out, const A* a, const B* b, const C* c) {
  loop.run(rows, [&](const auto& at, std::int64_t n, const auto& stride) {
    map_line(F(), n, out, a + at[0], stride[0], b + at[1], stride[1], c + at[2], stride[2]);
    out += n;
  });
}

}  // namespace shoal::kernels
