#include <algorithm>

#include "model/kernels/elementwise.h"
#include "model/kernels/pool_gather.h"
#include "model/kernels/table.h"
#include "model/plan/kernel.h"

// Pooling and padding.
namespace shoal::plan {
namespace {

using namespace kernels;

struct PoolParams {
  Pool2DShape shape;
  Extent batch;
  Pool2DShape at(std::int64_t rows) const {
    Pool2DShape result = shape;
    result.batch = batch.at(rows);
    return result;
  }
};

PoolParams pool_params(const Signature& s, const Shape& x, const Shape& y) {
  const auto& w = std::get<graph::WindowAttributes>(*s.attributes);
  return {{.batch = 0,
           .h = x[1],
           .w = x[2],
           .c = x[3],
           .ph = w.size[0],
           .pw = w.size[1],
           .oh = y[1],
           .ow = y[2],
           .stride_h = w.strides[0],
           .stride_w = w.strides[1],
           .pad_top = w.pad_before[0],
           .pad_left = w.pad_before[1]},
          extent_of_axis(x[0])};
}

Kernel bind_max_pool(const Signature& s) {
  return visit_floating(s, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return make_kernel(
        [](const void* p, const Call& call) {
          table<T>().max_pool(static_cast<const PoolParams*>(p)->at(call.rows), input<T>(call, 0), output<T>(call));
        },
        pool_params(s, s.inputs[0], s.output));
  });
}

Kernel bind_max_pool_gradient(const Signature& s) {
  return visit_floating(s, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return make_kernel(
        [](const void* p, const Call& call) {
          table<T>().max_pool_gradient(static_cast<const PoolParams*>(p)->at(call.rows), input<T>(call, 0),
                                       input<T>(call, 1), input<T>(call, 2), output<T>(call));
        },
        pool_params(s, s.inputs[0], s.inputs[1]));
  });
}

Kernel bind_max_pool_gather(const Signature& s) {
  return visit_floating(s, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return make_kernel(
        [](const void* p, const Call& call) {
          max_pool_gather(static_cast<const PoolParams*>(p)->at(call.rows), input<T>(call, 0), input<T>(call, 1),
                          input<T>(call, 2), output<T>(call));
        },
        pool_params(s, s.inputs[0], s.inputs[1]));
  });
}

Kernel bind_average_pool(const Signature& s) {
  return visit_floating(s, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return make_kernel(
        [](const void* p, const Call& call) {
          table<T>().average_pool(static_cast<const PoolParams*>(p)->at(call.rows), input<T>(call, 0), output<T>(call));
        },
        pool_params(s, s.inputs[0], s.output));
  });
}

Kernel bind_average_pool_gradient(const Signature& s) {
  return visit_floating(s, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return make_kernel(
        [](const void* p, const Call& call) {
          table<T>().average_pool_gradient(static_cast<const PoolParams*>(p)->at(call.rows), input<T>(call, 0),
                                           output<T>(call));
        },
        pool_params(s, s.output, s.inputs[0]));
  });
}

struct PadParams {
  Strided<2> loop;  // over what input (operand 1) and output (operand 0) share
  Extent outputs;
  std::int64_t to = 0, from = 0;  // its first element
  bool zeros = false;             // there are cells of the output that it does not fill
};

PadParams pad_params(const Signature& s) {
  const auto& cells = std::get<graph::PadAttributes>(*s.attributes).cells;
  const auto in = strides_of(s.inputs[0]), out = strides_of(s.output);
  PadParams p;
  p.outputs = extent_of(s.output);
  for (std::size_t axis = 0; axis < cells.size(); ++axis) {
    const auto [before, after] = cells[axis];
    const std::int64_t size = s.inputs[0][static_cast<int>(axis)];
    const std::int64_t shared = size + std::min<std::int64_t>(before, 0) + std::min<std::int64_t>(after, 0);
    p.to += std::max<std::int64_t>(before, 0) * out[axis];
    p.from += std::max<std::int64_t>(-before, 0) * in[axis];
    p.zeros = p.zeros || before > 0 || after > 0;
    p.loop.push(extent_of_axis(shared), {out[axis], in[axis]});
  }
  return p;
}

Kernel bind_pad(const Signature& s) {
  return visit_dtype(s.dtype, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return make_kernel(
        [](const void* params, const Call& call) {
          const auto& p = *static_cast<const PadParams*>(params);
          T* out = output<T>(call);
          if (p.zeros) std::fill_n(out, p.outputs.at(call.rows), T(0));
          p.loop.run(call.rows, [&](const auto& at, std::int64_t n, const auto& stride) {
            const T* from = input<T>(call, 0) + p.from + at[1];
            T* to = out + p.to + at[0];
            for (std::int64_t i = 0; i < n; ++i) to[i * stride[0]] = from[i * stride[1]];
          });
        },
        pad_params(s));
  });
}

}  // namespace

Binder binders::pools(std::string_view operation) {
  if (operation == "max_pool") return bind_max_pool;
  if (operation == "max_pool_gradient") return bind_max_pool_gradient;
  if (operation == "max_pool_gather") return bind_max_pool_gather;
  if (operation == "average_pool") return bind_average_pool;
  if (operation == "average_pool_gradient") return bind_average_pool_gradient;
  if (operation == "pad") return bind_pad;
  return nullptr;
}

}  // namespace shoal::plan
