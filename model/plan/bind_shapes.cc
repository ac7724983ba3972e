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
  if (operation == "one_hot") return one_hot;
  return nullptr;
}

}  // namespace shoal::plan
