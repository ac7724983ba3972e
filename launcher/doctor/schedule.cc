#include "launcher/doctor/schedule.h"

#include <algorithm>

namespace shoal::launcher {

// The circle method: one place stands still, the others move on by one each round; an odd number gets a place that
// nobody has.
std::vector<std::vector<std::pair<int, int>>> pair_rounds(int hosts) {
  std::vector<std::vector<std::pair<int, int>>> rounds;
  const int places = hosts + hosts % 2;
  for (int round = 0; round + 1 < places; ++round) {
    rounds.emplace_back();
    for (int i = 0; i < places / 2; ++i) {
      const int a = i == 0 ? places - 1 : (round + i) % (places - 1);
      const int b = (round + places - 1 - i) % (places - 1);
      if (a < hosts && b < hosts) rounds.back().emplace_back(std::min(a, b), std::max(a, b));
    }
  }
  return rounds;
}

}  // namespace shoal::launcher
