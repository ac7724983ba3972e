#pragma once

#include <cstdint>

#include "model/kernels/table.h"

// What the fast kernels are made of: one register tile and a transpose, built once for each instruction set, and
// drivers around them that are ordinary code.
namespace shoal::kernels::fast {

// c[row][pixel][column] = sum over plane, line, k of a[plane, line, row, pixel, k] * b[plane, line, k][column], one
// chain of fused multiply-adds in the order plane, line, k. An element of a lies at the sum of its strides; the rows of
// b follow each other at ldb, over lines and planes too.
struct Tile {
  int rows = 1, pixels = 1;  // rows * pixels <= Level::max_pixels
  int columns = 0;           // <= two vectors
  std::int64_t planes = 1, lines = 1, k = 0;
  const float* a = nullptr;
  std::int64_t a_plane = 0, a_line = 0, a_row = 0, a_pixel = 0, a_k = 1;
  const float* b = nullptr;
  std::int64_t ldb = 0;
  float* packed_b = nullptr;  // where the rows of b are copied on the way, two vectors each, if not null
  float* c = nullptr;
  std::int64_t c_row = 0, c_pixel = 0;
  bool accumulate = false;      // the chain starts from c, otherwise from zero
  const float* bias = nullptr;  // added at the end, if not null
  bool relu = false;            // at the very end
};

struct Level {
  int lanes = 0;       // floats in a vector
  int max_pixels = 0;  // most rows * pixels of a tile
  void (*tile)(const Tile&) = nullptr;
  // to[c][r] = from[r][c]
  void (*transpose)(std::int64_t rows, std::int64_t cols, const float* from, std::int64_t ld_from, float* to,
                    std::int64_t ld_to) = nullptr;
  void (*bias_activation)(std::int64_t rows, std::int64_t cols, const float* x, const float* bias, Activation,
                          float* y) = nullptr;
};

void matmul(const Level& level, const MatmulArgs<float>& args);
std::size_t matmul_scratch(const Level& level, const MatmulArgs<float>& args);

void conv2d(const Level& level, const Conv2DArgs<float>& args);
void conv2d_input_gradient(const Level& level, const Conv2DArgs<float>& args);
void conv2d_kernel_gradient(const Level& level, const Conv2DArgs<float>& args);
std::size_t conv2d_scratch(const Level& level, const Conv2DShape& shape);

}  // namespace shoal::kernels::fast
