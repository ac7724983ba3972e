#pragma once

#include <string>

#include "model/saving/checkpoint.h"

namespace shoal::train {

// A TrainingState as text that travels from the chief to the others; every double comes back bit for bit.
std::string encode(const saving::TrainingState& state);
saving::TrainingState decode(const std::string& text);  // throws PeerError when it is not one

// Puts the seed behind everything that was given none, and leaves the count of streams where it is.
void adopt_seed(std::uint64_t seed);

}  // namespace shoal::train
