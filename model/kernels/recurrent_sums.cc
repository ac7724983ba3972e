#include "model/kernels/recurrent_products.h"

// Gradients of the recurrent kernel and bias: sums over rows and steps.
namespace shoal::kernels {
namespace {

bool is_gru(const CellShape& shape) { return shape.cell == Cell::kGru || shape.cell == Cell::kGruResetBefore; }

// One gate of the GRU multiplies another thing than the others: the third.
bool by_gate(const CellShape& shape, bool dropout) { return dropout || shape.cell == Cell::kGruResetBefore; }

template <class T>
MatmulArgs<T> product(const CellShape& shape, std::int64_t steps, std::int64_t units, bool gate_by_gate) {
  MatmulArgs<T> args;
  args.m = units;
  args.n = gate_by_gate ? shape.units : shape.gates();
  args.k = steps;
  args.transpose_a = true;
  args.lda = units;
  args.ldb = args.ldc = shape.gates();
  args.accumulate = true;
  return args;
}

// Visits every row and step in the order of the inputs: what was saved, and the state before (null: zeros).
template <class T, class Visit>
void for_each_step(const RecurrentSumArgs<T>& a, Visit visit) {
  for (std::int64_t row = 0; row < a.rows; ++row)
    for (std::int64_t x = 0; x < a.time; ++x) {
      const std::int64_t t = a.go_backwards ? a.time - 1 - x : x;
      const T* saved = a.saved + (row * a.time + t) * a.shape.saved();
      const T* before = t > 0 ? saved - a.shape.units : a.h ? a.h + row * a.shape.units : nullptr;
      visit(row, row * a.time + x, saved, before);
    }
}

// seen[steps, units]: what the gate's columns of the kernel multiplied.
template <class T>
void gather_seen(const RecurrentSumArgs<T>& a, int gate, T* seen) {
  const std::int64_t u = a.shape.units;
  const bool resets = a.shape.cell == Cell::kGruResetBefore && gate == 2;
  for_each_step(a, [&](std::int64_t row, std::int64_t step, const T* saved, const T* before) {
    T* to = seen + step * a.units;
    if (!before) {
      std::fill_n(to, a.units, T(0));
      return;
    }
    std::copy_n(before + a.unit, a.units, to);
    if (resets)
      for (std::int64_t k = 0; k < a.units; ++k) to[k] *= saved[u + a.unit + k];
    if (a.dropout) {
      const T* kept = a.dropout + row * a.shape.gates() + gate * u + a.unit;
      for (std::int64_t k = 0; k < a.units; ++k) to[k] *= kept[k];
    }
  });
}

// out[steps, gates]: the gradients of the recurrent product, where those of the projection differ.
template <class T>
void gather_gradients(const RecurrentSumArgs<T>& a, T* out) {
  const std::int64_t u = a.shape.units;
  for_each_step(a, [&](std::int64_t, std::int64_t step, const T* saved, const T*) {
    const T* from = a.d_projected + step * 3 * u;
    T* to = out + step * 3 * u;
    std::copy_n(from, 2 * u, to);
    for (std::int64_t k = 0; k < u; ++k) to[2 * u + k] = from[2 * u + k] * saved[u + k];
  });
}

}  // namespace

template <class T>
void recurrent_kernel_gradient(const RecurrentSumArgs<T>& args) {
  const std::int64_t steps = args.rows * args.time;
  if (steps == 0 || args.units == 0) return;
  ScratchParts parts(args.scratch);
  T* seen = parts.take<T>(steps * args.units);
  const T* dz = args.d_projected;
  if (args.shape.cell == Cell::kGru) {
    T* gathered = parts.take<T>(steps * args.shape.gates());
    gather_gradients(args, gathered);
    dz = gathered;
  }
  const bool gate_by_gate = by_gate(args.shape, args.dropout != nullptr);
  MatmulArgs<T> matmul = product<T>(args.shape, steps, args.units, gate_by_gate);
  matmul.a = seen;
  matmul.scratch = parts.rest();
  for (std::int64_t column = 0; column < args.shape.gates(); column += matmul.n) {
    const int gate = static_cast<int>(column / args.shape.units);
    if (gate == 0 || gate_by_gate) gather_seen(args, gate, seen);
    matmul.b = dz + column;
    matmul.c = args.out + args.unit * args.shape.gates() + column;
    table<T>().matmul(matmul);
  }
}

template <class T>
std::size_t recurrent_kernel_gradient_scratch(const CellShape& shape, std::int64_t steps, std::int64_t units) {
  if (steps == 0) return 0;
  std::size_t bytes = ScratchParts::bytes<T>(steps * units);
  if (is_gru(shape)) bytes += ScratchParts::bytes<T>(steps * shape.gates());
  return bytes + std::max(table<T>().matmul_scratch(product<T>(shape, steps, units, false)),
                          table<T>().matmul_scratch(product<T>(shape, steps, units, true)));
}

template <class T>
void recurrent_bias_gradient(const RecurrentSumArgs<T>& args) {
  const std::int64_t u = args.shape.units;
  for_each_step(args, [&](std::int64_t, std::int64_t step, const T* saved, const T*) {
    const T* from = args.d_projected + step * 3 * u;
    for (std::int64_t k = 0; k < 2 * u; ++k) args.out[k] += from[k];
    for (std::int64_t k = 0; k < u; ++k) args.out[2 * u + k] += from[2 * u + k] * saved[u + k];
  });
}

#define SHOAL_SUMS(T)                                                  \
  template void recurrent_kernel_gradient(const RecurrentSumArgs<T>&); \
  template void recurrent_bias_gradient(const RecurrentSumArgs<T>&);   \
  template std::size_t recurrent_kernel_gradient_scratch<T>(const CellShape&, std::int64_t, std::int64_t)
SHOAL_SUMS(float);
SHOAL_SUMS(double);
#undef SHOAL_SUMS

}  // namespace shoal::kernels
