#include "model/train/shares.h"

#include <numeric>
#include <utility>

#include "common/base/random.h"

namespace shoal::train {

void write_order(std::vector<std::int64_t>& order, bool shuffle, std::uint64_t seed, std::uint64_t epoch_key) {
  std::iota(order.begin(), order.end(), 0);
  if (!shuffle) return;
  constexpr std::uint64_t kOrder = 0x6f72646572;  // apart from every other stream of the seed
  random::Generator generator(random::mix(seed, kOrder), epoch_key);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[generator.below(i)]);
}

}  // namespace shoal::train
