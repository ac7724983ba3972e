#pragma once

#include <cstdint>

// What this process's control group (version 1 or 2) allows, as containers and batch systems set it.
namespace shoal::launcher {

double group_processors();  // 2.5: so many processors' time; 0: no limit

struct GroupMemory {
  std::int64_t total = 0, available = 0;  // bytes: the host's, or less where the group is limited to less
};
GroupMemory group_memory();

}  // namespace shoal::launcher
