#include "launcher/runtime/interfaces.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "common/base/error.h"

namespace shoal::launcher {
namespace {

bool to_number(const std::string& address, std::uint32_t& number) {
  in_addr bytes{};
  if (::inet_pton(AF_INET, address.c_str(), &bytes) != 1) return false;
  number = ntohl(bytes.s_addr);
  return true;
}

}  // namespace

std::vector<Interface> interfaces(bool with_loopback) {
  std::vector<Interface> found;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return found;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != AF_INET) continue;
    const bool loopback = (entry->ifa_flags & IFF_LOOPBACK) != 0;
    if ((entry->ifa_flags & IFF_UP) == 0 || (loopback && !with_loopback)) continue;
    std::array<char, INET_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(entry->ifa_addr)->sin_addr, text.data(), text.size());
    found.push_back({entry->ifa_name, text.data(), is_skipped(entry->ifa_name), loopback});
  }
  ::freeifaddrs(list);
  return found;
}

bool is_skipped(std::string_view name) {
  constexpr std::array<std::string_view, 10> kVirtual{"docker", "br-", "veth", "virbr",   "vmnet",
                                                      "lxc",    "lxd", "cni",  "flannel", "podman"};
  return std::any_of(kVirtual.begin(), kVirtual.end(), [&](std::string_view start) { return name.starts_with(start); });
}

bool matches(const Interface& interface, const std::string& chosen) {
  const std::size_t slash = chosen.find('/');
  if (slash == std::string::npos) return interface.name == chosen;
  std::uint32_t network = 0, address = 0;
  int bits = -1;
  const char* end = chosen.data() + chosen.size();
  const auto parsed = std::from_chars(chosen.data() + slash + 1, end, bits);
  if (!to_number(chosen.substr(0, slash), network) || parsed.ec != std::errc() || parsed.ptr != end || bits < 0 ||
      bits > 32)
    raise("interface: must be a name or a network as 10.1.0.0/16, received '{}'", chosen);
  const std::uint32_t mask = bits == 0 ? 0 : ~std::uint32_t{0} << (32 - bits);
  return to_number(interface.address, address) && (address & mask) == (network & mask);
}

}  // namespace shoal::launcher
