#pragma once

#include <cstdint>

#include "model/kernels/fast_winograd.h"
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
  // What will be needed next, if not null: at each step of k two lines are asked for, `ahead_run` steps one behind the
  // other and then the same ahead_ld further on. Two full vectors of columns, one row, no packing.
  const float* ahead = nullptr;
  std::int64_t ahead_run = 1, ahead_ld = 0;
  float* c = nullptr;
  std::int64_t c_row = 0, c_pixel = 0;
  bool accumulate = false;      // the chain starts from c, otherwise from zero
  const float* bias = nullptr;  // added at the end, if not null
  bool relu = false;            // at the very end
};

struct Runs;
struct PixelList;
struct Patches;
struct Quads;

struct AttentionRows;

struct Level {
  int lanes = 0;       // floats in a vector
  int max_pixels = 0;  // most rows * pixels of a tile
  void (*tile)(const Tile&) = nullptr;
  // to[c][r] = from[r][c]
  void (*transpose)(std::int64_t rows, std::int64_t cols, const float* from, std::int64_t ld_from, float* to,
                    std::int64_t ld_to) = nullptr;
  int max_pooled = 0;  // most pooled pixels of a pool_tile
  // A tile of two rows and an even number of pixels without `accumulate`: c gets the maxima of its 2 x 2 windows after
  // bias and ReLU, c_pixel apart, and `winner` which of the four it was.
  void (*pool_tile)(const Tile&, std::uint8_t* winner) = nullptr;
  // See fast_sparse.h.
  std::int64_t (*compress)(std::int64_t n, const float* value, const std::int32_t* place, float* to_value,
                           std::int32_t* to_place) = nullptr;
  void (*winner_places)(std::int64_t pixels, std::int64_t columns, const std::uint8_t* winner, std::int64_t ld,
                        const std::int32_t* pixel, std::int32_t row, std::int32_t column, std::int32_t* to,
                        std::int64_t ld_to) = nullptr;
  void (*list_pixels)(const PixelList&) = nullptr;
  int max_run_vectors = 0;  // most vectors of one line of a run
  int max_run_sums = 0;     // most vectors of all lines
  void (*add_run)(const Runs&) = nullptr;
  int max_patch = 0;  // most cells of a patch
  void (*add_patches)(const Patches&) = nullptr;
  int max_quad_taps = 0, quad_vectors = 0;
  void (*make_quads)(std::int64_t n, const float* a, const float* b, std::int64_t step, float* quads) = nullptr;
  void (*add_quads)(const Quads&) = nullptr;
  WinogradSteps winograd;
  void (*bias_activation)(std::int64_t rows, std::int64_t cols, const float* x, const float* bias, Activation,
                          float* y) = nullptr;
  // Each channel alone, co = ci. y is overwritten; the kernel's cells follow each other at `cell` (-ci: turned around).
  void (*depthwise)(const Conv2DShape&, const float* x, const float* kernel, std::int64_t cell, float* y) = nullptr;
  // dx += what dy and the kernel give
  void (*depthwise_scatter)(const Conv2DShape&, const float* dy, const float* kernel, float* dx) = nullptr;
  void (*depthwise_kernel_gradient)(const Conv2DShape&, const float* x, const float* dy, float* dkernel) = nullptr;
  void (*softmax_rows)(const AttentionRows&) = nullptr;
  void (*softmax_gradient_rows)(const AttentionRows&) = nullptr;
};

// Rows of scores, or of the gradient of weights, as attention.h says: [rows, keys] each.
struct AttentionRows {
  std::int64_t rows = 0, keys = 0;
  float scale = 1;
  AttentionMask mask;              // of the first row
  const float* weights = nullptr;  // of the gradient
  const float* from = nullptr;     // may be x
  float* x = nullptr;
};

void attention_weights(const Level& level, const AttentionWeights<float>& args);
void attention_gradient(const Level& level, const AttentionGradient<float>& args);
std::size_t attention_scratch(const Level& level, std::int64_t keys, std::int64_t size);

// From so many bytes on b comes from memory: what is needed next is asked for early.
inline bool is_from_memory(const MatmulArgs<float>& args) {
  return args.n * args.k * static_cast<std::int64_t>(sizeof(float)) >= 2 * 1024 * 1024;
}

void matmul(const Level& level, const MatmulArgs<float>& args);
std::size_t matmul_scratch(const Level& level, const MatmulArgs<float>& args);

void conv2d(const Level& level, const Conv2DArgs<float>& args);
void conv2d_input_gradient(const Level& level, const Conv2DArgs<float>& args);
void conv2d_kernel_gradient(const Level& level, const Conv2DArgs<float>& args);
std::size_t conv2d_scratch(const Level& level, const Conv2DShape& shape);

void winograd_kernel(const Level& level, const WinogradKernelArgs<float>& args);
void winograd_conv2d(const Level& level, const Conv2DArgs<float>& args);
void winograd_kernel_gradient(const Level& level, const Conv2DArgs<float>& args);
std::size_t winograd_scratch(const Level& level, const Conv2DShape& shape);

void pooled_conv2d(const Level& level, const PooledConv2DArgs<float>& args);
void sparse_conv2d_input_gradient(const Level& level, const SparseConv2DArgs<float>& args);
void sparse_conv2d_kernel_gradient(const Level& level, const SparseConv2DArgs<float>& args);
std::size_t sparse_kernel_gradient_scratch(const Level& level, const Conv2DShape& shape, bool pooled);
std::size_t sparse_input_gradient_scratch(const Level& level, const Conv2DShape& shape, bool pooled);
std::size_t sparse_conv2d_scratch(const Level& level, const Conv2DShape& shape);  // of the three
// With dilation or groups.
inline bool is_general(const Conv2DShape& s) { return s.groups > 1 || s.dilation_h > 1 || s.dilation_w > 1; }
void general_conv2d(const Level& level, const Conv2DArgs<float>& args);
void general_conv2d_input_gradient(const Level& level, const Conv2DArgs<float>& args);
void general_conv2d_kernel_gradient(const Level& level, const Conv2DArgs<float>& args);
std::size_t general_conv2d_scratch(const Level& level, const Conv2DShape& shape);

void depthwise(const Level& level, const Conv2DArgs<float>& args);
void depthwise_input_gradient(const Level& level, const Conv2DArgs<float>& args);
void depthwise_kernel_gradient(const Level& level, const Conv2DArgs<float>& args);

}  // namespace shoal::kernels::fast
