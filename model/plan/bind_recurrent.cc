#include <algorithm>
#include <array>
#include <utility>

#include "common/base/error.h"
#include "model/kernels/recurrent.h"
#include "model/kernels/strided.h"
#include "model/plan/kernel.h"

namespace shoal::plan {
namespace {

using namespace kernels;

Cell cell_of(std::string_view name) {
  return name == "simple_rnn" ? Cell::kSimple
         : name == "lstm"     ? Cell::kLstm
         : name == "gru"      ? Cell::kGru
                              : Cell::kGruResetBefore;
}

CellActivation cell_activation_of(std::string_view name) {
  using enum CellActivation;
  static constexpr std::pair<std::string_view, CellActivation> kNames[] = {
      {"linear", kLinear},     {"relu", kRelu},         {"sigmoid", kSigmoid},
      {"tanh", kTanh},         {"softsign", kSoftsign}, {"hard_sigmoid", kHardSigmoid},
      {"softplus", kSoftplus}, {"elu", kElu},           {"exponential", kExponential}};
  for (const auto& [known, activation] : kNames)
    if (known == name) return activation;
  raise<InternalError>("recurrent: no kernel for activation '{}'", name);
}

struct Params {
  CellShape shape;
  Extent rows;
  std::int64_t time = 0;
  bool go_backwards = false, state_gradient = false, accumulate = false;
  int bias = -1, h = -1, c = -1, mask = -1, dropout = -1, d_sequence = -1, d_h = -1, d_c = -1;  // positions
  std::int64_t piece_units = 0;  // of a kernel's gradient
};

Params params_of(const Signature& s, std::int64_t units) {
  const auto& a = std::get<graph::RecurrentAttributes>(*s.attributes);
  Params p;
  p.shape = {cell_of(a.cell), units, cell_activation_of(a.activation), cell_activation_of(a.recurrent_activation)};
  p.rows = extent_of_axis(s.inputs[0][0]);
  p.time = s.inputs[0][1];
  p.go_backwards = a.go_backwards;
  p.state_gradient = a.state_gradient;
  p.accumulate = s.accumulate;
  p.bias = a.position("bias");
  p.h = a.position("h");
  p.c = a.position("c");
  p.mask = a.position("mask");
  p.dropout = a.position("dropout");
  p.d_sequence = a.position("d_sequence");
  p.d_h = a.position("d_h");
  p.d_c = a.position("d_c");
  return p;
}

// Rows of a piece: whoever computes them, a row's bits are the same.
struct Range {
  std::int64_t first, rows;
};

constexpr std::int64_t kPieces = 4, kLeastRows = 8;

Range range_of(const Params& p, const Call& call) {
  const std::int64_t rows = p.rows.at(call.rows);
  const std::int64_t each = std::max(kLeastRows, (rows + kPieces - 1) / kPieces);
  const std::int64_t first = std::min(call.piece * each, rows);
  return {first, std::min(each, rows - first)};
}

// The optional operand at `position`, from the piece's first row on.
template <class T>
const T* given(const Call& call, int position, std::int64_t first, std::int64_t row_elements) {
  return position < 0 ? nullptr : input<T>(call, static_cast<std::size_t>(position)) + first * row_elements;
}

template <class T>
void forward(const void* raw, const Call& call) {
  const auto& p = *static_cast<const Params*>(raw);
  const auto [first, rows] = range_of(p, call);
  if (rows == 0) return;
  const std::int64_t units = p.shape.units, gates = p.shape.gates();
  recurrent(RecurrentArgs<T>{.shape = p.shape,
                             .rows = rows,
                             .time = p.time,
                             .go_backwards = p.go_backwards,
                             .projected = input<T>(call, 0) + first * p.time * gates,
                             .kernel = input<T>(call, 1),
                             .bias = given<T>(call, p.bias, 0, 0),
                             .h = given<T>(call, p.h, first, units),
                             .c = given<T>(call, p.c, first, units),
                             .mask = given<bool>(call, p.mask, first, p.time),
                             .dropout = given<T>(call, p.dropout, first, gates),
                             .saved = output<T>(call) + first * p.time * p.shape.saved(),
                             .scratch = call.scratch});
}

template <class T>
void backward(const void* raw, const Call& call) {
  const auto& p = *static_cast<const Params*>(raw);
  const auto [first, rows] = range_of(p, call);
  if (rows == 0) return;
  const std::int64_t units = p.shape.units, gates = p.shape.gates(), slots = p.time + (p.state_gradient ? 1 : 0);
  recurrent_gradient(RecurrentGradientArgs<T>{.shape = p.shape,
                                              .rows = rows,
                                              .time = p.time,
                                              .go_backwards = p.go_backwards,
                                              .saved = input<T>(call, 0) + first * p.time * p.shape.saved(),
                                              .kernel = input<T>(call, 1),
                                              .h = given<T>(call, p.h, first, units),
                                              .c = given<T>(call, p.c, first, units),
                                              .mask = given<bool>(call, p.mask, first, p.time),
                                              .dropout = given<T>(call, p.dropout, first, gates),
                                              .d_sequence = given<T>(call, p.d_sequence, first, p.time * units),
                                              .d_h = given<T>(call, p.d_h, first, units),
                                              .d_c = given<T>(call, p.d_c, first, units),
                                              .state_gradient = p.state_gradient,
                                              .d_projected = output<T>(call) + first * slots * gates,
                                              .scratch = call.scratch});
}

template <class T>
RecurrentSumArgs<T> sum_args(const Params& p, const Call& call) {
  return {.shape = p.shape,
          .rows = p.rows.at(call.rows),
          .time = p.time,
          .go_backwards = p.go_backwards,
          .saved = input<T>(call, 0),
          .d_projected = input<T>(call, 1),
          .h = given<T>(call, p.h, 0, 0),
          .dropout = given<T>(call, p.dropout, 0, 0),
          .out = output<T>(call),
          .scratch = call.scratch};
}

template <class T>
void kernel_gradient(const void* raw, const Call& call) {
  const auto& p = *static_cast<const Params*>(raw);
  RecurrentSumArgs<T> args = sum_args<T>(p, call);
  args.unit = call.piece * p.piece_units;
  args.units = std::min(p.piece_units, p.shape.units - args.unit);
  if (!p.accumulate) std::fill_n(args.out + args.unit * p.shape.gates(), args.units * p.shape.gates(), T(0));
  recurrent_kernel_gradient(args);
}

template <class T>
void bias_gradient(const void* raw, const Call& call) {
  const auto& p = *static_cast<const Params*>(raw);
  const RecurrentSumArgs<T> args = sum_args<T>(p, call);
  if (!p.accumulate) std::fill_n(args.out, p.shape.gates(), T(0));
  recurrent_bias_gradient(args);
}

template <class T>
std::size_t sequence_bytes(const void* raw, std::int64_t) {
  return recurrent_scratch<T>(static_cast<const Params*>(raw)->shape);
}

template <class T>
std::size_t kernel_gradient_bytes(const void* raw, std::int64_t rows) {
  const auto& p = *static_cast<const Params*>(raw);
  return recurrent_kernel_gradient_scratch<T>(p.shape, p.rows.at(rows) * p.time, p.piece_units);
}

std::int64_t units_of(const Signature& s) { return s.inputs[1][0]; }

std::int64_t units_of_saved(const Signature& s, std::int64_t gates) {
  const auto& a = std::get<graph::RecurrentAttributes>(*s.attributes);
  return gates / (a.cell == "simple_rnn" ? 1 : a.cell == "lstm" ? 4 : 3);
}

Kernel bind_forward(const Signature& s) {
  return visit_floating(s, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    Kernel kernel = make_kernel(forward<T>, params_of(s, units_of(s)));
    kernel.pieces = kPieces;
    kernel.scratch = sequence_bytes<T>;
    return kernel;
  });
}

Kernel bind_backward(const Signature& s) {
  return visit_floating(s, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    Kernel kernel = make_kernel(backward<T>, params_of(s, units_of(s)));
    kernel.pieces = kPieces;
    kernel.scratch = sequence_bytes<T>;
    return kernel;
  });
}

