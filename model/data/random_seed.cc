#include "model/data/random_seed.h"

#include "common/base/random.h"

namespace shoal::utils {

void set_random_seed(std::uint64_t seed) { random::set_global_seed(seed); }

}  // namespace shoal::utils
