#pragma once

#include "model/data/dataset.h"

namespace shoal::datasets {

// Handwritten digits (Yann LeCun, Corinna Cortes, Christopher Burges): 60,000 + 10,000 images. x: uint8 (n, 28, 28, 1),
// y: uint8 (n). Keras's has no channel axis; here it is there, so that Conv2D takes x as it is.
// Files: mnist.npz as Keras has it, or the four IDX files, raw or .gz. In a job the chief fetches what is missing.
namespace mnist {
TrainTest load_data(const Options& options = {});
}

// The part of MNIST that comes with Shoal, nothing to fetch: every sixth training image (10,000) and every fifth test
// image (2,000). Same shapes.
namespace mnist_12k {
TrainTest load_data(const Options& options = {});
}

}  // namespace shoal::datasets
