#include <cstring>

#include "model/kernels/elementwise.h"
#include "model/plan/kernel.h"

namespace shoal::plan {
namespace {

using namespace kernels;

struct CopyParams {
  Extent elements;
  std::size_t size;
};

// The same values in another shape; a plan aliases them instead.
Kernel copy(const Signature& s) {
  return make_kernel(
      [](const void* params, const Call& call) {
        const auto& p = *static_cast<const CopyParams*>(params);
        const auto bytes = static_cast<std::size_t>(p.elements.at(call.rows)) * p.size;
        if (bytes > 0) std::memcpy(call.out, call.in[0], bytes);
      },
      CopyParams{extent_of(s.output), size_of(s.dtype)});
}

Kernel rearrange(const Signature& s, const Strided<1>& loop) {
  return visit_dtype(s.dtype, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return make_kernel(
        [](const void* params, const Call& call) {
          map<Identity>(*static_cast<const Strided<1>*>(params), call.rows, output<T>(call), input<T>(call, 0));
        },
        loop);
  });
}

Kernel broadcast_to(const Signature& s) { return rearrange(s, broadcast_loop<1>(s.output, {&s.inputs[0]})); }

Kernel transpose(const Signature& s) {
  const auto strides = strides_of(s.inputs[0]);
  Strided<1> loop;
  for (int axis : std::get<graph::TransposeAttributes>(*s.attributes).permutation)
    loop.push(extent_of_axis(s.inputs[0][axis]), {strides[static_cast<std::size_t>(axis)]});
  return rearrange(s, loop);
}

// Where a slice lies in the whole: operand 0 is the whole, operand 1 the slice.
struct SliceParams {
  Strided<2> loop;
  std::int64_t offset = 0;
  Extent whole;
};

SliceParams slice_params(const Signature& s, const Shape& whole, const Shape& part) {
  const auto& slice = std::get<graph::SliceAttributes>(*s.attributes);
  const auto outer = strides_of(whole), inner = strides_of(part);
  SliceParams params{{}, 0, extent_of(whole)};
  for (int axis = 0; axis < whole.rank(); ++axis) {
    const auto i = static_cast<std::size_t>(axis);
    params.offset += slice.starts[i] * outer[i];
    params.loop.push(extent_of_axis(part[axis]), {outer[i] * slice.steps[i], inner[i]});
  }
  return params;
}

template <class T>
void take_slice(const void* raw, const Call& call) {
  const auto& p = *static_cast<const SliceParams*>(raw);
  const T* whole = input<T>(call, 0) + p.offset;
  T* part = output<T>(call);
  p.loop.run(call.rows, [&](const auto& at, std::int64_t n, const auto& stride) {
    if (stride[0] == 1) {
      std::copy_n(whole + at[0], n, part + at[1]);
    } else {
      for (std::int64_t i = 0; i < n; ++i) part[at[1] + i] = whole[at[0] + i * stride[0]];
    }
  });
}

template <class T>
void put_slice(const void* raw, const Call& call) {
  const auto& p = *static_cast<const SliceParams*>(raw);
  std::fill_n(output<T>(call), p.whole.at(call.rows), T(0));
  T* whole = output<T>(call) + p.offset;
  const T* part = input<T>(call, 0);
  p.loop.run(call.rows, [&](const auto& at, std::int64_t n, const auto& stride) {
    for (std::int64_t i = 0; i < n; ++i) whole[at[0] + i * stride[0]] = part[at[1] + i];
  });
}

Kernel slice(const Signature& s) {
  return visit_dtype(s.dtype, [&](auto* type) {
    return make_kernel(take_slice<std::remove_pointer_t<decltype(type)>>, slice_params(s, s.inputs[0], s.output));
  });
}

Kernel unslice(const Signature& s) {
  return visit_dtype(s.dtype, [&](auto* type) {
    return make_kernel(put_slice<std::remove_pointer_t<decltype(type)>>, slice_params(s, s.output, s.inputs[0]));
  });
}

// Runs of bytes, one from each input in turn.
struct ConcatenateParams {
  Extent outer;
  std::size_t count = 0;
  std::array<std::size_t, 4> bytes{};
};

Kernel concatenate(const Signature& s) {
  const int axis = std::get<graph::AxisAttributes>(*s.attributes).axis;
  const auto& dims = s.output.dims();
  ConcatenateParams params{{1, 0}, s.inputs.size(), {}};
  if (axis > 0) params.outer = extent_of(Shape(std::vector<std::int64_t>(dims.begin(), dims.begin() + axis)));
  for (std::size_t i = 0; i < s.inputs.size(); ++i) {
    std::int64_t run = 1;
    for (int inner = axis; inner < s.output.rank(); ++inner) run *= s.inputs[i][inner];
    params.bytes[i] = static_cast<std::size_t>(run) * size_of(s.dtype);
  }
  return make_kernel(
      [](const void* raw, const Call& call) {
        const auto& p = *static_cast<const ConcatenateParams*>(raw);
        auto* out = static_cast<std::byte*>(call.out);
        const std::int64_t n = p.outer.at(call.rows);
        for (std::int64_t outer = 0; outer < n; ++outer) {
          for (std::size_t i = 0; i < p.count; ++i) {
            if (p.bytes[i] == 0) continue;
            std::memcpy(out, static_cast<const std::byte*>(call.in[i]) + static_cast<std::size_t>(outer) * p.bytes[i],
                        p.bytes[i]);
            out += p.bytes[i];
          }
        }
      },
      params);
}

struct OneHotParams {
  Extent labels;
  std::int64_t classes;
};

// A label outside of [0, classes) gives zeros, as in Keras.
Kernel one_hot(const Signature& s) {
  return visit_dtype(s.dtype, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return make_kernel(
        [](const void* params, const Call& call) {
          const auto& p = *static_cast<const OneHotParams*>(params);
          const std::int64_t n = p.labels.at(call.rows);
          T* out = output<T>(call);
          std::fill_n(out, n * p.classes, T(0));
          for (std::int64_t i = 0; i < n; ++i) {
            const std::int64_t label = input<std::int64_t>(call, 0)[i];
            if (label >= 0 && label < p.classes) out[i * p.classes + label] = T(1);
          }
        },
        OneHotParams{extent_of(s.inputs[0]), s.output[-1]});
  });
}

}  // namespace

Binder binders::shapes(std::string_view operation) {
  if (operation == "reshape" || operation == "stop_gradient" || operation == "assign" || operation == "apply_gradient")
    return copy;
  if (operation == "broadcast_to") return broadcast_to;
  if (operation == "transpose") return transpose;
  if (operation == "concatenate") return concatenate;
  if (operation == "slice") return slice;
  if (operation == "unslice") return unslice;
  if (operation == "one_hot") return one_hot;
  return nullptr;
}

}  // namespace shoal::plan
