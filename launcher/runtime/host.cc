#include "launcher/runtime/host.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <thread>

#include "common/base/error.h"
#include "launcher/runtime/interfaces.h"

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
  for (const Interface& interface : interfaces(true))
    (interface.loopback ? loopback : outside).push_back(interface.address);
  outside.insert(outside.end(), loopback.begin(), loopback.end());
  return outside.empty() ? std::vector<std::string>{"127.0.0.1"} : outside;
}

namespace {

std::vector<std::string> addresses_of(const std::string& chosen) {
  std::vector<std::string> found;
  std::string others;
  for (const Interface& interface : interfaces(true)) {
    if (matches(interface, chosen)) found.push_back(interface.address);
    others += fmt::format("{}{} {}", others.empty() ? "" : ", ", interface.name, interface.address);
  }
  if (found.empty())
    raise("interface '{}': host {} has none that is so and up; it has {}", chosen, host_name(), others);
  return found;
}

// "1453260800.0;tcp://10.0.0.1,10.1.0.1:35215;tcp6://...": where mpirun listens. The own address on the way there.
std::string towards_mpirun() {
  const char* uri = std::getenv("OMPI_MCA_orte_hnp_uri");
  if (uri == nullptr) return "";
  const std::string text = uri;
  const std::size_t start = text.find("tcp://");
  if (start == std::string::npos) return "";
  const std::size_t begin = start + 6, end = text.find_first_of(",:;", begin);
  return source_address(text.substr(begin, end - begin));
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::vector<std::string> reachable_addresses(const AddressChoice& choice) {
  if (!choice.address.empty()) return {choice.address};
  if (!choice.interface.empty()) return addresses_of(choice.interface);
  std::vector<std::string> found, last;
  const std::string first = towards_mpirun();
  for (const Interface& interface : interfaces(false)) {
    if (interface.address == first)
      found.insert(found.begin(), first);
    else
      (interface.skipped ? last : found).push_back(interface.address);
  }
  if (!first.empty() && (found.empty() || found.front() != first)) found.insert(found.begin(), first);
  if (found.empty()) found = std::move(last);  // better than nothing
  return found.empty() ? std::vector<std::string>{"127.0.0.1"} : found;
}

std::string routable_address() {
  return reachable_addresses({variable("SHOAL_ADDRESS"), variable("SHOAL_INTERFACE")}).front();
}

std::string bind_address(const AddressChoice& choice) {
  if (!choice.interface.empty()) {
    const auto found = addresses_of(choice.interface);
    return found.size() == 1 ? found.front() : "0.0.0.0";
  }
  const auto all = interfaces(true);
  const bool here =
      std::any_of(all.begin(), all.end(), [&](const Interface& at) { return at.address == choice.address; });
  return here ? choice.address : "0.0.0.0";
}

}  // namespace shoal::launcher
