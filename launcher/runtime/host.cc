#include "launcher/runtime/host.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <thread>

#include "common/base/error.h"

namespace shoal::launcher {
namespace {

std::string text_of(const in_addr& address) {
  std::array<char, INET_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET, &address, text.data(), text.size());
  return text.data();
}

// The own address on the route to `target`; sends nothing. Empty if there is none.
std::string source_address(const std::string& target) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(9);
  if (::inet_pton(AF_INET, target.c_str(), &to.sin_addr) != 1) return "";
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return "";
  sockaddr_in mine{};
  socklen_t length = sizeof mine;
  const bool found = ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&mine), &length) == 0;
  ::close(fd);
  return found ? text_of(mine.sin_addr) : "";
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

std::string host_key() {
  std::array<char, 128> link{};
  if (::readlink("/proc/self/ns/net", link.data(), link.size() - 1) < 0) return host_name();
  return host_name() + " " + link.data();
}

std::string processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return "all";
  std::string text;
  for (int i = 0; i < CPU_SETSIZE; ++i)
    if (CPU_ISSET(i, &set)) text += fmt::format("{} ", i);
  return text;
}

int count_processors() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

std::vector<std::string> addresses() {
  std::vector<std::string> outside, loopback;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {"127.0.0.1"};
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != AF_INET || (entry->ifa_flags & IFF_UP) == 0)
      continue;
    const std::string text = text_of(reinterpret_cast<const sockaddr_in*>(entry->ifa_addr)->sin_addr);
    ((entry->ifa_flags & IFF_LOOPBACK) != 0 ? loopback : outside).push_back(text);
  }
  ::freeifaddrs(list);
  outside.insert(outside.end(), loopback.begin(), loopback.end());
  return outside;
}

std::string routable_address() {
  if (const char* chosen = std::getenv("SHOAL_ADDRESS"); chosen != nullptr && *chosen != '\0') return chosen;
  // "1453260800.0;tcp://10.0.0.1,10.1.0.1:35215;tcp6://...": where mpirun listens.
  if (const char* uri = std::getenv("OMPI_MCA_orte_hnp_uri"); uri != nullptr) {
    const std::string text = uri;
    const std::size_t start = text.find("tcp://");
    if (start != std::string::npos) {
      const std::size_t begin = start + 6, end = text.find_first_of(",:;", begin);
      if (const std::string mine = source_address(text.substr(begin, end - begin)); !mine.empty()) return mine;
    }
  }
  const auto all = addresses();
  return all.empty() ? "127.0.0.1" : all.front();
}

}  // namespace shoal::launcher
