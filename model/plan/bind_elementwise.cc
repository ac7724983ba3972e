#include <unordered_map>

#include "model/kernels/elementwise.h"
#include "model/kernels/table.h"
#include "model/plan/kernel.h"

namespace shoal::plan {
namespace {

using namespace kernels;

template <class F, class R, class A>
Kernel map1(const Signature& s) {
  return make_kernel(
      [](const void* loop, const Call& call) {
        map<F>(*static_cast<const Strided<1>*>(loop), call.rows, output<R>(call), input<A>(call, 0));
      },
      broadcast_loop<1>(s.output, {&s.inputs[0]}));
}

template <class F, class R, class A>
Kernel map2(const Signature& s) {
  return make_kernel(
      [](const void* loop, const Call& call) {
        map<F>(*static_cast<const Strided<2>*>(loop), call.rows, output<R>(call), input<A>(call, 0), input<A>(call, 1));
      },
      broadcast_loop<2>(s.output, {&s.inputs[0], &s.inputs[1]}));
}

template <class F>
Kernel unary(const Signature& s) {
  return visit_dtype(s.dtype, [&](auto* type) -> Kernel {
    using T = std::remove_pointer_t<decltype(type)>;
    if constexpr (std::is_same_v<T, bool>)
      no_kernel(s);
    else
      return map1<F, T, T>(s);
  });
}

template <class F>
Kernel unary_floating(const Signature& s) {
  return visit_floating(s, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return map1<F, T, T>(s);
  });
}

template <class F>
Kernel binary(const Signature& s) {
  return visit_dtype(s.dtype, [&](auto* type) -> Kernel {
    using T = std::remove_pointer_t<decltype(type)>;
    if constexpr (std::is_same_v<T, bool>)
      no_kernel(s);
    else
      return map2<F, T, T>(s);
  });
}

template <class F>
Kernel comparison(const Signature& s) {
  return visit_dtype(s.dtypes[0], [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return map2<F, bool, T>(s);
  });
}

Kernel select(const Signature& s) {
  return visit_dtype(s.dtype, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return make_kernel(
        [](const void* loop, const Call& call) {
          map<Select>(*static_cast<const Strided<3>*>(loop), call.rows, output<T>(call), input<bool>(call, 0),
                      input<T>(call, 1), input<T>(call, 2));
        },
        broadcast_loop<3>(s.output, {&s.inputs[0], &s.inputs[1], &s.inputs[2]}));
  });
}

Kernel cast(const Signature& s) {
  return visit_dtype(s.dtype, [&](auto* to) {
    using To = std::remove_pointer_t<decltype(to)>;
    return visit_dtype(s.dtypes[0],
                       [&](auto* from) { return map1<Convert<To>, To, std::remove_pointer_t<decltype(from)>>(s); });
  });
}

Kernel relu_gradient(const Signature& s) {
  return visit_floating(s, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return make_kernel(
        [](const void* n, const Call& call) {
          table<T>().relu_gradient(static_cast<const Extent*>(n)->at(call.rows), input<T>(call, 0), input<T>(call, 1),
                                   output<T>(call));
        },
        extent_of(s.output));
  });
}

const std::unordered_map<std::string_view, Binder>& binders_by_name() {
  static const std::unordered_map<std::string_view, Binder> table{
      {"add", binary<Add>},
      {"subtract", binary<Subtract>},
      {"multiply", binary<Multiply>},
      {"divide", binary<Divide>},
      {"maximum", binary<Maximum>},
      {"minimum", binary<Minimum>},
      {"power", binary<Power>},
      {"equal", comparison<Equal>},
      {"not_equal", comparison<NotEqual>},
      {"greater", comparison<Greater>},
      {"greater_equal", comparison<GreaterEqual>},
      {"less", comparison<Less>},
      {"less_equal", comparison<LessEqual>},
      {"logical_and", map2<And, bool, bool>},
      {"logical_or", map2<Or, bool, bool>},
      {"logical_not", map1<Not, bool, bool>},
      {"where", select},
      {"negative", unary<Negative>},
      {"abs", unary<Absolute>},
      {"sign", unary<Sign>},
      {"square", unary<Square>},
      {"relu", unary<Relu>},
      {"exp", unary_floating<Exp>},
      {"log", unary_floating<Log>},
      {"log1p", unary_floating<Log1p>},
      {"expm1", unary_floating<Expm1>},
      {"erf", unary_floating<Erf>},
      {"sin", unary_floating<Sin>},
      {"cos", unary_floating<Cos>},
      {"floor", unary_floating<Floor>},
      {"rsqrt", unary_floating<Rsqrt>},
      {"sqrt", unary_floating<Sqrt>},
      {"tanh", unary_floating<Tanh>},
      {"sigmoid", unary_floating<Sigmoid>},
      {"softplus", unary_floating<Softplus>},
      {"relu_gradient", relu_gradient},
      {"cast", cast},
  };
  return table;
}

}  // namespace

Binder binders::elementwise(std::string_view operation) {
  const auto found = binders_by_name().find(operation);
  return found == binders_by_name().end() ? nullptr : found->second;
}

}  // namespace shoal::plan