// Split: all rows at once, in pieces of units.
Kernel bind_kernel_gradient(const Signature& s) {
  constexpr std::int64_t kMostPieces = 4, kUnit = 16;
  Params p = params_of(s, units_of_saved(s, s.output[1]));
  p.piece_units = p.shape.units;
  if (s.split) p.piece_units = ((p.shape.units + kMostPieces - 1) / kMostPieces + kUnit - 1) / kUnit * kUnit;
  return visit_floating(s, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    Kernel kernel = make_kernel(kernel_gradient<T>, p);
    kernel.pieces = (p.shape.units + p.piece_units - 1) / p.piece_units;
    kernel.scratch = kernel_gradient_bytes<T>;
    return kernel;
  });
}

Kernel bind_bias_gradient(const Signature& s) {
  return visit_floating(s, [&](auto* type) {
    return make_kernel(bias_gradient<std::remove_pointer_t<decltype(type)>>,
                       params_of(s, units_of_saved(s, s.output[0])));
  });
}

}  // namespace

Binder binders::recurrent(std::string_view operation) {
  if (operation == "recurrent") return bind_forward;
  if (operation == "recurrent_gradient") return bind_backward;
  if (operation == "recurrent_kernel_gradient") return bind_kernel_gradient;
  if (operation == "recurrent_bias_gradient") return bind_bias_gradient;
  return nullptr;
}

}  // namespace shoal::plan
