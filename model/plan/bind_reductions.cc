#include <algorithm>
#include <limits>

#include "model/kernels/reduction.h"
#include "model/kernels/table.h"
#include "model/plan/kernel.h"

namespace shoal::plan {
namespace {

using namespace kernels;

struct ReduceParams {
  Strided<2> loop;  // operand 0 the output, operand 1 the input
  Extent outputs;
  bool accumulate;
};

ReduceParams reduce_params(const Signature& s) {
  const auto& axes = std::get<graph::ReduceAttributes>(*s.attributes).axes;
  const Shape& shape = s.inputs[0];
  const auto reduced = [&](int axis) { return std::find(axes.begin(), axes.end(), axis) != axes.end(); };
  const auto in = strides_of(shape);
  std::vector<std::int64_t> out(in.size(), 0);
  std::int64_t stride = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    if (reduced(axis)) continue;
    out[static_cast<std::size_t>(axis)] = stride;
    if (axis > 0) stride *= shape[axis];
  }
  ReduceParams params{{}, extent_of(s.output), s.accumulate};
  for (int axis = 0; axis < shape.rank(); ++axis)
    params.loop.push(extent_of_axis(shape[axis]),
                     {out[static_cast<std::size_t>(axis)], in[static_cast<std::size_t>(axis)]});
  return params;
}

template <class T>
void sum(const void* params, const Call& call) {
  const auto& p = *static_cast<const ReduceParams*>(params);
  if (!p.accumulate) std::fill_n(output<T>(call), p.outputs.at(call.rows), T(0));
  if constexpr (std::is_floating_point_v<T>) {
    const Strided<2>& loop = p.loop;
    if (loop.axes == 2 && loop.strides[0][0] == 0 && loop.strides[1][0] == 1) {
      table<T>().column_sum(loop.first.at(call.rows), loop.dims[1], input<T>(call, 0), output<T>(call));
      return;
    }
  }
  add_reduced(p.loop, call.rows, output<T>(call), input<T>(call, 0));
}

template <class T>
void max(const void* params, const Call& call) {
  const auto& p = *static_cast<const ReduceParams*>(params);
  constexpr T kLowest =
      std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
  std::fill_n(output<T>(call), p.outputs.at(call.rows), kLowest);
  max_reduced(p.loop, call.rows, output<T>(call), input<T>(call, 0));
}

Kernel bind_sum(const Signature& s) {
  return visit_dtype(s.dtype, [&](auto* type) -> Kernel {
    using T = std::remove_pointer_t<decltype(type)>;
    if constexpr (std::is_same_v<T, bool>)
      no_kernel(s);
    else
      return make_kernel(sum<T>, reduce_params(s));
  });
}

Kernel bind_max(const Signature& s) {
  return visit_dtype(s.dtype, [&](auto* type) -> Kernel {
    using T = std::remove_pointer_t<decltype(type)>;
    if constexpr (std::is_same_v<T, bool>)
      no_kernel(s);
    else
      return make_kernel(max<T>, reduce_params(s));
  });
}

struct ArgmaxParams {
  Extent outer, axis;
  std::int64_t inner;
};

Kernel bind_argmax(const Signature& s) {
  const Shape& shape = s.inputs[0];
  const int axis = std::get<graph::AxisAttributes>(*s.attributes).axis;
  ArgmaxParams params{{1, 0}, extent_of_axis(shape[axis]), 1};
  for (int i = axis + 1; i < shape.rank(); ++i) params.inner *= shape[i];
  if (axis > 0) {
    params.outer = extent_of(Shape(std::vector<std::int64_t>(shape.dims().begin(), shape.dims().begin() + axis)));
  }
  return visit_dtype(s.dtypes[0], [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return make_kernel(
        [](const void* raw, const Call& call) {
          const auto& p = *static_cast<const ArgmaxParams*>(raw);
          argmax(p.outer.at(call.rows), p.axis.at(call.rows), p.inner, input<T>(call, 0), output<std::int64_t>(call));
        },
        params);
  });
}

struct RowsParams {
  Extent elements;
  std::int64_t columns;
};

Kernel bind_softmax(const Signature& s) {
  return visit_floating(s, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return make_kernel(
        [](const void* raw, const Call& call) {
          const auto& p = *static_cast<const RowsParams*>(raw);
          table<T>().softmax(p.elements.at(call.rows) / p.columns, p.columns, input<T>(call, 0), output<T>(call));
        },
        RowsParams{extent_of(s.output), s.output[-1]});
  });
}

Kernel bind_softmax_gradient(const Signature& s) {
  return visit_floating(s, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return make_kernel(
        [](const void* raw, const Call& call) {
          const auto& p = *static_cast<const RowsParams*>(raw);
          table<T>().softmax_gradient(p.elements.at(call.rows) / p.columns, p.columns, input<T>(call, 0),
                                      input<T>(call, 1), output<T>(call));
        },
        RowsParams{extent_of(s.output), s.output[-1]});
  });
}

}  // namespace

Binder binders::reductions(std::string_view operation) {
  if (operation == "sum") return bind_sum;
  if (operation == "max") return bind_max;
  if (operation == "argmax") return bind_argmax;
  if (operation == "softmax_gradient") return bind_softmax_gradient;
  if (operation == "softmax") return bind_softmax;
  return nullptr;
}

}  // namespace shoal::plan
