#pragma once

#include <functional>
#include <span>
#include <string>

#include "common/io/hdf5.h"
#include "model/train/model.h"

namespace shoal::saving {

// Sees each dataset's path and bytes as they pass: for checksums.
using Observer = std::function<void(const std::string& path, std::span<const std::byte> bytes)>;

// Weights and, of a compiled model, the optimizer's state in Keras 3's `.weights.h5` layout. One variable at a time:
// only optimizer state is copied, into a buffer of the largest variable. The chief's, with every weight current.
void write_state(const hdf5::Group& root, Model& model, const Observer& observer = {});

// Throws ValueError naming the layer when counts or shapes differ from the model's; with `same_types` also when dtypes
// do. Checks everything before the first value changes.
void check_weights(const hdf5::Group& root, Model& model, bool same_types = false);
void read_weights(const hdf5::Group& root, Model& model, const Observer& observer = {});

// Nothing when the optimizer's state in the file fits the model's optimizer, else why it does not.
std::string optimizer_mismatch(const hdf5::Group& root, Model& model);
// Iterations, learning rate and slots; only when they fit. `slots` says whether this process writes them (the chief).
void read_optimizer(const hdf5::Group& root, Model& model, bool slots, const Observer& observer = {});

}  // namespace shoal::saving
