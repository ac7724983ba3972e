#include "model/kernels/strided.h"
#include "model/kernels/table.h"
#include "model/plan/kernel.h"

namespace shoal::plan {
namespace {

using namespace kernels;

struct Params {
  Extent elements;  // of the logits
  std::int64_t columns;
  std::int64_t rows(const Call& call) const { return elements.at(call.rows) / columns; }
};

const Params& params_of(const void* params) { return *static_cast<const Params*>(params); }

template <class T>
void sparse(const void* params, const Call& call) {
  const Params& p = params_of(params);
  table<T>().sparse_crossentropy(p.rows(call), p.columns, input<T>(call, 0), input<std::int64_t>(call, 1),
                                 output<T>(call));
}

template <class T>
void sparse_gradient(const void* params, const Call& call) {
  const Params& p = params_of(params);
  table<T>().sparse_crossentropy_gradient(p.rows(call), p.columns, input<T>(call, 0), input<std::int64_t>(call, 1),
                                          input<T>(call, 2), output<T>(call));
}

template <class T>
void dense(const void* params, const Call& call) {
  const Params& p = params_of(params);
  table<T>().crossentropy(p.rows(call), p.columns, input<T>(call, 0), input<T>(call, 1), output<T>(call));
}

template <class T>
void dense_gradient(const void* params, const Call& call) {
  const Params& p = params_of(params);
  table<T>().crossentropy_gradient(p.rows(call), p.columns, input<T>(call, 0), input<T>(call, 1), input<T>(call, 2),
                                   output<T>(call));
}

template <auto kFloat, auto kDouble>
Kernel bind_loss(const Signature& s) {
  return visit_floating(s, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return make_kernel(std::is_same_v<T, float> ? kFloat : kDouble, Params{extent_of(s.inputs[0]), s.inputs[0][-1]});
  });
}

}  // namespace

Binder binders::losses(std::string_view operation) {
  if (operation == "sparse_crossentropy") return bind_loss<&sparse<float>, &sparse<double>>;
  if (operation == "sparse_crossentropy_gradient") return bind_loss<&sparse_gradient<float>, &sparse_gradient<double>>;
  if (operation == "crossentropy") return bind_loss<&dense<float>, &dense<double>>;
  if (operation == "crossentropy_gradient") return bind_loss<&dense_gradient<float>, &dense_gradient<double>>;
  return nullptr;
}

}  // namespace shoal::plan
