#pragma once

#include "model/data/dataset.h"

// Small colour images of ten classes (Alex Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009):
// 50,000 + 10,000. x: uint8 (n, 32, 32, 3), y: uint8 (n, 1), as Keras.
// Files: the original binary form (data_batch_1.bin to _5, test_batch.bin), or the same names as .png, one image a row
// of 1,024 pixels, with train_lables.json and test_lables.json. In a job the chief fetches what is missing.
namespace shoal::datasets::cifar10 {

TrainTest load_data(const Options& options = {});

}  // namespace shoal::datasets::cifar10
