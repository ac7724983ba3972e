#pragma once

#include <cstddef>
#include <cstdint>

namespace shoal::kernels {

// Gates lie behind each other in a row: simple h; LSTM i f g o; GRU z r h.
enum class Cell : std::uint8_t { kSimple, kLstm, kGru, kGruResetBefore };

// Functions whose derivative follows from their value.
enum class CellActivation : std::uint8_t {
  kLinear,
  kRelu,
  kSigmoid,
  kTanh,
  kHardSigmoid,
  kSoftsign,
  kSoftplus,
  kElu,
  kExponential
};

// u = units. What a step keeps for the way back, in a row of `saved()`: simple h; LSTM i f g o c h; GRU z r g n h,
// where g is the candidate and n what the reset gate multiplies; GRU with the reset before the product z r g h.
struct CellShape {
  Cell cell = Cell::kLstm;
  std::int64_t units = 0;
  CellActivation activation = CellActivation::kTanh, recurrent_activation = CellActivation::kSigmoid;

  std::int64_t gates() const { return units * (cell == Cell::kSimple ? 1 : cell == Cell::kLstm ? 4 : 3); }
  std::int64_t saved() const {
    return units * (cell == Cell::kSimple ? 1 : cell == Cell::kLstm ? 6 : cell == Cell::kGru ? 5 : 4);
  }
  std::int64_t h_offset() const { return saved() - units; }
  std::int64_t c_offset() const { return saved() - 2 * units; }  // LSTM only
};

// The elementwise part of one step of several rows. Rows of a tensor lie `..._row` apart, others behind each other. A
// row whose mask is off keeps its state.
template <class T>
struct RecurrentStep {
  CellShape shape;
  std::int64_t rows = 0;
  const T* projected = nullptr;  // [gates], of the inputs
  std::int64_t projected_row = 0;
  const T* recurrent = nullptr;  // [gates], of the state before
  T *h = nullptr, *c = nullptr;  // [units] the state: before, then after
  T* saved = nullptr;
  std::int64_t saved_row = 0;
  const bool* mask = nullptr;  // null: all rows count
  std::int64_t mask_row = 0;
};

template <class T>
struct RecurrentStepGradient {
  CellShape shape;
  std::int64_t rows = 0;
  const T* saved = nullptr;
  std::int64_t saved_row = 0;
  const T *h_before = nullptr, *c_before = nullptr;  // [units]
  std::int64_t before_row = 0;
  const T* dy = nullptr;  // [units] or null
  std::int64_t dy_row = 0;
  // [units]: the state's gradient; afterwards that of the state before, but for what goes through the product.
  T *dh = nullptr, *dc = nullptr;
  T* d_projected = nullptr;  // [gates]
  std::int64_t d_projected_row = 0;
  T* d_recurrent = nullptr;  // [gates]
  const bool* mask = nullptr;
  std::int64_t mask_row = 0;
};

// A whole sequence of several rows; row-major, contiguous. Bits of a row depend on nothing but that row.
template <class T>
struct RecurrentArgs {
  CellShape shape;
  std::int64_t rows = 0, time = 0;
  bool go_backwards = false;           // reads the last step first
  const T* projected = nullptr;        // [rows, time, gates]
  const T* kernel = nullptr;           // [units, gates]
  const T* bias = nullptr;             // [gates] of the recurrent product, or null
  const T *h = nullptr, *c = nullptr;  // [rows, units] at the start; null: zeros
  const bool* mask = nullptr;          // [rows, time] or null
  const T* dropout = nullptr;          // [rows, gates], what each gate sees of the state is multiplied by; or null
  T* saved = nullptr;                  // [rows, time, saved] in the order in which steps are taken
  void* scratch = nullptr;             // recurrent_scratch() bytes, 64-byte aligned
};

template <class T>
struct RecurrentGradientArgs {
  CellShape shape;
  std::int64_t rows = 0, time = 0;
  bool go_backwards = false;
  const T* saved = nullptr;
  const T* kernel = nullptr;
  const T *h = nullptr, *c = nullptr;
  const bool* mask = nullptr;
  const T* dropout = nullptr;
  const T* d_sequence = nullptr;           // [rows, time, units] in the order in which steps are taken, or null
  const T *d_h = nullptr, *d_c = nullptr;  // [rows, units] of the last state, or null
  bool state_gradient = false;             // one more step in the output holds those of h and c at the start
  T* d_projected = nullptr;                // [rows, time (+ 1), gates] in the order of the inputs
  void* scratch = nullptr;
};

template <class T>
void recurrent(const RecurrentArgs<T>& args);
template <class T>
void recurrent_gradient(const RecurrentGradientArgs<T>& args);
// Bytes for either of the two.
template <class T>
std::size_t recurrent_scratch(const CellShape& shape);

// out[units, gates] += for every row and step, what the recurrent kernel multiplied times its gates' gradients; and
// out[gates] += the gradients of the recurrent bias. Only units [unit, unit + units) of the kernel.
template <class T>
struct RecurrentSumArgs {
  CellShape shape;
  std::int64_t rows = 0, time = 0;
  bool go_backwards = false;
  const T* saved = nullptr;
  const T* d_projected = nullptr;  // [rows, time, gates]
  const T* h = nullptr;            // [rows, units] at the start; null: zeros
  const T* dropout = nullptr;
  std::int64_t unit = 0, units = 0;
  T* out = nullptr;
  void* scratch = nullptr;
};

template <class T>
void recurrent_kernel_gradient(const RecurrentSumArgs<T>& args);
template <class T>
std::size_t recurrent_kernel_gradient_scratch(const CellShape& shape, std::int64_t rows_and_steps, std::int64_t units);
template <class T>
void recurrent_bias_gradient(const RecurrentSumArgs<T>& args);

}  // namespace shoal::kernels
