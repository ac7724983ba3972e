#pragma once

#include <cstdint>

namespace shoal::utils {

// keras.utils.set_random_seed: initial weights, dropout and shuffling made from here on follow from it.
void set_random_seed(std::uint64_t seed);

}  // namespace shoal::utils
