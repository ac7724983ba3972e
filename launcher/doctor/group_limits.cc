#include "launcher/doctor/group_limits.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace shoal::launcher {
namespace {

namespace fs = std::filesystem;

// The folders of the process's groups with this controller (version 1) and of its only group (version 2), each with all
// folders above: a limit above holds below. Within a container a path may be that of the host; then its top counts.
std::vector<fs::path> groups_with(const std::string& controller) {
  std::vector<fs::path> folders;
  const auto add = [&folders](const fs::path& root, const std::string& path) {
    for (fs::path at = fs::path(path).relative_path(); !at.empty(); at = at.parent_path()) folders.push_back(root / at);
    folders.push_back(root);
  };
  std::ifstream list("/proc/self/cgroup");  // "4:cpu,cpuacct:/a/b"; version 2: "0::/a/b"
  for (std::string line; std::getline(list, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    std::istringstream names(line.substr(first + 1, second - first - 1));
    if (second == first + 1) add("/sys/fs/cgroup", line.substr(second + 1));
    for (std::string name; std::getline(names, name, ',');)
      if (name == controller) add(fs::path("/sys/fs/cgroup") / name, line.substr(second + 1));
  }
  return folders;
}

// The first number in the file; -1 when there is none ("max").
std::int64_t number_in(const fs::path& file) {
  std::ifstream in(file);
  std::int64_t number = -1;
  return in >> number ? number : -1;
}

// The number that follows the word; 0 when it is not there.
std::int64_t number_after(const std::string& name, const fs::path& file) {
  std::ifstream in(file);
  for (std::string word; in >> word;)
    if (std::int64_t number = 0; word == name && in >> number) return number;
  return 0;
}

}  // namespace

double group_processors() {
  double least = 0;
  const auto limit = [&least](std::int64_t quota, std::int64_t period) {
    if (quota <= 0 || period <= 0) return;
    const double share = static_cast<double>(quota) / static_cast<double>(period);
    least = least == 0 ? share : std::min(least, share);
  };
  for (const fs::path& folder : groups_with("cpu")) {
    std::ifstream both(folder / "cpu.max");
    std::int64_t quota = -1, period = -1;
    if (both >> quota >> period) limit(quota, period);
    limit(number_in(folder / "cpu.cfs_quota_us"), number_in(folder / "cpu.cfs_period_us"));
  }
  return least;
}

GroupMemory group_memory() {
  const fs::path host = "/proc/meminfo";  // in KiB
  GroupMemory memory{number_after("MemTotal:", host) << 10, number_after("MemAvailable:", host) << 10};
  // Cached files that are not in use count as used, and yield to whoever needs memory.
  const auto limit = [&memory](std::int64_t most, std::int64_t used, std::int64_t cached) {
    if (most < 0 || most >= memory.total) return;
    memory.total = most;
    memory.available = std::min(memory.available, std::clamp<std::int64_t>(most - used + cached, 0, most));
  };
  for (const fs::path& folder : groups_with("memory")) {
    const fs::path table = folder / "memory.stat";
    limit(number_in(folder / "memory.max"), number_in(folder / "memory.current"), number_after("inactive_file", table));
    limit(number_in(folder / "memory.limit_in_bytes"), number_in(folder / "memory.usage_in_bytes"),
          number_after("total_inactive_file", table));
  }
  return memory;
}

}  // namespace shoal::launcher
