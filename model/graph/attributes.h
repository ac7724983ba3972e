#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/tensor/dtype.h"
#include "model/tensor/shape.h"

namespace shoal::graph {

struct MatmulAttributes {
  bool transpose_a = false, transpose_b = false;
};

// Products of matrices with equal leading axes. `heads_…`: that operand (or the output) of rank 4 lies as
// (rows, m, heads, k) instead of (rows, heads, m, k).
struct BatchMatmulAttributes {
  bool transpose_a = false, transpose_b = false;
  bool heads_a = false, heads_b = false, heads_out = false;
};

struct ReduceAttributes {
  std::vector<int> axes;  // normalized, ascending
  bool keepdims = false;
};

struct AxisAttributes {
  int axis = -1;
};

struct EpsilonAttributes {
  double epsilon = 0;
};

struct ShapeAttributes {
  Shape shape;
};

struct CastAttributes {
  DType dtype = DType::kFloat32;
};

struct ScalarAttributes {
  double value = 0;
};

struct OneHotAttributes {
  std::int64_t classes = 0;
  DType dtype = DType::kFloat32;
};

struct TransposeAttributes {
  std::vector<int> permutation;
};

// Element i of an axis of the slice is element start + i * step of the whole. `shape` is the result's: the slice's, or
// the whole's where a slice is put back.
struct SliceAttributes {
  std::vector<std::int64_t> starts, steps;
  Shape shape;
};

// Window of a convolution or a pooling over (rows, height, width, channels). Padding is resolved to numbers of cells.
struct WindowAttributes {
  std::array<std::int64_t, 2> size{1, 1}, strides{1, 1}, pad_before{0, 0}, pad_after{0, 0};
  Shape input_shape;                           // of the gradient operations: the shape of the forward input
  std::array<std::int64_t, 2> dilation{1, 1};  // of a convolution: steps between the cells of the kernel
  std::int64_t groups = 1;                     // of a convolution: of channels that do not meet
};

// Cells of zeros before and after, for each axis; a negative number cuts cells off.
struct PadAttributes {
  std::vector<std::array<std::int64_t, 2>> cells;
};

struct RandomAttributes {
  std::uint64_t key = 0;  // random::mix(seed, stream)
  double rate = 0;
  Shape shape;
  DType dtype = DType::kFloat32;  // of random_uniform
};

// Rows of a table by number.
struct GatherAttributes {
  std::string place;  // named when an index is out of range
  Shape table;
};

// A recurrent layer over whole sequences; see model/ops/recurrent.h for the names.
struct RecurrentAttributes {
  std::string cell = "lstm", activation = "tanh", recurrent_activation = "sigmoid";
  bool go_backwards = false;
  bool state_gradient = false;                // of the gradient: also by the state at the start
  std::vector<std::string> optional = {};     // the operands behind the first two
  int position(std::string_view name) const;  // of an optional operand, or -1
};

// Weights of attention; see model/ops/attention.h.
struct AttentionAttributes {
  double scale = 1;
  bool adds = false, drops = false;
};

// Epilogue of a fused matmul or convolution: "linear", "relu", "sigmoid", "tanh".
struct FusedAttributes {
  MatmulAttributes matmul;
  WindowAttributes window;
  bool bias = false;
  std::string activation = "linear";
};

using Attributes =
    std::variant<std::monostate, MatmulAttributes, BatchMatmulAttributes, ReduceAttributes, AxisAttributes,
                 EpsilonAttributes, ShapeAttributes, CastAttributes, ScalarAttributes, OneHotAttributes,
                 TransposeAttributes, SliceAttributes, WindowAttributes, RandomAttributes, FusedAttributes,
                 PadAttributes, GatherAttributes, RecurrentAttributes, AttentionAttributes>;

}  // namespace shoal::graph
