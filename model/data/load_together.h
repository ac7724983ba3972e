#pragma once

#include <functional>
#include <string>

namespace shoal::datasets {

// Loads data in every worker of a job, or in none: `load` reads what is there (false: nothing is), `fetch` gets it.
// The chief fetches first; a worker that does not see the chief's files, on another host, fetches after it. The first
// error of any worker is thrown in all of them. Called by every worker. Alone it is: load, else fetch and load.
void load_together(const std::function<bool()>& load, const std::function<void()>& fetch);

}  // namespace shoal::datasets
