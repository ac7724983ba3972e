#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace shoal::launcher {

struct Interface {
  std::string name, address;  // "eth0", "10.0.0.1"
  bool skipped = false;       // of containers or virtual machines on the host: other hosts do not reach it
  bool loopback = false;
};

// Those that are up, a row for each IPv4 address.
std::vector<Interface> interfaces(bool with_loopback);
bool is_skipped(std::string_view name);  // "docker0"

// Whether `chosen` is its name, or a network that its address is in: "eth0", "10.1.0.0/16". Throws ValueError on what
// looks like a network and is none.
bool matches(const Interface& interface, const std::string& chosen);

}  // namespace shoal::launcher
