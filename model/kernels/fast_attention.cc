#include <algorithm>

#include "model/kernels/fast.h"
#include "model/kernels/split.h"

// A few rows of scores at a time: while they are in the first-level cache they become weights.
namespace shoal::kernels::fast {
namespace {

// [keys, size] as panels of two vectors of keys, each [size, two vectors].
void pack(const Level& level, std::int64_t keys, std::int64_t size, const float* from, std::int64_t ld, float* packed) {
  const std::int64_t width = 2 * level.lanes;
  for (std::int64_t key = 0; key < keys; key += width)
    level.transpose(std::min(width, keys - key), size, from + key * ld, ld, packed + key * size, width);
}

// c[rows, keys] = a[rows, size] times what is packed
void multiply(const Level& level, std::int64_t rows, std::int64_t keys, std::int64_t size, const float* a,
              std::int64_t lda, const float* packed, float* c) {
  const std::int64_t width = 2 * level.lanes;
  Tile tile{.pixels = static_cast<int>(rows), .k = size, .a = a, .a_pixel = lda, .ldb = width, .c_pixel = keys};
  for (std::int64_t key = 0; key < keys; key += width) {
    tile.columns = static_cast<int>(std::min(width, keys - key));
    tile.b = packed + key * size;
    tile.c = c + key;
    level.tile(tile);
  }
}

AttentionMask from_row(AttentionMask mask, std::int64_t row) {
  if (mask.seen) mask.seen += row * mask.query;
  return mask;
}

}  // namespace

void attention_weights(const Level& level, const AttentionWeights<float>& args) {
  auto* packed = static_cast<float*>(args.scratch);
  pack(level, args.keys, args.size, args.key, args.ld_key, packed);
  split_evenly(args.queries, level.max_pixels, [&](std::int64_t row, std::int64_t rows) {
    float* x = args.weights + row * args.keys;
    multiply(level, rows, args.keys, args.size, args.query + row * args.ld_query, args.ld_query, packed, x);
    level.softmax_rows({rows, args.keys, args.scale, from_row(args.mask, row), nullptr, x, x});
  });
}

void attention_gradient(const Level& level, const AttentionGradient<float>& args) {
  auto* packed = static_cast<float*>(args.scratch);
  if (!args.dweights) pack(level, args.keys, args.size, args.value, args.ld_value, packed);
  split_evenly(args.queries, level.max_pixels, [&](std::int64_t row, std::int64_t rows) {
    float* x = args.dscores + row * args.keys;
    const float* from = args.dweights ? args.dweights + row * args.keys : x;
    if (!args.dweights)
      multiply(level, rows, args.keys, args.size, args.dvalues + row * args.ld_dvalues, args.ld_dvalues, packed, x);
    level.softmax_gradient_rows(
        {rows, args.keys, args.scale, from_row(args.mask, row), args.weights + row * args.keys, from, x});
  });
}

std::size_t attention_scratch(const Level& level, std::int64_t keys, std::int64_t size) {
  const std::int64_t width = 2 * level.lanes;
  return static_cast<std::size_t>((keys + width - 1) / width * width * size) * sizeof(float);
}

}  // namespace shoal::kernels::fast
