#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "model/tensor/shape.h"

namespace shoal::kernels {

// A number that may grow with the rows of the batch.
struct Extent {
  std::int64_t fixed = 0, per_row = 0;
  std::int64_t at(std::int64_t rows) const { return fixed + per_row * rows; }
};

inline Extent extent_of_axis(std::int64_t dim) { return dim < 0 ? Extent{0, -dim} : Extent{dim, 0}; }

inline Extent extent_of(const Shape& shape) {
  std::int64_t rest = 1;
  for (int axis = shape.has_rows() ? 1 : 0; axis < shape.rank(); ++axis) rest *= shape[axis];
  return shape.has_rows() ? Extent{0, -shape[0] * rest} : Extent{rest, 0};
}

inline constexpr int kMaxAxes = 8;

// The nested loop over a row-major iteration space with N operands, each with a stride for each axis (0 where it is
// repeated). Neighbouring axes that lie behind each other for every operand are one axis.
template <std::size_t N>
struct Strided {
  int axes = 0;
  Extent first;  // size of axis 0
  std::array<std::int64_t, kMaxAxes> dims{};
  std::array<std::array<std::int64_t, N>, kMaxAxes> strides{};

  // Appends an axis behind the others, joined to the last one when possible.
  void push(Extent size, const std::array<std::int64_t, N>& stride) {
    if (size.per_row == 0 && size.fixed == 1) return;
    if (axes > 0) {
      bool joins = size.per_row == 0;
      for (std::size_t i = 0; i < N; ++i)
        joins = joins && strides[static_cast<std::size_t>(axes - 1)][i] == stride[i] * size.fixed;
      if (joins) {
        strides[static_cast<std::size_t>(axes - 1)] = stride;
        if (axes == 1) {
          first = {first.fixed * size.fixed, first.per_row * size.fixed};
        } else {
          dims[static_cast<std::size_t>(axes - 1)] *= size.fixed;
        }
        return;
      }
    } else {
      first = size;
    }
    dims[static_cast<std::size_t>(axes)] = size.fixed;
    strides[static_cast<std::size_t>(axes)] = stride;
    ++axes;
  }

  // Calls line(offsets of the operands, count, strides of the operands) for the innermost axis, in row-major order.
  template <class Line>
  void run(std::int64_t rows, Line&& line) const {
    if (axes == 0) {
      line(std::array<std::int64_t, N>{}, std::int64_t{1}, std::array<std::int64_t, N>{});
      return;
    }
    std::array<std::int64_t, kMaxAxes> size = dims, at{};
    size[0] = first.at(rows);
    for (int axis = 0; axis < axes; ++axis)
      if (size[static_cast<std::size_t>(axis)] == 0) return;
    const auto last = static_cast<std::size_t>(axes - 1);
    std::array<std::int64_t, N> offset{};
    for (;;) {
      line(offset, size[last], strides[last]);
      int axis = axes - 2;
      for (; axis >= 0; --axis) {
        const auto a = static_cast<std::size_t>(axis);
        for (std::size_t i = 0; i < N; ++i) offset[i] += strides[a][i];
        if (++at[a] < size[a]) break;
        for (std::size_t i = 0; i < N; ++i) offset[i] -= strides[a][i] * size[a];
        at[a] = 0;
      }
      if (axis < 0) return;
    }
  }
};

// Row-major strides of `shape` (a symbolic first axis needs no size: nothing lies before it).
inline std::vector<std::int64_t> strides_of(const Shape& shape) {
  std::vector<std::int64_t> result(static_cast<std::size_t>(shape.rank()), 1);
  for (int axis = shape.rank() - 2; axis >= 0; --axis)
    result[static_cast<std::size_t>(axis)] = result[static_cast<std::size_t>(axis) + 1] * shape[axis + 1];
  return result;
}

// The loop over `output` in which every operand of shape `inputs[i]` is repeated by NumPy's rule.
template <std::size_t N>
Strided<N> broadcast_loop(const Shape& output, const std::array<const Shape*, N>& inputs) {
  std::array<std::vector<std::int64_t>, N> all;
  for (std::size_t i = 0; i < N; ++i) all[i] = strides_of(*inputs[i]);
  Strided<N> loop;
  for (int axis = 0; axis < output.rank(); ++axis) {
    std::array<std::int64_t, N> stride{};
    for (std::size_t i = 0; i < N; ++i) {
      const int own = axis - (output.rank() - inputs[i]->rank());
      if (own >= 0 && (*inputs[i])[own] != 1) stride[i] = all[i][static_cast<std::size_t>(own)];
    }
    loop.push(extent_of_axis(output[axis]), stride);
  }
  return loop;
}

}  // namespace shoal::kernels
