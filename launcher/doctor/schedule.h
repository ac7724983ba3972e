#pragma once

#include <utility>
#include <vector>

namespace shoal::launcher {

// All pairs of n hosts in rounds, so that in a round every host is in one pair at most: pairs of a round are measured
// at the same time without sharing a host's network.
std::vector<std::vector<std::pair<int, int>>> pair_rounds(int hosts);

}  // namespace shoal::launcher
