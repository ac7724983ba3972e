#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "model/tensor/tensor.h"

// Data that can be learned: where zeros are skipped, speed depends on how many there are, and noise has more of them
// than a trained network.
namespace shoal::bench {

// (rows), in [0, labels).
Tensor random_labels(std::int64_t rows, std::uint64_t labels = 10);

// Smooth pictures, as photographs are: each label has four waves in each channel, seen from somewhere else in each row
// and under some noise. `row_shape`: (height, width, channels), or a square in one piece.
Tensor pictures(const Tensor& labels, std::vector<std::int64_t> row_shape);

// (rows, length) ids in [0, count), and whether a row's last one comes from the lower half: (rows, 1).
std::pair<Tensor, Tensor> random_ids(std::int64_t rows, std::int64_t length, std::uint64_t count);

}  // namespace shoal::bench
