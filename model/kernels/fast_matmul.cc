#include <algorithm>

#include "model/kernels/fast.h"
#include "model/kernels/fast_sparse_matmul.h"
#include "model/kernels/portable.h"
#include "model/kernels/split.h"

namespace shoal::kernels::fast {
namespace {

// Rows of b that stay in the first-level cache while the row tiles of c go over them.
constexpr std::int64_t kDepth = 256;

bool packs(const Level& level, const MatmulArgs<float>& args) { return args.transpose_b || args.m > level.max_pixels; }

// Columns [column, column + columns) of c, at most one panel wide, and the part of k that begins at `depth`.
void block(const Level& level, const MatmulArgs<float>& args, std::int64_t column, int columns, std::int64_t depth,
           const float* ahead) {
  const std::int64_t width = 2 * level.lanes, k = std::min(kDepth, args.k - depth);
  float* packed = static_cast<float*>(args.scratch);
  const bool last = depth + k == args.k && !args.accumulate;
  Tile tile{.columns = columns,
            .k = k,
            .a_pixel = args.transpose_a ? 1 : args.lda,
            .a_k = args.transpose_a ? args.lda : 1,
            .ahead_run = args.transpose_b ? kDepth / 32 : 1,
            .ahead_ld = args.ldb,
            .c_pixel = args.ldc,
            .accumulate = args.accumulate || depth > 0,
            .bias = last && args.bias ? args.bias + column : nullptr,
            .relu = last && args.activation == Activation::kRelu};
  if (args.transpose_b) {
    level.transpose(columns, k, args.b + column * args.ldb + depth, args.ldb, packed, width);
    tile.b = packed;
    tile.ldb = width;
  } else {
    tile.b = args.b + depth * args.ldb + column;
    tile.ldb = args.ldb;
  }
  bool copies = !args.transpose_b && columns == width && args.m > level.max_pixels;
  if (columns != width) ahead = nullptr;
  split_evenly(args.m, level.max_pixels, [&](std::int64_t row, std::int64_t rows) {
    tile.pixels = static_cast<int>(rows);
    tile.a = args.a + depth * tile.a_k + row * tile.a_pixel;
    tile.c = args.c + row * args.ldc + column;
    tile.packed_b = copies ? packed : nullptr;
    tile.ahead = copies ? nullptr : ahead;
    level.tile(tile);
    if (!copies) {
      ahead = nullptr;  // once is enough
      return;
    }
    tile.b = packed;
    tile.ldb = width;
    copies = false;
  });
}

void dense_matmul(const Level& level, const MatmulArgs<float>& args) {
  const std::int64_t width = 2 * level.lanes;
  const auto panel = [&](std::int64_t column, std::int64_t depth, const float* ahead) {
    block(level, args, column, static_cast<int>(std::min(width, args.n - column)), depth, ahead);
  };
  const bool from_memory = is_from_memory(args);
  if (from_memory && !args.transpose_b) {  // few rows of b at a time: their pages stay known
    for (std::int64_t depth = 0; depth < args.k; depth += kDepth) {
      const float* rows = args.b + depth * args.ldb;
      for (std::int64_t column = 0; column < args.n; column += width) {
        const bool turns = column + width >= args.n;
        panel(column, depth, turns ? rows + kDepth * args.ldb : rows + column + width);
      }
    }
  } else {
    for (std::int64_t column = 0; column < args.n; column += width) {
      for (std::int64_t depth = 0; depth == 0 || depth < args.k; depth += kDepth) {
        const std::int64_t next =
            depth + kDepth < args.k ? column * args.ldb + depth + kDepth : (column + width) * args.ldb;
        panel(column, depth, from_memory ? args.b + next : nullptr);
      }
    }
  }
}

}  // namespace

void matmul(const Level& level, const MatmulArgs<float>& args) {
  const bool sparse = is_sparse(args);
  sparse ? sparse_matmul(level, args) : dense_matmul(level, args);
  if (args.accumulate) return;
  // Tiles add the bias and know ReLU.
  const float* bias = sparse ? args.bias : nullptr;
  const bool done = args.activation == Activation::kLinear || (!sparse && args.activation == Activation::kRelu);
  if (done && !bias) return;
  for (std::int64_t row = 0; row < args.m; ++row) {
    float* c = args.c + row * args.ldc;
    level.bias_activation(1, args.n, c, bias, args.activation, c);
  }
}

std::size_t matmul_scratch(const Level& level, const MatmulArgs<float>& args) {
  const std::int64_t packed = packs(level, args) ? std::min(kDepth, args.k) * 2 * level.lanes : 0;
  return std::max(static_cast<std::size_t>(packed) * sizeof(float), sparse_matmul_scratch(level, args));
}

}  // namespace shoal::kernels::fast
