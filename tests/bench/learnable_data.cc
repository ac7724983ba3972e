#include "tests/bench/learnable_data.h"

#include <algorithm>
#include <cmath>

#include "common/base/random.h"

namespace shoal::bench {

Tensor random_labels(std::int64_t rows, std::uint64_t labels) {
  Tensor y(Shape{rows}, DType::kInt64);
  random::Generator generator(2);
  auto* values = y.mutable_data<std::int64_t>();
  for (std::int64_t i = 0; i < rows; ++i) values[i] = static_cast<std::int64_t>(generator.below(labels));
  return y;
}

Tensor pictures(const Tensor& labels, std::vector<std::int64_t> row_shape) {
  const std::int64_t rows = labels.rows();
  std::int64_t size = 1;
  for (std::int64_t dim : row_shape) size *= dim;
  const bool flat = row_shape.size() == 1;
  const std::int64_t width = flat ? std::max<std::int64_t>(1, std::llround(std::sqrt(size))) : row_shape[1];
  const std::int64_t channels = flat ? 1 : row_shape[2];
  row_shape.insert(row_shape.begin(), rows);
  Tensor x(Shape(row_shape), DType::kFloat32);
  random::Generator generator(1);
  const auto uniform = [&] { return random::uniform_float(generator.next()); };
  struct Wave {
    float down, right, phase;
  };
  std::vector<Wave> waves(static_cast<std::size_t>(10 * channels * 4));
  for (Wave& wave : waves) wave = {uniform() - 0.5f, uniform() - 0.5f, 6.28f * uniform()};
  // One period and more of each picture, of which every row shows a part.
  const std::int64_t most = 8, wide = width + most, high = size / channels / width + most;
  std::vector<float> all(static_cast<std::size_t>(10 * high * wide * channels));
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(all.size()); ++i) {
    const std::int64_t c = i % channels, right = i / channels % wide, down = i / channels / wide % high;
    const std::int64_t label = i / channels / wide / high;
    float sum = 0;
    for (std::int64_t w = 0; w < 4; ++w) {
      const Wave& wave = waves[static_cast<std::size_t>((label * channels + c) * 4 + w)];
      sum += std::cos(wave.down * static_cast<float>(down) + wave.right * static_cast<float>(right) + wave.phase);
    }
    all[static_cast<std::size_t>(i)] = 0.5f + 0.1f * sum;
  }
  const auto* label = labels.data<std::int64_t>();
  auto* values = x.mutable_data<float>();
  for (std::int64_t r = 0; r < rows; ++r) {
    const auto down = static_cast<std::int64_t>(generator.below(most)),
               right = static_cast<std::int64_t>(generator.below(most));
    for (std::int64_t i = 0; i < size; ++i) {
      const std::int64_t y = i / channels / width + down, from = ((label[r] * high + y) * wide + right) * channels;
      values[r * size + i] = all[static_cast<std::size_t>(from + i % (width * channels))] + 0.2f * (uniform() - 0.5f);
    }
  }
  return x;
}

std::pair<Tensor, Tensor> random_ids(std::int64_t rows, std::int64_t length, std::uint64_t count) {
  Tensor x(Shape{rows, length}, DType::kInt32), y(Shape{rows, 1}, DType::kInt64);
  random::Generator generator(3);
  auto* ids = x.mutable_data<std::int32_t>();
  for (std::int64_t i = 0; i < rows * length; ++i) ids[i] = static_cast<std::int32_t>(generator.below(count));
  for (std::int64_t row = 0; row < rows; ++row)
    y.mutable_data<std::int64_t>()[row] = ids[row * length + length - 1] < static_cast<std::int32_t>(count / 2) ? 1 : 0;
  return {x, y};
}

}  // namespace shoal::bench
