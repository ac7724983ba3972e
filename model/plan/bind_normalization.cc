#include <algorithm>

#include "model/kernels/strided.h"
#include "model/kernels/table.h"
#include "model/plan/kernel.h"

namespace shoal::plan {
namespace {

using namespace kernels;

struct Params {
  Extent elements;
  std::int64_t columns = 0, sums = 0;
  double epsilon = 0;
  bool accumulate = false, relu = false, gated = false, gate_has_rows = false;
  std::size_t inputs = 0;
  std::int64_t rows(const Call& call) const { return elements.at(call.rows) / columns; }
};

// `sums`: the output is added to, and has so many elements.
Params params_of(const Signature& s, bool sums) {
  Params p;
  p.elements = extent_of(s.inputs[0]);
  p.columns = s.inputs[0][-1];
  p.accumulate = s.accumulate;
  p.inputs = s.inputs.size();
  const std::size_t gate = s.operation->is("scale_shift_two") ? 4 : s.operation->is("gated_column_dots") ? 2 : p.inputs;
  p.gated = gate < p.inputs;
  p.gate_has_rows = p.gated && s.inputs[gate].has_rows();
  if (const auto* fused = std::get_if<graph::FusedAttributes>(s.attributes)) p.relu = fused->activation == "relu";
  if (sums) p.sums = s.output.elements();
  if (const auto* epsilon = std::get_if<graph::EpsilonAttributes>(s.attributes)) p.epsilon = epsilon->epsilon;
  return p;
}

template <class Run>
Kernel bound(const Signature& s, bool sums, Run) {
  return visit_floating(s, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return make_kernel(
        [](const void* raw, const Call& call) {
          const auto& p = *static_cast<const Params*>(raw);
          if (!p.accumulate) std::fill_n(output<T>(call), p.sums, T(0));
          Run()(p, call, static_cast<T*>(nullptr));
        },
        params_of(s, sums));
  });
}

Kernel layer_norm(const Signature& s) {
  return bound(s, false, []<class T>(const Params& p, const Call& call, T*) {
    table<T>().layer_norm(p.rows(call), p.columns, static_cast<T>(p.epsilon), input<T>(call, 0), input<T>(call, 1),
                          input<T>(call, 2), output<T>(call));
  });
}

Kernel layer_norm_gradient(const Signature& s) {
  return bound(s, false, []<class T>(const Params& p, const Call& call, T*) {
    table<T>().layer_norm_gradient(p.rows(call), p.columns, static_cast<T>(p.epsilon), input<T>(call, 0),
                                   input<T>(call, 1), input<T>(call, 2), output<T>(call));
  });
}

Kernel layer_norm_scale_gradient(const Signature& s) {
  return bound(s, true, []<class T>(const Params& p, const Call& call, T*) {
    table<T>().layer_norm_scale_gradient(p.rows(call), p.columns, static_cast<T>(p.epsilon), input<T>(call, 0),
                                         input<T>(call, 1), output<T>(call));
  });
}

// The operand that says where a ReLU let x through: its output has rows, a pair has none.
template <class T>
Passed<T> passed_of(const Params& p, const Call& call, std::size_t gate) {
  if (!p.gated) return {};
  return p.gate_has_rows ? Passed<T>{input<T>(call, gate), nullptr} : Passed<T>{nullptr, input<T>(call, gate)};
}

Kernel scale_shift(const Signature& s) {
  return bound(s, false, []<class T>(const Params& p, const Call& call, T*) {
    table<T>().scale_shift({.rows = p.rows(call),
                            .cols = p.columns,
                            .x = input<T>(call, 0),
                            .a = input<T>(call, 1),
                            .addend = p.inputs > 2 ? input<T>(call, 2) : nullptr,
                            .relu = p.relu,
                            .out = output<T>(call)});
  });
}

Kernel scale_shift_two(const Signature& s) {
  return bound(s, false, []<class T>(const Params& p, const Call& call, T*) {
    table<T>().scale_shift({.rows = p.rows(call),
                            .cols = p.columns,
                            .x = input<T>(call, 0),
                            .a = input<T>(call, 1),
                            .y = input<T>(call, 2),
                            .b = input<T>(call, 3),
                            .passed = passed_of<T>(p, call, 4),
                            .out = output<T>(call)});
  });
}

Kernel column_dots(const Signature& s) {
  return bound(s, true, []<class T>(const Params& p, const Call& call, T*) {
    table<T>().column_dots({.rows = p.rows(call),
                            .cols = p.columns,
                            .x = input<T>(call, 0),
                            .y = input<T>(call, 1),
                            .passed = passed_of<T>(p, call, 2),
                            .sums = output<T>(call)});
  });
}

Kernel relu_gradient_of_sum(const Signature& s) {
  return bound(s, false, []<class T>(const Params& p, const Call& call, T*) {
    table<T>().relu_gradient_of_sum(p.rows(call) * p.columns, input<T>(call, 0), input<T>(call, 1), input<T>(call, 2),
                                    output<T>(call));
  });
}

Kernel column_moments(const Signature& s) {
  return bound(s, true, []<class T>(const Params& p, const Call& call, T*) {
    table<T>().column_moments(p.rows(call), p.columns, input<T>(call, 0), input<T>(call, 1), output<T>(call));
  });
}

}  // namespace

Binder binders::normalization(std::string_view operation) {
  if (operation == "layer_norm") return layer_norm;
  if (operation == "layer_norm_gradient") return layer_norm_gradient;
  if (operation == "layer_norm_scale_gradient") return layer_norm_scale_gradient;
  if (operation == "scale_shift" || operation == "fused_scale_shift") return scale_shift;
  if (operation == "scale_shift_two") return scale_shift_two;
  if (operation == "column_dots" || operation == "gated_column_dots") return column_dots;
  if (operation == "relu_gradient_of_sum") return relu_gradient_of_sum;
  if (operation == "column_moments") return column_moments;
  return nullptr;
}

}  // namespace shoal::plan
