#pragma once

#include <functional>
#include <string>
#include <vector>

namespace shoal::testing {

// Runs `worker` in `workers` forked processes whose run context joins them over pipes: gradients are summed in rank
// order and every process applies the rule itself. What each worker returns comes back in rank order; "!" and a
// message stands for an exception. A process that hangs is killed after a while and gives "!hung".
std::vector<std::string> run_forked(int workers, const std::function<std::string(int rank)>& worker);

}  // namespace shoal::testing
