#pragma once

#include <array>

#include "model/kernels/panels.h"
#include "model/kernels/recurrent.h"

namespace shoal::kernels {

// Rows that go through a sequence together: their state stays in the first-level cache.
inline constexpr std::int64_t kRecurrentRows = 12;

// The products with the recurrent kernel: one for all gates, or gate by gate where each sees a state of its own.
template <class T>
class RecurrentProducts {
 public:
  RecurrentProducts(const CellShape& shape, bool by_gate, bool transposed)
      : units_(shape.units),
        gates_(shape.gates()),
        parts_(by_gate ? static_cast<int>(shape.gates() / shape.units) : 1),
        width_(gates_ / parts_),
        transposed_(transposed) {
    panels_.fill(transposed ? Panels<T>(width_, units_) : Panels<T>(units_, width_));
  }

  std::size_t bytes() const { return static_cast<std::size_t>(parts_) * panels_[0].bytes(kRecurrentRows); }

  void pack(const T* kernel, void* memory) {
    const std::size_t each = panels_[0].bytes(kRecurrentRows);
    for (int part = 0; part < parts_; ++part)
      panels_[static_cast<std::size_t>(part)].pack(kernel + part * width_, gates_, transposed_,
                                                   static_cast<std::byte*>(memory) + part * each);
  }

  // Of the gate: z[rows, gates] at the gate = h[rows, units] kernel.
  void forward(std::int64_t rows, int part, const T* h, const T* bias, T* z) const {
    panels_[static_cast<std::size_t>(part)].multiply(rows, h, units_, z + part * width_, gates_,
                                                     bias ? bias + part * width_ : nullptr, false);
  }
  // dh[rows, units] (+)= dz[rows, gates] at the gate, times the kernel's transpose.
  void backward(std::int64_t rows, int part, const T* dz, T* dh, bool accumulate) const {
    panels_[static_cast<std::size_t>(part)].multiply(rows, dz + part * width_, gates_, dh, units_, nullptr, accumulate);
  }
  int parts() const { return parts_; }

 private:
  std::int64_t units_, gates_;
  int parts_;
  std::int64_t width_;
  bool transposed_;
  std::array<Panels<T>, 4> panels_{Panels<T>(0, 0), Panels<T>(0, 0), Panels<T>(0, 0), Panels<T>(0, 0)};
};

// Parts of scratch, each aligned as the whole.
class ScratchParts {
 public:
  explicit ScratchParts(void* memory) : at_(static_cast<std::byte*>(memory)) {}
  template <class T>
  T* take(std::int64_t elements) {
    T* result = reinterpret_cast<T*>(at_);
    at_ += bytes<T>(elements);
    return result;
  }
  std::byte* rest() { return at_; }
  template <class T>
  static std::size_t bytes(std::int64_t elements) {
    return (static_cast<std::size_t>(elements) * sizeof(T) + 63) / 64 * 64;
  }

 private:
  std::byte* at_;
};

}  // namespace shoal::kernels
