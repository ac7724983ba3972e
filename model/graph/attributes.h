#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "model/tensor/dtype.h"
#include "model/tensor/shape.h"

namespace shoal::graph {

struct MatmulAttributes {
  bool transpose_a = false, transpose_b = false;
};

struct ReduceAttributes {
  std::vector<int> axes;  // normalized, ascending
  bool keepdims = false;
};

struct AxisAttributes {
  int axis = -1;
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

// Window of a convolution or a pooling over (rows, height, width, channels). Padding is resolved to numbers of cells.
struct WindowAttributes {
  std::array<std::int64_t, 2> size{1, 1}, strides{1, 1}, pad_before{0, 0}, pad_after{0, 0};
  Shape input_shape;  // of the gradient operations: the shape of the forward input
};

struct RandomAttributes {
  std::uint64_t key = 0;  // random::mix(seed, stream)
  double rate = 0;
  Shape shape;
  DType dtype = DType::kFloat32;  // of random_uniform
};

// Epilogue of a fused matmul or convolution: "linear", "relu", "sigmoid", "tanh".
struct FusedAttributes {
  MatmulAttributes matmul;
  WindowAttributes window;
  bool bias = false;
  std::string activation = "linear";
};

using Attributes = std::variant<std::monostate, MatmulAttributes, ReduceAttributes, AxisAttributes, ShapeAttributes,
                                CastAttributes, ScalarAttributes, OneHotAttributes, TransposeAttributes,
                                WindowAttributes, RandomAttributes, FusedAttributes>;

}  // namespace shoal::graph
