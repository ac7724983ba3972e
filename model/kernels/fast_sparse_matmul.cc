#include "model/kernels/fast_sparse_matmul.h"

#include <algorithm>

#include "model/kernels/fast_sparse.h"
#include "model/kernels/sparse_places.h"

namespace shoal::kernels::fast {
namespace {

// Rows whose lists are made together, and bytes of b that stay in the first-level cache while those rows go over them.
constexpr std::int64_t kRows = 32, kCached = 36 * 1024;
// Below, lists cost more than they save.
constexpr std::int64_t kLeastRows = 8, kLeastColumns = 64, kLeastDepth = 16;
// Non-zeros are counted in about so many elements, and may be at most one in three.
constexpr std::int64_t kSample = 2048, kStretch = 16;
constexpr std::int64_t kLine = 16;  // floats

std::int64_t columns_of(const Level& level, const MatmulArgs<float>& args) {
  return std::min<std::int64_t>(args.n, level.max_run_vectors * level.lanes);
}

std::int64_t depth_of(std::int64_t columns, std::int64_t k) {
  return std::min(k, kCached / (columns * static_cast<std::int64_t>(sizeof(float))));
}

// Enough for any part of the product too.
struct Scratch {
  float *turned, *value;  // a's block by rows; what is not zero in it
  std::int32_t *start, *place;
  std::size_t bytes;

  Scratch(const Level& level, const MatmulArgs<float>& args) {
    const std::int64_t most = kRows * depth_of(kLeastColumns, args.k);
    Pieces pieces(args.scratch);
    turned = pieces.take<float>(args.transpose_a ? most : 0);
    value = pieces.take<float>(most + level.lanes);
    start = pieces.take<std::int32_t>(kRows + 1);
    place = pieces.take<std::int32_t>(most + level.lanes);
    bytes = pieces.used();
  }
};

// The block of b that follows one, asked for in `parts` while the rows of c go over that one.
struct Ahead {
  const float* from;
  std::int64_t rows, columns, ld;

  Ahead(const MatmulArgs<float>& args, std::int64_t column, std::int64_t depth, std::int64_t most_columns,
        std::int64_t most_depth) {
    if (column >= args.n) {
      column = 0;
      depth += most_depth;
    }
    from = args.b + depth * args.ldb + column;
    rows = std::min(most_depth, args.k - depth);
    columns = std::min(most_columns, args.n - column);
    ld = args.ldb;
  }

  void ask(std::int64_t part, std::int64_t parts) const {
    for (std::int64_t row = rows * part / parts; row < rows * (part + 1) / parts; ++row)
      for (std::int64_t column = 0; column < columns; column += kLine)
        __builtin_prefetch(from + row * ld + column, 0, 2);
  }
};

// Short stretches here and there: a guess is enough, since both ways give the same sums.
bool has_many_zeros(const MatmulArgs<float>& args) {
  const std::int64_t rows = args.transpose_a ? args.k : args.m, columns = args.transpose_a ? args.m : args.k;
  const std::int64_t stretch = std::min(kStretch, columns), stretches = std::max<std::int64_t>(columns / stretch, 1);
  const std::int64_t step = std::max<std::int64_t>(rows * stretches * stretch / kSample, 1) | 1;
  std::int64_t seen = 0, nonzeros = 0;
  for (std::int64_t i = 0; i < rows * stretches; i += step, seen += stretch) {
    const float* from = args.a + i / stretches * args.lda + i % stretches * stretch;
    for (std::int64_t j = 0; j < stretch; ++j) nonzeros += from[j] != 0;
  }
  return nonzeros * 3 <= seen;
}

}  // namespace

bool can_be_sparse(const MatmulArgs<float>& args) {
  return !args.transpose_b && args.m >= kLeastRows && args.n >= kLeastColumns && args.k >= kLeastDepth &&
         args.k * args.ldb < std::int64_t{1} << 31;
}

bool is_sparse(const MatmulArgs<float>& args) { return can_be_sparse(args) && has_many_zeros(args); }

void sparse_matmul(const Level& level, const MatmulArgs<float>& args) {
  const std::int64_t columns = columns_of(level, args), most_depth = depth_of(columns, args.k);
  const Scratch scratch(level, args);
  if (!args.accumulate)
    for (std::int64_t row = 0; row < args.m; ++row) std::fill_n(args.c + row * args.ldc, args.n, 0.0f);
  for (std::int64_t depth = 0; depth < args.k; depth += most_depth) {
    const std::int64_t k = std::min(most_depth, args.k - depth);
    for (std::int64_t row = 0; row < args.m; row += kRows) {
      const std::int64_t rows = std::min(kRows, args.m - row);
      PixelList list{.pixels = rows,
                     .columns = k,
                     .ld = args.lda,
                     .scale = static_cast<std::int32_t>(args.ldb),
                     .start = scratch.start,
                     .place = scratch.place,
                     .value = scratch.value};
      if (args.transpose_a) {
        level.transpose(k, rows, args.a + depth * args.lda + row, args.lda, scratch.turned, k);
        list.dy = scratch.turned;
        list.ld = k;
      } else {
        list.dy = args.a + row * args.lda + depth;
      }
      level.list_pixels(list);
      const bool asks_ahead = is_from_memory(args) && scratch.start[rows] >= k;  // most of b is needed
      for (std::int64_t column = 0; column < args.n; column += columns) {
        Runs runs{.x = args.b + depth * args.ldb + column,
                  .lines = 1,
                  .columns = static_cast<int>(std::min(columns, args.n - column))};
        const Ahead ahead(args, column + columns, depth, columns, most_depth);
        for (std::int64_t i = 0; i < rows; ++i) {
          if (asks_ahead) ahead.ask(i, rows);
          runs.count = scratch.start[i + 1] - scratch.start[i];
          if (runs.count == 0) continue;
          runs.place = scratch.place + scratch.start[i];
          runs.value = scratch.value + scratch.start[i];
          runs.out = args.c + (row + i) * args.ldc + column;
          level.add_run(runs);
        }
      }
    }
  }
}

std::size_t sparse_matmul_scratch(const Level& level, const MatmulArgs<float>& args) {
  return can_be_sparse(args) ? Scratch(level, args).bytes : 0;
}

}  // namespace shoal::kernels::fast
